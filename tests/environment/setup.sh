#!/usr/bin/env bash
# Installs everything the tests need; quick when it is all there.
# A server version or a tool that cannot be had is a warning: its tests are skipped and say so.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/environment/lib.sh
source "$here/lib.sh"

need_packages build demo test
bash "$here/python.sh"
for part in postgresql terraform; do
  bash "$here/$part.sh" || warn "$part is not complete: what needs it is skipped"
done
