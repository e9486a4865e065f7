#!/usr/bin/env bash
# Runs a command for each line of standard input, which takes the place of {}, as many at a time as
# there are processors. Prints what each has printed when it ends; fails when one fails.
#   ls *.json | tools/each_of.sh python3 -m json.tool {}
set -euo pipefail

if [ "${1-}" != --one ]; then
  exec xargs -P "$(nproc)" -I{} "$0" --one {} "$@"
fi
name=$2 status=0
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 || status=1
exec 9<"$0"
flock 9  # one after the other
printf -- '-- %s\n' "$name"
cat "$log"
exit $status
