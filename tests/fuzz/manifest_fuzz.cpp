// Fuzzes the manifest reader: any text gives a manifest whose fields keep their promises, or an
// error of one printable line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/quote.hpp"
#include "core/plugin/manifest.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const forge::plugin::Manifest& manifest) {
  require(forge::plugin::is_plugin_id(manifest.id));
  require(!manifest.kinds.empty());
  const std::filesystem::path library = manifest.library_path().lexically_normal();
  require(library.native().starts_with("/plugins/fuzz/"));
  for (const std::string& file : manifest.needs.code_objects) {
    const std::filesystem::path path = (manifest.directory() / file).lexically_normal();
    require(path.native().starts_with("/plugins/fuzz/"));
  }
  require(forge::printable(manifest.description) == manifest.description);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The id must be the file's name; inputs that say "fuzz" get past that.
  const auto manifest = forge::plugin::parse_manifest(text, "/plugins/fuzz/fuzz.plugin.toml");
  if (manifest.ok()) {
    check(*manifest);
  } else {
    const std::string& message = manifest.status().message();
    require(!message.empty() && forge::printable(message) == message);
  }
  return 0;
}
