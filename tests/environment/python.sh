#!/usr/bin/env bash
# Makes .venv with the pinned Python packages of tests/requirements.txt.
set -euo pipefail
# shellcheck source=tests/environment/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

venv=$PRA_ROOT/.venv
python=/usr/bin/python3
[[ -x $python ]] || python=python3
wanted=$(
  "$python" --version
  cat "$PRA_ROOT/tests/requirements.txt"
)
if up_to_date "$venv/.stamp" "$wanted" && "$venv/bin/python" -c pass 2>/dev/null; then
  exit 0
fi
say "making the Python virtual environment .venv"
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip --quiet --disable-pip-version-check install \
  --requirement "$PRA_ROOT/tests/requirements.txt" >&2
printf '%s\n' "$wanted" >"$venv/.stamp"
