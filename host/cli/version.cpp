#include "host/cli/version.hpp"

#include <fmt/format.h>

#include "forge/abi/base.h"
#include "forge/sdk/build.hpp"

namespace forge::cli {

std::string_view version() { return FORGE_VERSION; }

std::string version_text() {
  std::string out = fmt::format("rocmforge {} ({})\n", version(), FORGE_BUILD_TYPE);
  out += fmt::format("plugin ABI {}.{}\n", FORGE_ABI_MAJOR, FORGE_ABI_MINOR);
  out += fmt::format("compiled by {}\n", sdk::kCompiler);
  if (sdk::kSanitizer[0] != '\0') out += fmt::format("sanitizer: {}\n", sdk::kSanitizer);
  return out;
}

}  // namespace forge::cli
