# The lab with one region of three hosts, for quick loops. public_key and controller_cidrs come from the lab at run time.
minimum_regions = 1

deployment  = "lab"
environment = "lab"
domain      = "monitoring.test"

regions = [
  { name = "us-east-1", cidr = "10.213.0.0/20", zones = ["us-east-1a", "us-east-1b", "us-east-1c"] },
]

node_groups = {
  node = {
    instance_type = "t3.large"
    roles         = ["collector", "kafka", "zookeeper"]
    nodes = [
      { id = 1, zone = 1, roles = ["prometheus", "thanos_query", "thanos_store", "alertmanager", "alert_router"] },
      { id = 2, zone = 2, roles = ["prometheus", "thanos_query", "thanos_store", "alertmanager", "alert_router", "grafana", "openldap", "mysql"] },
      { id = 3, zone = 3, roles = ["mirrormaker", "thanos_compactor", "aws_exporter", "grafana", "openldap", "mysql"] },
    ]
  }
}

image = { owner = "self", name = "debian-12-amd64-*" }

nat_gateways          = "none"
s3_use_path_style     = true
force_destroy_buckets = true
