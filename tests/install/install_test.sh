#!/usr/bin/env bash
# Installs the build into a folder of its own and uses what is there as a stranger would: the program
# (also moved, also through a symbolic link), every example built against the installed package, and
# the installed program with the plugins built so.
#   install_test.sh BUILD_DIR SOURCE_DIR
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/forge-install-XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work/no-config
# The examples are built with what built the project: the machine may have nothing else.
CMAKE_GENERATOR=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
export CMAKE_GENERATOR
unset FORGE_CONFIG FORGE_PLUGIN_PATH FORGE_SAFE FORGE_DEVICE

fail() { printf 'failed: %s\n' "$*" >&2; exit 1; }
step() { printf -- '-- %s\n' "$*"; }

step "install"
cmake --install "$build" --prefix "$work/first" >"$work/install.log" || { cat "$work/install.log"; fail "cmake --install"; }
# Everything must work where it is moved to, not only where it was installed.
mkdir -p "$work/some where" && mv "$work/first" "$work/some where/forge"
prefix="$work/some where/forge"
lib=$(dirname "$(dirname "$(dirname "$(find "$prefix" -name rocmforgeConfig.cmake)")")")
for file in bin/rocmforge libexec/rocmforge/rocmforge-probe include/forge/abi/plugin.h include/forge/sdk/plugin.hpp \
    share/doc/rocmforge/README.md share/doc/rocmforge/LICENSE share/man/man1/rocmforge.1 \
    share/bash-completion/completions/rocmforge share/zsh/site-functions/_rocmforge \
    share/fish/vendor_completions.d/rocmforge.fish; do
  [ -s "$prefix/$file" ] || fail "$file is not installed"
done
for manifest in "$build"/plugins/*/*.plugin.toml; do
  [ -e "$manifest" ] || continue
  id=$(basename "$manifest" .plugin.toml)
  for file in "$id.plugin.toml" "libforge_$id.so"; do
    [ -s "$lib/rocmforge/plugins/$id/$file" ] || fail "plugin $id has no $file in the installed tree"
  done
done
if grep -rIl --include='*.cmake' -e "$source" -e "$build" "$lib/cmake"; then
  fail "the CMake package names folders of the machine it was built on"
fi

step "the program"
ln -s "$prefix/bin/rocmforge" "$work/rf"
"$work/rf" --version | grep -q '^rocmforge ' || fail "the program does not run through a symbolic link"

# ids PROGRAM [OPTION...]: the plugins the program finds, one a line.
ids() {
  "$1" plugins "${@:2}" --json | grep -o '"id": *"[^"]*"' | cut -d'"' -f4 | sort -u
}
# Programs without the subcommand have nothing to list plugins with.
can_list=0
if "$prefix/bin/rocmforge" plugins --help >/dev/null 2>&1; then can_list=1; fi
if [ $can_list = 1 ]; then
  expected=$(cd "$lib/rocmforge/plugins" && ls)
  for program in "$prefix/bin/rocmforge" "$work/rf"; do
    if "$program" plugins --json | grep '"code": "probe"' -A 1; then
      fail "$program cannot try the plugins installed with it"
    fi
    [ "$(ids "$program")" = "$expected" ] || fail "$program finds other plugins than those installed: $(ids "$program")"
  done
fi

for example in "$source"/examples/*/CMakeLists.txt; do
  [ -e "$example" ] || continue
  name=$(basename "$(dirname "$example")")
  step "example $name, against the installed package"
  # A copy outside of the checkout: nothing of it but the package may be needed. walk.sh builds it and
  # uses what was built; the plugin guide quotes it.
  cp -r "$(dirname "$example")" "$work/$name"
  out=$work/$name/build
  if ! (cd "$work/$name" && PATH=$prefix/bin:$PATH CMAKE_PREFIX_PATH=$prefix \
          CMAKE_BUILD_PARALLEL_LEVEL=2 bash -eux walk.sh) >"$work/$name.log" 2>&1; then
    cat "$work/$name.log"
    fail "the walk of example $name"
  fi
  if [ $can_list = 1 ]; then
    for manifest in "$out"/plugins/*/*.plugin.toml; do
      id=$(basename "$manifest" .plugin.toml)
      ids "$work/rf" --plugin-path "$out/plugins" | grep -qx "$id" || fail "the installed program does not find $id"
    done
  fi
  # What an example tests by itself runs against the installed program.
  FORGE_PLUGIN_PATH=$out/plugins ctest --test-dir "$out" --output-on-failure --no-tests=ignore ||
    fail "tests of example $name"
done
echo "all good"
