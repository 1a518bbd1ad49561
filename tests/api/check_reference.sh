#!/usr/bin/env bash
# docs/reference.md is what `pra reference` writes.
#   check_reference.sh PRA REFERENCE
set -euo pipefail
diff --label "$2" --label "pra reference" -u "$2" <("$1" reference) || {
  echo "run: pra reference > docs/reference.md" >&2
  exit 1
}
