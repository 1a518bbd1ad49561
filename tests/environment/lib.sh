# shellcheck shell=bash
# Helpers of ./run and of the scripts beside this file. Sourced, never run.

PRA_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
PRA_TESTBED=${PRA_TESTBED:-$PRA_ROOT/build/testbed}
export PRA_ROOT PRA_TESTBED

say() { printf '==> %s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# as_root COMMAND…: runs it as root, through sudo when that is needed.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    die "this needs root and there is no sudo: $*"
  fi
}

# missing_packages LIST…: prints the packages of packages-LIST.txt that are not installed.
missing_packages() {
  local list package command installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  for list in "$@"; do
    while read -r package command; do
      [[ -z $package || $package == \#* ]] && continue
      [[ -n $command ]] && command -v "$command" >/dev/null && continue
      grep -qxF -- "$package" <<<"$installed" || echo "$package"
    done <"$PRA_ROOT/tests/environment/packages-$list.txt"
  done
}

# need_packages LIST…: installs what is missing, without starting the servers among it.
need_packages() {
  command -v dpkg-query >/dev/null || {
    warn "not a Debian system: the packages in tests/environment/packages-*.txt are taken as installed"
    return 0
  }
  local -a packages
  mapfile -t packages < <(missing_packages "$@" | sort -u)
  ((${#packages[@]})) || return 0
  say "installing Debian packages: ${packages[*]}"
  local policy=/usr/sbin/policy-rc.d ours=
  if [[ ! -e $policy ]]; then
    # Debian asks this file before it starts a service: 101 means no.
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    ours=yes
  fi
  local failed=
  # shellcheck disable=SC2016  # expanded by the inner shell
  as_root env DEBIAN_FRONTEND=noninteractive bash -c '
    set -e
    options=(-qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
    apt-get "${options[@]}" update
    apt-get "${options[@]}" install -y --no-install-recommends "$@" >/dev/null
  ' apt "${packages[@]}" </dev/null >&2 || failed=yes
  [[ -z $ours ]] || as_root rm -f $policy
  [[ -z $failed ]] || die "apt-get could not install: ${packages[*]}"
}

# up_to_date STAMP TEXT: whether the stamp file holds just this text.
up_to_date() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# sources PATTERN…: the project's own files that match, tracked or new, one a line.
sources() {
  (
    cd "$PRA_ROOT" || exit
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
      git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
        [[ -f $file ]] && printf '%s\n' "$file"
      done | sort -u
    else
      local pattern
      for pattern in "$@"; do
        find . -path ./build -prune -o -path ./.venv -prune -o -type f \
          \( -path "./$pattern" -o -name "$pattern" \) -printf '%P\n'
      done | sort -u
    fi
  )
}
