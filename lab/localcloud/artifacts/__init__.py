"""The artifact mirror of the lab: archives under upstream's names, from upstream or from package registries."""
