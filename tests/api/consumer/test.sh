#!/usr/bin/env bash
# Installs the build into a folder of its own and uses it as a stranger does: by CMake, by pkg-config,
# and by the installed command.
#   test.sh BUILD-FOLDER
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$1" --prefix "$folder/usr" >"$folder/install.log"

cmake -S "$here" -B "$folder/build" -DCMAKE_PREFIX_PATH="$folder/usr" >"$folder/cmake.log" ||
  { cat "$folder/cmake.log" && exit 1; }
cmake --build "$folder/build" >"$folder/build.log" || { cat "$folder/build.log" && exit 1; }
"$folder/build/consumer"

library=$(dirname "$(find "$folder/usr" -name libpra.so.1)")
export PKG_CONFIG_PATH=$library/pkgconfig
read -ra flags <<<"$(pkg-config --cflags --libs libpra)"
cc -std=c11 -pedantic-errors -Wall -Wextra -Werror "$here/main.c" -o "$folder/by_pkg_config" "${flags[@]}"
LD_LIBRARY_PATH=$library "$folder/by_pkg_config"

# Moved as a whole it still works: nothing in it names where it was installed.
mv "$folder/usr" "$folder/moved"
"$folder/moved/bin/pra" --version
# By its other name it is the program of Terraform, which wants a query.
if "$folder/moved/bin/pra-terraform" <<<'{}' 2>"$folder/errors"; then exit 1; fi
grep -q '^pra-terraform: ' "$folder/errors"
