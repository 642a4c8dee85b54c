# An example of production: one role a host, instance types as the system's specification names them.
# public_key and controller_cidrs are yours: -var, TF_VAR_... or a line here.
deployment  = "monitoring"
environment = "prod"
domain      = "monitoring.example.internal"

# The order is the regions' identity: append, never reorder. A fourth region is one more line, for instance
#   { name = "sa-east-1", cidr = "10.67.0.0/16", zones = ["sa-east-1a", "sa-east-1b", "sa-east-1c"] },
regions = [
  { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"] },
  { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
  { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
]

# Ids are unique in a region; a range a role leaves room to grow.
node_groups = {
  # Brokers and Prometheus write to the local NVMe disks of i3, which are encrypted by the hardware.
  kafka = {
    roles         = ["kafka"]
    instance_type = "i3.large"
    nodes         = [{ id = 1, zone = 1 }, { id = 2, zone = 2 }, { id = 3, zone = 3 }]
  }
  zookeeper = {
    roles         = ["zookeeper"]
    instance_type = "t3.medium"
    data_gib      = 20
    nodes         = [{ id = 11, zone = 1 }, { id = 12, zone = 2 }, { id = 13, zone = 3 }]
  }
  mirrormaker = {
    roles         = ["mirrormaker"]
    instance_type = "m5.large"
    nodes         = [{ id = 21, zone = 3 }]
  }
  prometheus = {
    roles         = ["prometheus"]
    instance_type = "i3.xlarge"
    nodes         = [{ id = 31, zone = 1 }, { id = 32, zone = 2 }]
  }
  thanos_query = {
    roles         = ["thanos_query"]
    instance_type = "m5.large"
    nodes         = [{ id = 41, zone = 1 }, { id = 42, zone = 2 }]
  }
  thanos_store = {
    roles         = ["thanos_store"]
    instance_type = "m5.large"
    data_gib      = 50
    nodes         = [{ id = 51, zone = 1 }, { id = 52, zone = 2 }]
  }
  thanos_compactor = {
    roles         = ["thanos_compactor"]
    instance_type = "m5.large"
    data_gib      = 300
    nodes         = [{ id = 61, zone = 3 }]
  }
  alertmanager = {
    roles         = ["alertmanager"]
    instance_type = "t3.small"
    nodes         = [{ id = 71, zone = 1 }]
  }
  alert_router = {
    roles         = ["alert_router"]
    instance_type = "t3.small"
    nodes         = [{ id = 81, zone = 1 }, { id = 82, zone = 2 }]
  }
  grafana = {
    roles         = ["grafana"]
    instance_type = "t3.medium"
    nodes         = [{ id = 91, zone = 2 }]
  }
  openldap = {
    roles         = ["openldap"]
    instance_type = "t3.small"
    data_gib      = 10
    nodes         = [{ id = 101, zone = 2 }, { id = 102, zone = 3 }]
  }
  mysql = {
    roles         = ["mysql"]
    instance_type = "t3.medium"
    data_gib      = 50
    nodes         = [{ id = 111, zone = 2 }, { id = 112, zone = 3 }]
  }
  aws_exporter = {
    roles         = ["aws_exporter"]
    instance_type = "t3.small"
    nodes         = [{ id = 121, zone = 3 }]
  }
  collector = {
    roles         = ["collector"]
    instance_type = "t3.medium"
    data_gib      = 20
    nodes         = [{ id = 131, zone = 1 }, { id = 132, zone = 2 }, { id = 133, zone = 3 }]
  }
}

# S3's bucket names are unique in the world.
bucket_prefix = "example-monitoring-prod"

nat_gateways = "per_zone"
user_cidrs   = ["10.0.0.0/12"]

# allowed_account_ids = ["..."] keeps this file from meeting another account's credentials.
