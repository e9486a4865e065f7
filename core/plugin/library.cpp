#include "core/plugin/library.hpp"

#define BOOST_DLL_USE_STD_FS  // no Boost.Filesystem library needed
#include <dlfcn.h>
#include <fmt/core.h>

#include <boost/dll/shared_library.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/quote.hpp"

namespace forge::plugin {
namespace {

// Never destroyed: closing a library while threads or exit handlers may be in it is a crash that
// nobody can explain.
void keep_for_ever(std::unique_ptr<boost::dll::shared_library> library) {
  static auto* mutex = new std::mutex;
  static auto* libraries = new std::vector<std::unique_ptr<boost::dll::shared_library>>;
  const std::scoped_lock lock(*mutex);
  libraries->push_back(std::move(library));
}

// The dynamic linker's reason, without the path that it usually begins with.
std::string linker_reason(const std::filesystem::path& path) {
  const char* const text = dlerror();
  std::string reason = text == nullptr ? "no reason given" : text;
  const std::string prefix = path.string() + ": ";
  if (reason.starts_with(prefix)) reason.erase(0, prefix.size());
  return printable(reason);
}

}  // namespace

Result<const forge_plugin_entry_v1*> open_library(const std::filesystem::path& path) {
  const std::string name = quote(path.filename().native());
  try {
    auto library = std::make_unique<boost::dll::shared_library>();
    std::error_code error;
    dlerror();  // forget what others left
    library->load(path, error, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (error) {
      return failed_precondition(
          fmt::format("library {} cannot be opened: {}", name, linker_reason(path)));
    }
    const forge_plugin_entry_v1* entry = nullptr;
    if (library->has(FORGE_PLUGIN_ENTRY_SYMBOL)) {
      entry = &library->get<const forge_plugin_entry_v1>(FORGE_PLUGIN_ENTRY_SYMBOL);
    }
    keep_for_ever(std::move(library));
    if (entry == nullptr) {
      return failed_precondition(
          fmt::format("library {} exports no symbol {}: it is no plugin, or hides it", name,
                      FORGE_PLUGIN_ENTRY_SYMBOL));
    }
    return entry;
  } catch (const std::exception& error) {
    return failed_precondition(
        fmt::format("library {} cannot be opened: {}", name, printable(error.what())));
  } catch (...) {  // from a static initialiser
    return failed_precondition(fmt::format("library {} threw while it was opened", name));
  }
}

}  // namespace forge::plugin
