#!/usr/bin/env bash
# Runs every fuzzer of a build for a while, or one, from its seeds. What breaks one is left in
# BUILD/crashes/ and said.
#   tools/fuzz.sh BUILD_DIR SECONDS [FUZZER]
set -euo pipefail
build=$1 seconds=$2
top=$(cd "$(dirname "$0")/.." && pwd)
if [ $# = 2 ]; then
  printf '%s\n' "$build"/tests/fuzz/*_fuzz | "$top/tools/each_of.sh" "$0" "$build" "$seconds" {}
  exit
fi
name=$(basename "$3")
found=$build/corpus/$name log=$build/crashes/$name.log status=0
mkdir -p "$build/crashes" "$found"
"$build/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
  -artifact_prefix="$build/crashes/$name-" -print_final_stats=1 "$found" \
  "$top/tests/fuzz/corpus/$name" >"$log" 2>&1 || status=1
[ $status = 0 ] || tail -n 40 "$log"
grep -E 'number_of_executed_units|^Done' "$log" || true
exit $status
