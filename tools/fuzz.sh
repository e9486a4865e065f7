#!/usr/bin/env bash
# Runs every fuzzer of a build for a while, from its seeds. What breaks one is left in
# BUILD/crashes/ and said.
#   tools/fuzz.sh BUILD_DIR SECONDS
set -euo pipefail
build=$1 seconds=$2
corpus=$(cd "$(dirname "$0")/../tests/fuzz/corpus" && pwd)
mkdir -p "$build/crashes"
status=0
for fuzzer in "$build"/tests/fuzz/*_fuzz; do
  name=$(basename "$fuzzer")
  found=$build/corpus/$name
  mkdir -p "$found"
  printf -- '-- %s, %s s\n' "$name" "$seconds"
  if ! "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
      -artifact_prefix="$build/crashes/$name-" -print_final_stats=1 "$found" "$corpus/$name" \
      >"$build/crashes/$name.log" 2>&1; then
    tail -n 40 "$build/crashes/$name.log"
    status=1
  fi
  grep -E 'number_of_executed_units|^Done' "$build/crashes/$name.log" || true
done
exit $status
