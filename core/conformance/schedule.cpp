#include "core/conformance/schedule.hpp"

#include <algorithm>
#include <numeric>

namespace forge::conformance {
namespace {

std::uint32_t total_rows(const Case& c) {
  return std::accumulate(c.lengths.begin(), c.lengths.end(), 0u);
}

}  // namespace

Schedule all_at_once(const Case& c) {
  Schedule schedule;
  schedule.seed = 1;
  schedule.max_rows = total_rows(c);
  schedule.max_sequences = static_cast<std::uint32_t>(c.lengths.size());
  Step step;
  for (std::uint32_t s = 0; s < c.lengths.size(); ++s) step.chunks.push_back({s, c.lengths[s]});
  step.output_rows.resize(schedule.max_rows);
  std::iota(step.output_rows.begin(), step.output_rows.end(), 0u);
  schedule.steps.push_back(std::move(step));
  return schedule;
}

Schedule row_by_row(const Case& c) {
  Schedule schedule;
  schedule.seed = 2;
  schedule.max_rows = 1;
  schedule.max_sequences = 1;
  for (std::uint32_t s = 0; s < c.lengths.size(); ++s) {
    for (std::uint32_t i = 0; i < c.lengths[s]; ++i) schedule.steps.push_back({{{s, 1}}, {0}});
  }
  return schedule;
}

Schedule mixed(const Case& c, std::uint64_t seed) {
  Random random(seed, {3});
  Schedule schedule;
  schedule.seed = random.next();
  schedule.max_rows = total_rows(c) + 3;  // a plan may be larger than its batches
  schedule.max_sequences = static_cast<std::uint32_t>(c.lengths.size()) + 1;
  std::vector<std::uint32_t> left = c.lengths;
  std::vector<std::uint32_t> order(left.size());
  std::iota(order.begin(), order.end(), 0u);
  std::uint32_t rows_left = total_rows(c);
  const std::uint32_t half = rows_left / 2;
  bool relocated = false;
  while (rows_left > 0) {
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
    Step step;
    std::uint32_t rows = 0;
    for (const std::uint32_t s : order) {
      if (left[s] == 0 || random.below(3) == 0) continue;
      const std::uint32_t most = random.below(2) == 0 ? 1 : 1 + random.below(left[s]);
      step.chunks.push_back({s, most});
      left[s] -= most;
      rows += most;
    }
    if (rows == 0) continue;
    for (std::uint32_t r = 0; r < rows; ++r) {
      if (random.below(3) != 0) step.output_rows.push_back(r);
    }
    rows_left -= rows;
    step.relocate = !relocated && rows_left <= half && !schedule.steps.empty();
    relocated = relocated || step.relocate;
    schedule.steps.push_back(std::move(step));
  }
  return schedule;
}

}  // namespace forge::conformance
