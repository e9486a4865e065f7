#include "core/engine/memory_fit.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "core/base/log.hpp"
#include "forge/sdk/graph.hpp"

namespace forge::engine {
namespace {

constexpr std::uint32_t kUnknownContext =
    4096;                                 // for files that do not say what they were trained for
constexpr std::uint32_t kShortest = 512;  // below this a model is of no use

// "MemAvailable:   12345 kB"
std::uint64_t meminfo_available() {
  std::ifstream file("/proc/meminfo");
  std::string line;
  while (std::getline(file, line)) {
    unsigned long long kib = 0;
    if (std::sscanf(line.c_str(), "MemAvailable: %llu kB", &kib) == 1) return kib * 1024;
  }
  return 0;
}

std::uint64_t number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : 0;  // "max" is no number
}

double gib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0); }

std::uint64_t state_bytes(const FitRequest& r, const graph::PlanMemory& memory,
                          std::uint32_t n_ctx) {
  return (std::uint64_t{sdk::blocks_for(n_ctx)} * memory.state_per_block + memory.state_per_slot) *
         r.n_sequences;
}

std::uint64_t all_bytes(const FitRequest& r, const graph::PlanMemory& memory, std::uint32_t n_ctx) {
  return memory.weights + memory.scratch + state_bytes(r, memory, n_ctx);
}

// The first device that it does not fit onto, or nullptr.
const DeviceShare* too_small(const FitRequest& r, std::uint32_t n_ctx) {
  for (const DeviceShare& share : r.devices) {
    if (all_bytes(r, share.memory, n_ctx) > share.budget) return &share;
  }
  return nullptr;
}

bool fits(const FitRequest& r, std::uint32_t n_ctx) {
  return too_small(r, n_ctx) == nullptr &&
         (r.limit == 0 || all_bytes(r, r.memory, n_ctx) <= r.limit);
}

// "weights 1.00 GiB + scratch 0.10 GiB + state 0.50 GiB (4096 positions x 1 sequences) = 1.60 GiB"
std::string sum_of(const FitRequest& r, const graph::PlanMemory& memory, std::uint32_t n_ctx) {
  return fmt::format(
      "weights {:.2f} GiB + scratch {:.2f} GiB + state {:.2f} GiB ({} positions x {} sequences) = "
      "{:.2f} GiB",
      gib(memory.weights), gib(memory.scratch), gib(state_bytes(r, memory, n_ctx)), n_ctx,
      r.n_sequences, gib(all_bytes(r, memory, n_ctx)));
}

Status does_not_fit(const FitRequest& r, std::uint32_t n_ctx) {
  if (const DeviceShare* const share = too_small(r, n_ctx)) {
    return resource_exhausted(fmt::format(
        "the model does not fit onto {}: {}, but its budget is {:.2f} GiB: {}. Use a smaller or "
        "more strongly quantized model, a shorter context (--context), fewer sequences, or leave "
        "the desktop less (--desktop-reserve-gb)",
        share->device, sum_of(r, share->memory, n_ctx), gib(share->budget), share->terms));
  }
  return resource_exhausted(fmt::format(
      "the model does not fit into memory: {}, but {:.2f} GiB are free. Use a smaller or more "
      "strongly quantized model, a shorter context (--context) or fewer sequences",
      sum_of(r, r.memory, n_ctx), gib(r.limit)));
}

}  // namespace

std::uint64_t available_memory() {
  std::uint64_t available = meminfo_available();
  const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  if (limit > used && available > limit - used) available = limit - used;
  return available;
}

FitRequest split_memory(const graph::Plan& plan,
                        const std::vector<std::shared_ptr<graph::PackDevice>>& devices) {
  FitRequest r;
  r.memory = plan.memory();
  for (const auto& device : devices) {
    const graph::DeviceOptions& options = device->options();
    if (options.memory_budget == 0) continue;
    DeviceShare share;
    share.device = fmt::format("GPU {} ({})", options.key, options.name);
    share.memory = plan.memory_on(*device);
    share.budget = options.memory_budget;
    share.terms = options.memory_terms;
    r.memory.weights -= share.memory.weights;
    r.memory.scratch -= share.memory.scratch;
    r.memory.state_per_block -= share.memory.state_per_block;
    r.memory.state_per_slot -= share.memory.state_per_slot;
    r.devices.push_back(std::move(share));
  }
  return r;
}

Result<std::uint32_t> fit_context(const FitRequest& r) {
  if (r.n_ctx != 0) {
    if (!fits(r, r.n_ctx)) return does_not_fit(r, r.n_ctx);
    if (r.n_ctx_train != 0 && r.n_ctx > r.n_ctx_train)
      log::get("engine").warn(
          "a context of {} positions was asked for, but the model was trained for {}; expect worse "
          "answers beyond that",
          r.n_ctx, r.n_ctx_train);
    return r.n_ctx;
  }
  const std::uint32_t trained = r.n_ctx_train == 0 ? kUnknownContext : r.n_ctx_train;
  std::uint32_t n_ctx = trained;
  while (!fits(r, n_ctx) && n_ctx > kShortest) n_ctx = std::max(n_ctx / 2, kShortest);
  if (!fits(r, n_ctx)) return does_not_fit(r, n_ctx);
  if (n_ctx < trained)
    log::get("engine").warn(
        "the context is {} positions instead of {}: more does not fit into memory", n_ctx, trained);
  return n_ctx;
}

}  // namespace forge::engine
