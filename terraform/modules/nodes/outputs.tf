output "nodes" {
  description = "The nodes by id: name in the inventory, zone index, roles, and the Auto Scaling group that keeps the node alive."
  value = {
    for id, node in local.nodes : id => {
      name              = "${local.node_kinds[id]}-${id}.${var.region}.${var.domain}"
      zone              = node.zone
      roles             = node.roles
      autoscaling_group = aws_autoscaling_group.node[id].name
    }
  }
}

output "instance_profiles" {
  description = "ARN of the instance profile of each node group."
  value       = { for group, profile in aws_iam_instance_profile.group : group => profile.arn }
}
