#pragma once

/// `pra-terraform`: the program of a Terraform `data "external"`. Reads one JSON object of texts,
/// the query, from standard input: `operation` (status, snapshots, verify, health) and its
/// parameters, and `timeout`. Writes one flat JSON object whose values are all texts: a list or an
/// object is JSON in a text. It never changes anything, and ends by itself when `timeout` (default
/// 60s) has passed. A verdict (stale, unhealthy) is a result, not an error: the configuration's
/// postcondition decides.
int terraform_main(int count, char** values);
