# tools/packages.sh: sourced by run.sh and test.sh; finds out which packages of the distribution are
# missing, says which and what for, and installs them.
#
#   need "what it is for" PACKAGE TEST...   notes PACKAGE when the command TEST fails
#   need_build, need_tests, ...             the lists
#   install_needs                           installs what was noted; ends the script when it cannot

missing_packages=()
missing_reasons=()

distribution=unknown
if [ -r /etc/os-release ]; then
  distribution=$(. /etc/os-release && printf '%s-%s' "${ID:-unknown}" "${VERSION_ID:-}")
fi

need() {
  local reason=$1 package=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  missing_packages+=("$package")
  missing_reasons+=("$reason")
}

has() { command -v "$1"; }

# at_least VERSION COMMAND...: the first number with a dot that COMMAND prints is VERSION or newer.
at_least() {
  local wanted=$1 found
  shift
  found=$("$@" 2>/dev/null | grep -o '[0-9][0-9]*\.[0-9.]*' | head -n 1) || return
  [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ]
}

need_build() {
  local boost=libboost-dev
  # Debian 12's own default is 1.74, whose Boost.DLL is older than the one this is tested with.
  [ "$distribution" = debian-12 ] && boost=libboost1.81-dev
  need "C++20 compiler (12 or newer)" g++ at_least 12.0 c++ -dumpfullversion -dumpversion
  need "build description" cmake at_least 3.25 cmake --version
  need "runs the build" ninja-build has ninja
  need "finds libraries" pkg-config has pkg-config
  need "text formatting" libfmt-dev test -e /usr/include/fmt/format.h
  need "logging" libspdlog-dev test -e /usr/include/spdlog/spdlog.h
  need "configuration files" libtomlplusplus-dev test -e /usr/include/toml++/toml.h
  need "JSON" nlohmann-json3-dev test -e /usr/include/nlohmann/json.hpp
  need "command line" libcli11-dev test -e /usr/include/CLI/CLI.hpp
  need "plugin loading" "$boost" test -e /usr/include/boost/dll/shared_library.hpp
  need "regular expressions of tokenizers" libpcre2-dev test -e /usr/include/pcre2.h
  need "line editing in chat" libedit-dev test -e /usr/include/histedit.h
}

need_tests() {
  local context=libboost-context-dev
  [ "$distribution" = debian-12 ] && context=libboost-context1.81-dev
  need "unit tests" catch2 test -d /usr/include/catch2
  need "the simulated GPU" "$context" test -e /usr/include/boost/context/fiber.hpp
}

# An AMD GPU is in this machine.
has_amd_gpu() { grep -qs 0x1002 /sys/class/drm/card*/device/vendor; }

# What compiles the kernels of the packs for GPUs.
need_gpu() {
  need "kernels for GPUs" clang-19 has clang++-19
  need "links them" lld-19 has ld.lld-19
  need "reads them" llvm-19 has llvm-objdump-19
}

need_peers() {
  need "runs npm (18 or newer)" nodejs at_least 18.0 node --version
  need "fetches the peers" npm has npm
  need "runs the peers that are no JavaScript" python3 has python3
  need "templates, the original Jinja" python3-jinja2 python3 -c 'import jinja2'
}

need_lint() {
  need "layout of the sources" clang-format-19 has clang-format-19
  need "static analysis" clang-tidy-19 has clang-tidy-19
}

need_fuzzing() {
  need "compiler with libFuzzer" clang-19 has clang++-19
  need "its runtime libraries" libclang-rt-19-dev \
    test -n "$(find /usr/lib/llvm-19 -name 'libclang_rt.fuzzer*.a' -print -quit 2>/dev/null)"
}

# The prefix for a command that needs root: nothing, sudo, or failure.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo "$@"
  else
    return 126
  fi
}

tell_by_hand() {
  printf '\n%s Please let somebody who may run, once:\n\n    apt-get install --no-install-recommends %s\n\n' \
    "$1" "${missing_packages[*]}" >&2
  exit 1
}

install_needs() {
  [ ${#missing_packages[@]} = 0 ] && return
  local i
  echo "Missing, to be installed from the distribution's packages:"
  for i in "${!missing_packages[@]}"; do
    printf '  %-22s %s\n' "${missing_packages[i]}" "${missing_reasons[i]}"
  done
  if ! command -v apt-get >/dev/null; then
    printf '\nThis script installs with apt-get (Debian 12, Ubuntu 24.04 and newer), which is not here. Please install what the list says with your own package manager and start again.\n' >&2
    exit 1
  fi
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || tell_by_hand "Installing needs root, and there is no sudo."
  local package update=0
  for package in "${missing_packages[@]}"; do
    apt-cache show "$package" >/dev/null 2>&1 || update=1
  done
  if [ $update = 1 ]; then
    as_root apt-get update -qq || tell_by_hand "The package lists could not be fetched."
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends \
    "${missing_packages[@]}" || tell_by_hand "The packages could not be installed."
  missing_packages=()
  missing_reasons=()
}

# Compilers to run at once: one a processor, as far as memory allows (1.5 GB each).
build_jobs() {
  local processors memory
  processors=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo 2>/dev/null)
  [ "${memory:-1}" -lt 1 ] && memory=1
  [ "${memory:-1}" -lt "$processors" ] && processors=${memory:-1}
  echo "$processors"
}
