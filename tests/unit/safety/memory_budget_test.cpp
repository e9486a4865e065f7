// forge/sdk/memory_budget.hpp: the pack's side of a budget.
#include "forge/sdk/memory_budget.hpp"

#include <limits>

#include "tests/catch.hpp"

namespace forge::sdk {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

TEST_CASE("memory budget: takes and gives back, to the byte") {
  MemoryBudget budget(1000 * kMiB);
  CHECK(budget.take(900 * kMiB, "weights").ok());
  CHECK(budget.take(100 * kMiB, "state").ok());
  const Status full = budget.take(1, "scratch");
  CHECK(full.code() == Code::kResourceExhausted);
  CHECK(
      full.message() ==
      "scratch need 0 MiB, but only 0 MiB of the budget are left (budget 1000 MiB, used 1000 MiB)");
  budget.give_back(100 * kMiB);
  CHECK(budget.used() == 900 * kMiB);
  CHECK(budget.take(100 * kMiB, "state").ok());
}

TEST_CASE("memory budget: no single allocation above nine tenths") {
  MemoryBudget budget(1000 * kMiB);
  CHECK(largest_allocation(1000) == 900);
  CHECK(largest_allocation(19) == 17);
  CHECK(largest_allocation(std::numeric_limits<std::uint64_t>::max()) / 9 ==
        std::numeric_limits<std::uint64_t>::max() / 10);
  const Status large = budget.take(900 * kMiB + 1, "weights");
  CHECK(large.code() == Code::kResourceExhausted);
  CHECK(large.message() ==
        "weights need 900 MiB, but no single allocation may be larger than 900 MiB, nine tenths of "
        "the budget (budget 1000 MiB, used 0 MiB)");
  CHECK(budget.used() == 0);
  CHECK_FALSE(budget.take(std::numeric_limits<std::uint64_t>::max(), "weights").ok());
}

TEST_CASE("memory budget: 0 is no limit, giving back too much is not counted") {
  MemoryBudget budget(0);
  CHECK(budget.take(std::numeric_limits<std::uint64_t>::max() / 2, "weights").ok());
  budget.give_back(std::numeric_limits<std::uint64_t>::max());
  CHECK(budget.used() == 0);
}

}  // namespace
}  // namespace forge::sdk
