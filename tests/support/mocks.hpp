// tests/support/mocks.hpp: the mock plugins of tests/abi/mocks, as the build made them.
#ifndef FORGE_TESTS_SUPPORT_MOCKS_HPP_
#define FORGE_TESTS_SUPPORT_MOCKS_HPP_

#include <filesystem>
#include <string>

#include "core/plugin/options.hpp"
#include "core/plugin/selection.hpp"
#include "tests/support/cpuid_records.hpp"
#include "tests/support/device_tree.hpp"
#include "tests/support/scratch.hpp"

namespace forge::test {

inline std::filesystem::path mocks_directory() {
  return std::filesystem::path(FORGE_BUILD_DIR) / "tests" / "mocks";
}

// A machine with a 9070 XT, integrated graphics and a processor with AVX-512.
inline const device::Survey& machine() {
  static const device::Survey survey = device::survey({.root = DeviceTree("9070xt-igpu").root(),
                                                       .cpuid = epyc_genoa(),
                                                       .affinity = std::vector<std::uint32_t>{0}});
  return survey;
}

// Copies of mocks in a folder of their own. Copies, because a process initialises a library once:
// the dynamic linker takes another file for another library.
class MockFolder {
 public:
  MockFolder& add(const std::string& name) {
    std::filesystem::create_directories(directory());
    std::filesystem::copy(mocks_directory() / name, directory() / name,
                          std::filesystem::copy_options::recursive);
    return *this;
  }
  MockFolder& add_all() {
    std::filesystem::copy(mocks_directory(), directory(), std::filesystem::copy_options::recursive);
    return *this;
  }

  std::filesystem::path directory() const { return scratch_ / "plugins"; }
  const Scratch& scratch() const { return scratch_; }

  // Probing as in the program, with a cache that nobody else uses and time for a loaded machine.
  plugin::PluginOptions options() const {
    plugin::PluginOptions options;
    options.probe_program = std::filesystem::path(FORGE_BUILD_DIR) / "bin" / "rocmforge-probe";
    options.cache_directory = scratch_ / "cache";
    options.probe_limit = std::chrono::seconds(60);
    return options;
  }

  plugin::Selection select(const plugin::PluginOptions& options) const {
    return plugin::select(plugin::discover({{directory(), "test"}}), machine(), options);
  }

 private:
  Scratch scratch_;
};

inline const plugin::Candidate* candidate(const plugin::Selection& selection,
                                          const std::string& folder) {
  for (const plugin::Candidate& c : selection.candidates()) {
    if (c.found.path.parent_path().filename() == folder) return &c;
  }
  return nullptr;
}

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_MOCKS_HPP_
