// core/safety/preflight_cache.hpp: which devices passed which pack's preflight since this boot.
//
// A pass counts for exactly the conditions it was found under: boot, driver, HIP library, files of
// the pack, the program that checked, the variables that steer the runtime, and the device. The
// file is checked in full; whatever is not as it was written counts as not there.
#ifndef FORGE_CORE_SAFETY_PREFLIGHT_CACHE_HPP_
#define FORGE_CORE_SAFETY_PREFLIGHT_CACHE_HPP_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/boot_cache.hpp"
#include "core/device/gpu.hpp"
#include "core/device/system.hpp"
#include "core/plugin/manifest.hpp"
#include "core/safety/preflight_report.hpp"

namespace forge::safety {

// What a pass depends on beside the boot; lines of text.
std::string conditions_of(const plugin::Manifest& pack, const device::Gpu& gpu,
                          const device::System& system, const std::filesystem::path& probe_program,
                          const device::EnvironmentReader& environment = device::process_variable);

// Thread-safe: no state but the folder.
class PreflightCache {
 public:
  // `directory` empty: user_cache_directory("preflight").
  explicit PreflightCache(const std::filesystem::path& directory,
                          const std::string& boot_id = current_boot_id());

  // The report of the pass under these conditions, marked as remembered; or nothing. A runtime
  // library that has changed since counts as another condition.
  std::optional<PreflightReport> find(const plugin::Manifest& pack, const std::string& device,
                                      const std::string& conditions) const;
  void remember(const plugin::Manifest& pack, const std::string& device,
                const std::string& conditions, const PreflightReport& report) const;
  void forget(const plugin::Manifest& pack, const std::string& device) const;

 private:
  BootCache cache_;
};

// A pass as text and back; public for tests. Any bytes may come.
std::string write_pass(const PreflightReport& report);
std::optional<PreflightReport> read_pass(std::string_view text);

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_PREFLIGHT_CACHE_HPP_
