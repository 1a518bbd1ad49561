output "fresh" {
  description = "True: without a fresh snapshot the plan stops before this output is known."
  value       = data.external.status.result.fresh == "true"
}

output "age_seconds" {
  description = "Age of the newest snapshot in seconds."
  value       = tonumber(data.external.status.result.age_seconds)
}

output "snapshot" {
  description = "Id of the newest snapshot."
  value       = data.external.status.result.snapshot
}

output "message" {
  description = "One line for people."
  value       = data.external.status.result.message
}
