variable "repository" {
  description = "Repository to ask: a path or a URL. Null takes it from the pra.yaml that `config` names, or from the default one."
  type        = string
  default     = null
}

variable "key" {
  description = "Where the repository's key is, never the key itself: `file:PATH`, `env:NAME`, `command:PROGRAM` or `credential:NAME`."
  type        = string
  default     = null

  validation {
    condition     = var.key == null ? true : can(regex("^(file|env|command|credential):.", var.key))
    error_message = "The key must be a reference (file:PATH, env:NAME, command:PROGRAM, credential:NAME), never the secret itself: it would land in the state."
  }
}

variable "config" {
  description = "Path of a pra.yaml; null for the default places."
  type        = string
  default     = null
}

variable "source_name" {
  description = "Source whose newest snapshot counts; null for the stalest of all sources."
  type        = string
  default     = null
}

variable "max_age" {
  description = "Oldest acceptable age of the newest snapshot, such as `15m`, `6h` or `2d`."
  type        = string
  default     = "24h"

  validation {
    condition     = can(regex("^([0-9.]+(ms|s|m|h|d|w))+$", var.max_age))
    error_message = "Write a number with a unit: 90s, 15m, 1h30m, 2d."
  }
}

variable "program" {
  description = "The shim to run: `pra-terraform`, or a path to it."
  type        = string
  default     = "pra-terraform"
}
