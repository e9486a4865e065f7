#include "core/engine/memory_fit.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <string>

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

std::uint64_t state_bytes(const FitRequest& r, std::uint32_t n_ctx) {
  return (std::uint64_t{sdk::blocks_for(n_ctx)} * r.memory.state_per_block +
          r.memory.state_per_slot) *
         r.n_sequences;
}

bool fits(const FitRequest& r, std::uint32_t n_ctx) {
  return r.limit == 0 || r.memory.weights + r.memory.scratch + state_bytes(r, n_ctx) <= r.limit;
}

Status does_not_fit(const FitRequest& r, std::uint32_t n_ctx) {
  return resource_exhausted(fmt::format(
      "the model does not fit into memory: weights {:.2f} GiB + scratch {:.2f} GiB + state {:.2f} "
      "GiB "
      "({} positions x {} sequences) = {:.2f} GiB, but {:.2f} GiB are free. Use a smaller or more "
      "strongly quantized model, a shorter context (--context) or fewer sequences",
      gib(r.memory.weights), gib(r.memory.scratch), gib(state_bytes(r, n_ctx)), n_ctx,
      r.n_sequences, gib(r.memory.weights + r.memory.scratch + state_bytes(r, n_ctx)),
      gib(r.limit)));
}

}  // namespace

std::uint64_t available_memory() {
  std::uint64_t available = meminfo_available();
  const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  if (limit > used && available > limit - used) available = limit - used;
  return available;
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
