terraform {
  required_version = ">= 1.5"

  required_providers {
    external = {
      source  = "hashicorp/external"
      version = ">= 2.3"
    }
  }
}

# The change below happens only when the database was backed up within the last quarter of an hour.
module "database_is_backed_up" {
  source = "../.."

  config      = "/etc/pra/pra.yaml"
  source_name = "db"
  max_age     = "15m"
}

resource "terraform_data" "migration" {
  triggers_replace = ["schema version 7"]

  input = module.database_is_backed_up.snapshot

  provisioner "local-exec" {
    command = "echo migrating, with snapshot ${self.input} to go back to"
  }
}

# Warns, and does not stop, when the system is unhealthy.
check "the_shop_is_healthy" {
  data "external" "health" {
    program = ["pra-terraform"]
    query = {
      operation = "health"
      config    = "/etc/pra/pra.yaml"
    }
  }

  assert {
    condition     = data.external.health.result.healthy == "true"
    error_message = "The shop is unhealthy: ${data.external.health.result.message}"
  }
}
