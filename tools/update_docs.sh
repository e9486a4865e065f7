#!/usr/bin/env bash
# Writes the generated parts of docs/cli.md and docs/config.md anew. Tests compare them.
#   tools/update_docs.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-build/release/bin/rocmforge}

# update DOCUMENT MARKER COMMAND...: what COMMAND prints, behind the line MARKER.
update() {
  local document=$1 marker=$2 text
  shift 2
  text=$(sed "/^$marker\$/q" "$document" && "$@" && echo .)
  printf '%s' "${text%.}" >"$document"
}
update docs/config.md '<!-- reference -->' "$program" config --reference
update docs/cli.md '<!-- commands -->' "$program" manual --markdown
