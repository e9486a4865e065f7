#!/usr/bin/env bash
# Builds rocmforge and lets a model answer. Installs what is missing first, and says so.
#
#   ./run.sh                     chat with the demo model; without a terminal, one short answer
#   ./run.sh -p "Hello"          rocmforge run -p "Hello"
#   ./run.sh COMMAND ...         any other command of the program: ./run.sh plugins
#   ./run.sh --gpu ...           likewise, and builds the packs for AMD GPUs (clang 19) also where there is no such GPU
#   ./run.sh --help              this text; ./run.sh COMMAND --help is the program's
set -euo pipefail
cd "$(dirname "$0")"
. tools/packages.sh

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
  exit 0
fi

gpu=0
has_amd_gpu && gpu=1
if [ "${1-}" = --gpu ]; then gpu=1; shift; fi

need_build
[ $gpu = 0 ] || need_gpu
install_needs >&2

# The build keeps quiet unless it has something to do or to complain about.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  "$@" >"$log" 2>&1 && return
  cat "$log" >&2
  echo "failed: $*" >&2
  exit 1
}
options=()
# Tests are for test.sh, and packs for GPUs for those who have one; a build folder that has them keeps them.
[ -e build/release/CMakeCache.txt ] || options+=(-DFORGE_BUILD_TESTS=OFF -DFORGE_GPU_PACKS=OFF)
[ $gpu = 0 ] || options+=(-DFORGE_GPU_PACKS=ON)
[ -e build/release/bin/rocmforge ] || echo "Building; the first time takes some minutes." >&2
quietly cmake --preset release "${options[@]}"
if [ -t 2 ] && [ ! -e build/release/bin/rocmforge ]; then
  cmake --build --preset release -j "$(build_jobs)" --target rocmforge forge_plugins >&2
else
  quietly cmake --build --preset release -j "$(build_jobs)" --target rocmforge forge_plugins
fi

program=build/release/bin/rocmforge
rm -f "$log"
if [ $# = 0 ] && [ -t 0 ] && [ -t 1 ]; then
  exec "$program" chat
elif [ $# = 0 ]; then
  exec "$program" run -p "Hello! Who are you?"
elif [ "${1#-}" != "$1" ]; then
  exec "$program" run "$@"
else
  exec "$program" "$@"
fi
