output "nodes" {
  description = "The nodes by id: zone index, roles, and the Auto Scaling group that keeps the node alive."
  value = {
    for id, node in local.nodes : id => {
      zone               = node.zone
      roles              = node.roles
      autoscaling_group  = aws_autoscaling_group.node[id].name
      inventory_hostname = "${length(node.roles) == 1 ? node.roles[0] : "node"}-${id}.${var.region}"
    }
  }
}

output "instance_profiles" {
  description = "ARN of the instance profile of each node group."
  value       = { for group, profile in aws_iam_instance_profile.group : group => profile.arn }
}
