// forge/sdk/preflight.hpp: the stages of forge/abi/preflight.h as one C++ class.
//
//   constexpr forge_preflight_stage_v1 kRuntime = sdk::preflight_stage(
//       FORGE_PREFLIGHT_RUNTIME, std::chrono::seconds(20), "the HIP library and the device");
//   constexpr forge_preflight_stage_v1 kMemory = sdk::preflight_stage(...);
//   constexpr const forge_preflight_stage_v1* kStages[] = {&kRuntime, &kMemory};
//
//   class MyPreflight final : public sdk::Preflight {
//    public:
//     static Result<std::unique_ptr<Preflight>> open(const forge_device_v1& device);
//     // `stage` is an index of kStages. The text is what was found, for people; may be empty.
//     Result<std::string> run(std::uint32_t stage, forge_preflight_facts_v1& facts) override;
//   };
//   constexpr forge_plugin_preflight_v1 kPreflight = sdk::preflight_record<MyPreflight>(kStages);
//
// and {FORGE_INTERFACE_PREFLIGHT_V1, &kPreflight} among the plugin's interfaces. Everything is a
// constant expression; exceptions are turned into statuses at the edge.
#ifndef FORGE_SDK_PREFLIGHT_HPP_
#define FORGE_SDK_PREFLIGHT_HPP_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "forge/abi/preflight.h"
#include "forge/sdk/host.hpp"
#include "forge/sdk/status.hpp"

namespace forge::sdk {

// To derive from, with a static open() as above. One thread; lives from the first stage to the
// last.
class Preflight {
 public:
  virtual ~Preflight() = default;
  virtual Result<std::string> run(std::uint32_t stage, forge_preflight_facts_v1& facts) = 0;
};

constexpr forge_preflight_stage_v1 preflight_stage(const char* name,
                                                   std::chrono::milliseconds limit,
                                                   const char* purpose) {
  return {sizeof(forge_preflight_stage_v1), static_cast<std::uint32_t>(limit.count()), name,
          purpose};
}

// Cut to what the record holds.
inline void set_runtime(forge_preflight_facts_v1& facts, std::string_view version,
                        std::string_view path) {
  const auto copy = []<std::size_t kSize>(std::string_view text, char(&out)[kSize]) {
    const std::size_t n = std::min(text.size(), kSize - 1);
    text.copy(out, n);
    out[n] = '\0';
  };
  copy(version, facts.runtime_version);
  copy(path, facts.runtime_path);
}

namespace detail {

template <class P>
forge_status preflight_open(const forge_device_v1* device, forge_preflight** out,
                            forge_message* message) {
  return fence(message, [&]() -> Status {
    FORGE_ASSIGN(std::unique_ptr<Preflight> made, P::open(*device));
    *out = reinterpret_cast<forge_preflight*>(made.release());
    return {};
  });
}

inline forge_status preflight_run(forge_preflight* preflight, std::uint32_t stage,
                                  forge_preflight_facts_v1* facts, forge_message* message) {
  return fence(message, [&]() -> Status {
    FORGE_ASSIGN(const std::string found,
                 reinterpret_cast<Preflight*>(preflight)->run(stage, *facts));
    if (!found.empty()) set_message(message, found);
    return {};
  });
}

inline void preflight_close(forge_preflight* preflight) {
  fence([&] { delete reinterpret_cast<Preflight*>(preflight); });
}

}  // namespace detail

// What get_interface(FORGE_INTERFACE_PREFLIGHT_V1) returns.
template <class P, std::size_t kStages>
constexpr forge_plugin_preflight_v1 preflight_record(
    const forge_preflight_stage_v1* const (&stages)[kStages]) {
  static_assert(kStages <= FORGE_PREFLIGHT_MAX_STAGES, "fewer stages, please");
  return {sizeof(forge_plugin_preflight_v1),
          kStages,
          stages,
          detail::preflight_open<P>,
          detail::preflight_run,
          detail::preflight_close};
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_PREFLIGHT_HPP_
