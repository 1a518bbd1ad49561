locals {
  # The protocol carries text only; what is null is left out.
  query = {
    for name, value in {
      operation = "status"
      repo      = var.repository
      key       = var.key
      config    = var.config
      source    = var.source_name
      max_age   = var.max_age
    } : name => value if value != null
  }
}

data "external" "status" {
  program = [var.program]
  query   = local.query

  lifecycle {
    postcondition {
      condition     = self.result.fresh == "true"
      error_message = "Refusing to go on without a fresh backup: ${self.result.message}"
    }
  }
}
