#!/usr/bin/env bash
# The library exports what exports.txt lists, and nothing else. A name that goes breaks programs; a
# new one is added here in the same commit.
#   check_exports.sh LIBRARY LIST
set -euo pipefail
diff --label "$2" --label "exports of $1" -u "$2" \
  <(nm --dynamic --defined-only "$1" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | LC_ALL=C sort)
soname=$(objdump -p "$1" | awk '$1 == "SONAME" {print $2}')
[[ $soname == libpra.so.1 ]] || {
  echo "soname is '$soname', not libpra.so.1" >&2
  exit 1
}
