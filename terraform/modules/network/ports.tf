# Which port of which role is open to whom: the one place where a port is opened.
#
# from    a role's name: the hosts of the region that have it; "any": every host of the deployment in the region;
#         "users": var.user_cidrs; "vpc": the region's VPC (its load balancers).
# across  also the hosts' tiers of the other regions. A security group cannot be named there, so mutual TLS tells
#         the roles apart.
#
# One host may carry several roles, so no two roles share a port. Exporters and the relay listen on loopback only
# and therefore do not stand here.
locals {
  ports = {
    zookeeper = [
      { port = 2281, from = ["kafka"], why = "ZooKeeper clients, mutual TLS" },
      { port = 2888, from = ["zookeeper"], why = "ZooKeeper quorum" },
      { port = 3888, from = ["zookeeper"], why = "ZooKeeper leader election" },
    ]
    kafka = [
      { port = 9093, from = ["any"], across = true, why = "Kafka clients: relays, and MirrorMaker of other regions" },
      { port = 9094, from = ["kafka"], why = "Kafka between brokers" },
    ]
    mirrormaker = [
      { port = 8083, from = ["mirrormaker"], why = "MirrorMaker between the workers of a region" },
    ]
    prometheus = [
      { port = 9090, from = ["any"], across = true, why = "Prometheus: own health of the platform, queries, probes of other regions" },
      { port = 10901, from = ["thanos_query"], across = true, why = "Thanos sidecar, gRPC" },
    ]
    thanos_query = [
      { port = 10903, from = ["thanos_query"], across = true, why = "Thanos Query, gRPC" },
      { port = 10904, from = ["grafana", "prometheus"], across = true, why = "Thanos Query, HTTPS" },
      { port = 10908, from = ["grafana"], across = true, why = "Thanos Query Frontend, HTTPS" },
      { port = 8090, from = ["vpc"], why = "Health for load balancers, no data" },
    ]
    thanos_store = [
      { port = 10905, from = ["thanos_query"], across = true, why = "Thanos Store Gateway, gRPC" },
    ]
    thanos_compactor = []
    alertmanager = [
      { port = 9095, from = ["prometheus", "grafana", "alertmanager"], across = true, why = "Alertmanager, HTTPS" },
      { port = 9096, from = ["alertmanager"], across = true, why = "Alertmanager gossip, over TLS and so TCP only" },
    ]
    alert_router = [
      { port = 9099, from = ["alertmanager"], across = true, why = "Alert router, HTTPS" },
    ]
    grafana = [
      { port = 443, from = ["users", "prometheus"], across = true, why = "Grafana behind HAProxy" },
      { port = 8090, from = ["vpc"], why = "Health for load balancers, no data" },
    ]
    openldap = [
      { port = 636, from = ["grafana", "openldap"], across = true, why = "LDAP over TLS" },
      { port = 0, protocol = "112", from = ["openldap"], why = "VRRP of Keepalived" },
    ]
    mysql = [
      { port = 3306, from = ["grafana", "mysql"], across = true, why = "MySQL" },
      { port = 0, protocol = "112", from = ["mysql"], why = "VRRP of Keepalived" },
    ]
    aws_exporter = []
    collector    = []
  }

  known_roles = sort(distinct(concat(keys(local.ports), keys(var.extra_ports))))

  # The table and the user's additions in one form.
  declared_ports = flatten([
    for table in [local.ports, var.extra_ports] : [
      for role, ports in table : [
        for entry in ports : {
          role     = role
          port     = entry.port
          to_port  = coalesce(try(entry.to_port, null), entry.port)
          protocol = try(entry.protocol, "tcp")
          from     = entry.from
          across   = try(entry.across, false)
          why      = entry.why
        }
      ]
    ]
  ])
}
