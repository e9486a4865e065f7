#!/usr/bin/env bash
# Layout and static analysis of our own sources (clang 19).
#   tools/lint.sh format          clang-format would change nothing
#   tools/lint.sh tidy [FOLDER]   clang-tidy has nothing to say (about files below FOLDER)
#
# clang-tidy's time goes into the headers of the standard library and of our libraries, once for each
# source. So it reads many sources as one, as a unity build does: a tenth of the time for the same
# findings. Nothing is built for it; build/lint is only configured.
# Tests are not analysed: most of what there is to read would be Catch2's macros. Nor are the kernels
# for GPUs: some hundred instances of templates that unroll everything, each followed down every path.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
most=40  # sources read together: enough to share headers, few enough to keep all processors busy

format() {
  git ls-files -- '*.cpp' '*.hpp' '*.h' '*.c' '*.hip' '*.inc' | xargs clang-format-19 --dry-run -Werror
}

# "FLAGS <tab> SOURCE" for every C++ source that is compiled, out of compile_commands.json.
compile_commands() {
  awk '
    /^ *"command": / { sub(/^ *"command": "/, ""); sub(/",?$/, ""); command = $0 }
    /^ *"file": / {
      sub(/^ *"file": "/, ""); sub(/",?$/, "")
      gsub(/\\"/, "\"", command); gsub(/\\\\/, "\\", command)
      sub(/^.*\/c\+\+ /, "", command)
      gsub(/ (-o|-MT|-MF|-c|-include) [^ ]+| -MD| -Winvalid-pch/, "", command)
      if ($0 ~ /\.c(pp|xx)$/) print command "\t" $0
    }' "$1/compile_commands.json" | grep -vF "	$top/plugins/hip/device/" | sort -u
}

# Analyses one source, which may be many; says what is found.
tidy_one() {
  local flags source=${1#*	}
  eval "flags=(${1%%	*})"
  flags+=(-Wno-unknown-warning-option -Wno-deprecated-declarations -Wno-unused-command-line-argument)
  clang-tidy-19 --quiet --config-file=.clang-tidy "$source" -- "${flags[@]}" 2>"$2" ||
    { grep -vE '^[0-9]+ warnings? (treated|generated)|^Suppressed|^Use -header' "$2"; return 1; }
}

# Whether a source, or one of those that it stands for, is below a folder.
is_below() { [[ $1 == "$top/$2"* ]] || { [[ $1 == */Unity/* ]] && grep -qF "\"$top/$2" "$1"; }; }

tidy() {
  local build=$top/build/lint line
  cmake -S . -B "$build" -G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DFORGE_BUILD_TESTS=OFF -DFORGE_GPU_PACKS=AUTO \
    -DFORGE_GPU_PLACEHOLDERS=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=$most >/dev/null
  folder=$(mktemp -d)  # not local: the trap needs it
  trap 'rm -rf "$folder"' EXIT
  compile_commands "$build" | while IFS= read -r line; do
    if is_below "${line#*	}" "${1-}"; then printf '%s\0' "$line"; fi
  done >"$folder/list"
  xargs -0 -a "$folder/list" -n 1 -P "$(nproc)" "$0" tidy-one "$folder"
}

case ${1-} in
  format) format ;;
  tidy) tidy "${2-}" ;;
  tidy-one) tidy_one "$3" "$(mktemp -p "$2")" ;;
  *)
    sed -n '2,4s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
