"""The lab's local cloud: an EC2-like API, machines for it, and the network between them."""
