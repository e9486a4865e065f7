// core/safety/preflight_child.hpp: the side of a preflight that runs in a process of its own.
#ifndef FORGE_CORE_SAFETY_PREFLIGHT_CHILD_HPP_
#define FORGE_CORE_SAFETY_PREFLIGHT_CHILD_HPP_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::safety {

// One pack on one device.
struct PreflightTarget {
  std::filesystem::path manifest;
  std::string key;        // PCI id
  std::string name;       // of the device
  std::string processor;  // "gfx1100"
  std::uint64_t memory_budget = 0;
};

// The first argument that makes rocmforge-probe run a preflight, and the target behind it.
inline constexpr std::string_view kPreflightFlag = "--preflight";
std::vector<std::string> to_arguments(const PreflightTarget& target);
Result<PreflightTarget> parse_arguments(std::span<const char* const> arguments);

// Brings the pack up and runs its stages on the device, telling `write` how far it came
// (core/safety/preflight_stream.hpp), all but the result, which is returned. Nothing is given back
// after a failure: the process ends. [load-thread, in a process of its own]
Status run_preflight_child(const PreflightTarget& target,
                           const std::function<void(std::string_view)>& write);

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_PREFLIGHT_CHILD_HPP_
