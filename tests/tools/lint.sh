#!/usr/bin/env bash
# Every formatter and linter, in their checking modes. Says what failed and goes on with the rest.
#   lint.sh            all
#   lint.sh --quick    all but clang-tidy and ansible-lint
#   lint.sh PATTERN…   all, clang-tidy only on files that match one of the extended regexps
set -uo pipefail
# shellcheck source=tests/environment/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../environment/lib.sh"
cd "$PRA_ROOT" || exit 1

quick=
[[ ${1:-} == --quick ]] && quick=yes && shift
failed=()

# check NAME COMMAND…: runs a linter; its output is shown when it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    say "lint: $name: ok"
  else
    printf '%s\n' "$output" | head -n 200 >&2
    say "lint: $name: FAILED"
    failed+=("$name")
  fi
}

tidy() {
  local database=build/release/compile_commands.json
  [[ -f $database ]] || {
    echo "no $database: run ./run build first"
    return 1
  }
  local pattern=${1:-.}
  shift
  local extra
  for extra in "$@"; do pattern+="|$extra"; done
  local -a files
  mapfile -t files < <(sources '*.cpp' '*.c' | grep -E -- "$pattern" |
    while IFS= read -r file; do grep -qF "$PRA_ROOT/$file\"" "$database" && echo "$file"; done)
  ((${#files[@]})) || return 0
  printf '%s\0' "${files[@]}" | xargs -0 -P "${PRA_JOBS:-$(nproc)}" -n 1 \
    clang-tidy -p build/release --quiet --warnings-as-errors='*' \
    --extra-arg=-Wno-unknown-warning-option
}

mapfile -t cpp < <(sources '*.cpp' '*.hpp' '*.c' '*.h')
((${#cpp[@]})) && check clang-format clang-format --dry-run -Werror "${cpp[@]}"
mapfile -t shell < <({
  sources '*.sh'
  echo run
  echo .ci/run
} | sort -u)
check shellcheck shellcheck --external-sources "${shell[@]}"
check 'ruff check' .venv/bin/ruff check --quiet .
check 'ruff format' .venv/bin/ruff format --check --quiet .
mapfile -t yaml < <(sources '*.yml' '*.yaml')
((${#yaml[@]})) && check yamllint .venv/bin/yamllint --strict "${yaml[@]}"
mapfile -t terraform < <(sources '*.tf' '*.tfvars' '*.tftest.hcl')
if ((${#terraform[@]})); then
  PATH=$PRA_TESTBED/terraform/bin:$PATH
  if command -v terraform >/dev/null; then
    check 'terraform fmt' terraform fmt -check -diff "${terraform[@]}"
  else
    warn "no terraform: its files are not checked"
  fi
fi
if [[ -z $quick ]]; then
  collection=ansible-collection/pra/recovery
  if [[ -f $collection/galaxy.yml ]]; then
    check ansible-lint env -C "$collection" PATH="$PRA_ROOT/.venv/bin:$PATH" \
      ansible-lint --offline --profile production
  fi
  check clang-tidy tidy "$@"
fi

((${#failed[@]} == 0)) || {
  printf -v list '%s, ' "${failed[@]}"
  die "lint: ${list%, }"
}
