#!/usr/bin/env bash
# Layout and static analysis of our own sources (clang 19).
#   tools/lint.sh format                clang-format would change nothing
#   tools/lint.sh tidy BUILD [FOLDER]   clang-tidy has nothing to say (about files below FOLDER);
#                                       needs BUILD/compile_commands.json
#
# clang-tidy's time goes into the headers of the standard library and of our libraries, once for each
# source. So sources of one folder and with the same flags are read together, as one: a tenth of the
# time for the same findings. Those that cannot be (two names of the same kind in anonymous
# namespaces) are split up until they can.
# Tests are not analysed: most of what there is to read would be Catch2's macros. Nor are the kernels
# for GPUs: some hundred instances of templates that unroll everything, each followed down every path.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
most=12  # sources read together: enough to share headers, few enough to keep all processors busy

format() {
  git ls-files -- '*.cpp' '*.hpp' '*.h' '*.c' '*.hip' '*.inc' | xargs clang-format-19 --dry-run -Werror
}

# "FLAGS <tab> SOURCE" for every source of ours, out of compile_commands.json.
compile_commands() {
  awk '
    /^ *"command": / { sub(/^ *"command": "/, ""); sub(/",?$/, ""); command = $0 }
    /^ *"file": / {
      sub(/^ *"file": "/, ""); sub(/",?$/, "")
      gsub(/\\"/, "\"", command); gsub(/\\\\/, "\\", command)
      sub(/^.*\/c\+\+ /, "", command)
      gsub(/ (-o|-MT|-MF|-c|-include) [^ ]+| -MD| -Winvalid-pch/, "", command)
      print command "\t" $0
    }' "$1/compile_commands.json" |
    grep -P "\t$top/(core|host|plugins|tools)/.*\.cpp$" | grep -vF "	$top/plugins/hip/device/" |
    grep -F "	$top/$2" | sort -t"	" -k2
}

# Writes one list per group to FOLDER: the flags, then the sources, a line each.
make_groups() {
  compile_commands "$1" "$2" | awk -F'\t' -v folder="$3" -v most=$most '
    {
      room = $2; sub(/\/[^\/]*$/, "", room)
      key = room "\t" $1
      if (!(key in count) || count[key] == most) {
        list[key] = sprintf("%s/group-%03d", folder, ++groups)
        count[key] = 0
        print $1 > list[key]
      }
      ++count[key]
      print $2 >> list[key]
    }'
}

# Analyses the sources of one list; says what is found.
tidy_group() {
  local list=$1 half flags sources unity
  mapfile -t sources < <(tail -n +2 "$list")
  eval "flags=($(head -n 1 "$list"))"
  flags+=(-Wno-unknown-warning-option -Wno-deprecated-declarations -Wno-unused-command-line-argument)
  unity=$list.cpp
  if [ ${#sources[@]} = 1 ]; then
    unity=${sources[0]}
  else
    printf '#include "%s"  // NOLINT(bugprone-suspicious-include)\n' "${sources[@]}" >"$unity"
    if ! clang++-19 "${flags[@]}" -fsyntax-only -w "$unity" 2>/dev/null; then
      half=$((${#sources[@]} / 2))
      { head -n 1 "$list"; printf '%s\n' "${sources[@]:0:half}"; } >"$list-a"
      { head -n 1 "$list"; printf '%s\n' "${sources[@]:half}"; } >"$list-b"
      local status=0
      tidy_group "$list-a" || status=1
      tidy_group "$list-b" || status=1
      return $status
    fi
  fi
  clang-tidy-19 --quiet --config-file=.clang-tidy "$unity" -- "${flags[@]}" 2>"$list.err" ||
    { grep -vE '^[0-9]+ warnings? (treated|generated)|^Suppressed|^Use -header' "$list.err"; return 1; }
}

tidy() {
  folder=$(mktemp -d)  # not local: the trap needs it
  trap 'rm -rf "$folder"' EXIT
  make_groups "$1" "${2-}" "$folder"
  printf '%s sources in %s groups\n' "$(cat "$folder"/group-* | grep -c '\.cpp$')" "$(ls "$folder" | wc -l)"
  find "$folder" -name 'group-*' -print0 | xargs -0 -n 1 -P "$(nproc)" "$0" tidy-group
}

case ${1-} in
  format) format ;;
  tidy) tidy "$(cd "$2" && pwd)" "${3-}" ;;
  tidy-group) tidy_group "$2" ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
