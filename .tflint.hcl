# Run from the repository's root: tflint --chdir=terraform --recursive --config="$PWD/.tflint.hcl"
# Only the rules bundled with tflint: the ruleset for AWS is a plugin that would have to be downloaded.
config {
  call_module_type = "local"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# A file has one idea here (vpc.tf, egress.tf, ports.tf), rather than main.tf, variables.tf and outputs.tf.
rule "terraform_standard_module_structure" {
  enabled = false
}
