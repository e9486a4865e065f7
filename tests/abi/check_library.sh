#!/bin/sh
# Whether a plugin's library keeps the rules that make it safe to open (docs/ABI.md):
#   one exported symbol, forge_plugin_entry; no device code that registers itself; no static
#   initialisers of its own; nothing left undefined that the plugin itself should bring.
#   check_library.sh LIBRARY [READELF] [NM]
set -eu
library=$1 readelf=${2:-readelf} nm=${3:-nm}
LC_ALL=C
export LC_ALL
bad=0
complain() { printf '%s: %s\n' "$library" "$*" >&2; bad=1; }

# Version nodes (type A) are no symbols anybody can call.
exported=$("$nm" -D --defined-only "$library" | awk '$(NF-1) != "A" { sub(/@.*/, "", $NF); print $NF }')
[ "$exported" = forge_plugin_entry ] ||
  complain "exports '$(echo $exported)'; expected forge_plugin_entry and nothing else: link with cmake/plugin.map"

sections=$("$readelf" -SW "$library")
for section in .hip_fatbin .hipFatBinSegment .nv_fatbin .ctors .preinit_array; do
  case $sections in
    *" $section "*) complain "has section $section, which acts when the library is opened" ;;
  esac
done

# Functions that run when the library is opened: the entries of .init_array, by name. The
# toolchain's frame_dummy is one; builds with a sanitizer have its registration functions.
range=$(printf '%s\n' "$sections" | awk '{ sub(/^ *\[ *[0-9]+\] */, "") } $1 == ".init_array" { print $3, $5 }')
if [ -n "$range" ]; then
  start=${range% *} size=${range#* }
  initialisers=$("$readelf" -rW "$library" | awk -v start="$start" -v size="$size" '
    function hex(text,   i, value) {
      value = 0
      for (i = 1; i <= length(text); ++i) value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
      return value
    }
    $3 ~ /^R_X86_64_(RELATIVE|64)$/ && hex($1) >= hex(start) && hex($1) < hex(start) + hex(size) { print $NF }')
  count=$(printf '%s\n' $initialisers | grep -c . || true)
  expected=$(printf '%d' "0x$size")
  [ "$((count * 8))" = "$expected" ] ||
    complain "has $((expected / 8)) initialisers, of which only $count could be told"
  for address in $initialisers; do
    # Names at that address, where the library still has them.
    names=$("$nm" "$library" 2>/dev/null | awk -v a="$address" '{ sub(/^0+/, "", $1) } $1 == a { print $NF }')
    case "$names" in
      *frame_dummy* | *asan.module_ctor* | *tsan.module_ctor* | *sancov.module_ctor* | *_sub_I_00099_*) ;;
      '') [ "$count" = 1 ] || complain "has $count static initialisers (stripped of their names)" ;;
      *) complain "runs $(echo $names) when it is opened: make it constinit, or do it in initialize()" ;;
    esac
  done
fi

exit $bad
