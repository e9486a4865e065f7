// forge/sdk/memory_budget.hpp: keeping to forge_device_v1::memory_budget.
#ifndef FORGE_SDK_MEMORY_BUDGET_HPP_
#define FORGE_SDK_MEMORY_BUDGET_HPP_

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "forge/sdk/status.hpp"

namespace forge::sdk {

// The largest single allocation a budget allows: nine tenths of it. Drivers find one huge piece of
// a nearly full card by moving everything else, or not at all.
constexpr std::uint64_t largest_allocation(std::uint64_t budget) {
  return budget / 10 * 9 + budget % 10 * 9 / 10;
}

// Counts what a pack takes of a device's memory. Ask before each allocation, give back after each
// release. Thread-safe. A budget of 0 has no limit.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : bytes_(bytes) {}

  // Ok, and `n_bytes` are counted; or kResourceExhausted with the numbers, and nothing is. `what`
  // says what they are for: "weights", "KV state".
  Status take(std::uint64_t n_bytes, std::string_view what) {
    const std::scoped_lock lock(mutex_);
    if (bytes_ != 0 && n_bytes > largest_allocation(bytes_))
      return refusal(n_bytes, what, "no single allocation may be larger than ",
                     largest_allocation(bytes_), ", nine tenths of the budget");
    if (bytes_ != 0 && n_bytes > bytes_ - used_)
      return refusal(n_bytes, what, "only ", bytes_ - used_, " of the budget are left");
    used_ += n_bytes;
    return {};
  }

  void give_back(std::uint64_t n_bytes) {
    const std::scoped_lock lock(mutex_);
    used_ -= n_bytes < used_ ? n_bytes : used_;
  }

  std::uint64_t used() const {
    const std::scoped_lock lock(mutex_);
    return used_;
  }

 private:
  static std::string mib(std::uint64_t n_bytes) { return std::to_string(n_bytes >> 20) + " MiB"; }

  Status refusal(std::uint64_t n_bytes, std::string_view what, std::string_view why,
                 std::uint64_t limit, std::string_view tail) const {
    return resource_exhausted(std::string(what) + " need " + mib(n_bytes) + ", but " +
                              std::string(why) + mib(limit) + std::string(tail) + " (budget " +
                              mib(bytes_) + ", used " + mib(used_) + ")");
  }

  mutable std::mutex mutex_;
  const std::uint64_t bytes_;
  std::uint64_t used_ = 0;
};

}  // namespace forge::sdk

#endif  // FORGE_SDK_MEMORY_BUDGET_HPP_
