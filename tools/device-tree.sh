#!/bin/sh
# Records what rocmforge's device survey reads on this machine into one text file, for bug reports
# and for tests; or makes such a recording a folder again.
#
#   tools/device-tree.sh record > my-machine.tree
#   tools/device-tree.sh expand my-machine.tree FOLDER    # then: rocmforge plugins --device-root FOLDER
#
# A recording is plain text. A line "=== PATH" begins a file, whose text follows; "=== PATH -> LINK"
# is a symbolic link; "=== PATH mode NNNN" is a file with permission bits (a device node becomes an
# empty file). Serial numbers (unique_id) are left out.
set -eu

record_file() {
  [ -e "$1" ] || return 0
  printf '=== %s\n' "$1"
  # A file that cannot be read is recorded as such: the survey has to live with it, too.
  grep -v '^unique_id ' "$1" 2>/dev/null || true
}

record_link() {
  [ -L "$1" ] && printf '=== %s -> %s\n' "$1" "$(readlink "$1")"
  return 0
}

record_node() {
  [ -e "$1" ] && printf '=== %s mode %s\n' "$1" "$(stat -c %04a "$1")"
  return 0
}

record_gpu() {
  device=$(readlink -f "$1/device")
  record_link "$1"
  record_link "$(readlink -f "$1")/device"
  record_link "/sys/bus/pci/devices/$(basename "$device")"
  for file in vendor device revision class mem_info_vram_total mem_info_vram_used \
    mem_info_gtt_total mem_info_gtt_used; do
    record_file "$device/$file"
  done
  record_file "$(dirname "$device")/vendor"
  record_file "$(dirname "$device")/class"
  for connector in "$device"/drm/card*/card*-*; do
    record_file "$connector/status"
    record_file "$connector/enabled"
  done
}

record() {
  record_link /sys/class/kfd/kfd
  for node in /sys/class/kfd/kfd/topology/nodes/*; do
    [ -d "$node" ] || continue
    node=$(readlink -f "$node")
    record_file "$node/gpu_id"
    record_file "$node/name"
    record_file "$node/properties"
    for bank in "$node"/mem_banks/*; do record_file "$bank/properties"; done
  done
  for render in /sys/class/drm/renderD*; do
    [ -e "$render" ] && record_gpu "$render"
    record_node "/dev/dri/$(basename "$render")"
  done
  record_node /dev/kfd
  for cpu in /sys/devices/system/cpu/cpu[0-9]*; do record_file "$cpu/topology/core_cpus_list"; done
  record_file /proc/self/cgroup
  record_file /sys/fs/cgroup/cpu.max
  record_file /opt/rocm/.info/version
  record_file /etc/os-release
  record_file /proc/sys/kernel/osrelease
  record_file /sys/module/amdgpu/version
  grep -E '^(render|video):' /etc/group 2>/dev/null | sed 's/:[^:]*$/:/' | record_text /etc/group
}

# Names of people stay out of it.
record_text() {
  printf '=== %s\n' "$1"
  cat
}

# expand FILE FOLDER. Links are made last, so that no file is written through one.
expand() {
  out=/dev/null
  links=''
  mkdir -p "$2"
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '=== '*)
        path=${line#=== } link='' mode=''
        case $path in
          *' -> '*) link=${path#* -> } path=${path%% -> *} ;;
          *' mode '*) mode=${path#* mode } path=${path%% mode *} ;;
        esac
        case $path in
          *[!A-Za-z0-9/:._,-]* | */../* | */..) echo "$0: path not allowed: $path" >&2 && exit 1 ;;
          /*) ;;
          *) echo "$0: path is not absolute: $path" >&2 && exit 1 ;;
        esac
        if [ -n "$link" ]; then
          links="$links$path $link
"
          out=/dev/null
          continue
        fi
        out=$2$path
        [ -d "${out%/*}" ] || mkdir -p "${out%/*}"
        : > "$out"
        [ -z "$mode" ] || chmod "$mode" "$out" ;;
      '#'*) [ "$out" = /dev/null ] || printf '%s\n' "$line" >> "$out" ;;
      *) printf '%s\n' "$line" >> "$out" ;;
    esac
  done < "$1"
  printf '%s' "$links" | while read -r path link; do
    [ -d "$2${path%/*}" ] || mkdir -p "$2${path%/*}"
    ln -s "$link" "$2$path"
  done
}

case ${1-} in
  record) record ;;
  expand) expand "${2:?usage: $0 expand FILE FOLDER}" "${3:?usage: $0 expand FILE FOLDER}" ;;
  *) echo "usage: $0 record | $0 expand FILE FOLDER" >&2 && exit 2 ;;
esac
