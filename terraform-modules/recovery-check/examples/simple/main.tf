terraform {
  required_version = ">= 1.5"
}

module "recovery_check" {
  source = "../.."

  repository = "/srv/backup"
  key        = "file:/etc/pra/repository.key"
  max_age    = "15m"
}
