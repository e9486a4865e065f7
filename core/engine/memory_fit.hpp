// core/engine/memory_fit.hpp: does a plan fit, and how long may its context be?
#ifndef FORGE_CORE_ENGINE_MEMORY_FIT_HPP_
#define FORGE_CORE_ENGINE_MEMORY_FIT_HPP_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/plan.hpp"
#include "forge/sdk/status.hpp"

namespace forge::engine {

// Bytes of main memory this process can still take: MemAvailable, within the control group's limit;
// 0 when the system does not say.
std::uint64_t available_memory();

// What goes onto a device with memory of its own, and how much of that it may be.
struct DeviceShare {
  std::string device;  // "GPU 0000:03:00.0 (Radeon RX 7900 XT)"
  graph::PlanMemory memory;
  std::uint64_t budget = 0;  // bytes
  std::string terms;         // how the budget came about
};

struct FitRequest {
  graph::PlanMemory memory;  // in the computer's memory
  std::uint64_t limit = 0;   // bytes of it; 0: unknown, everything fits
  std::vector<DeviceShare> devices = {};
  std::uint32_t n_ctx = 0;        // wanted; 0: as trained
  std::uint32_t n_ctx_train = 0;  // 0: unknown
  std::uint32_t n_sequences = 1;
};

// A plan's memory, apart for each device that has a budget.
FitRequest split_memory(const graph::Plan& plan,
                        const std::vector<std::shared_ptr<graph::PackDevice>>& devices);

// The context length to use. A wanted length that does not fit is an error that lists every term;
// the trained one is shortened until it does.
Result<std::uint32_t> fit_context(const FitRequest& request);

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_MEMORY_FIT_HPP_
