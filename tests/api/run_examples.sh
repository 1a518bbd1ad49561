#!/usr/bin/env bash
# The examples do what they say.
#   run_examples.sh EXAMPLE-C EXAMPLE-CPP
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export XDG_CACHE_HOME=$folder/cache
mkdir -p source/deep
echo 'one' >source/one
head -c 3000000 /dev/urandom >source/deep/large
ln -s one source/link

output=$("$1" repository key "$folder/source" "$folder/target")
grep -q '^restored: 2 files$' <<<"$output"
grep -q '^differences: 0$' <<<"$output"
diff -r source target
# A second run says why it cannot, and fails.
if "$1" repository key "$folder/source" "$folder/target" 2>errors; then exit 1; fi
grep -q 'already' errors

"$2" repository key | grep -q 'newest snapshot of shop.sql: .* 22 bytes$'
