// core/conformance/schedule.hpp: the rows of a case, cut into batches.
#ifndef FORGE_CORE_CONFORMANCE_SCHEDULE_HPP_
#define FORGE_CORE_CONFORMANCE_SCHEDULE_HPP_

#include <cstdint>
#include <vector>

#include "core/conformance/case.hpp"

namespace forge::conformance {

// The next rows of one sequence.
struct Chunk {
  std::uint32_t sequence = 0;
  std::uint32_t n_rows = 0;
};

// One batch.
struct Step {
  std::vector<Chunk> chunks;
  std::vector<std::uint32_t> output_rows;  // rising
  bool relocate = false;  // before it, all state is moved to other blocks and slots
};

struct Schedule {
  std::vector<Step> steps;
  std::uint64_t seed = 0;  // of the order of blocks and slots
  std::uint32_t max_rows = 0, max_sequences = 0;
};

// Everything in one batch.
Schedule all_at_once(const Case& c);
// Each row by itself, one sequence after the other: every batch has one row.
Schedule row_by_row(const Case& c);
// Batches of some of the sequences in any order, chunks and single rows mixed, with some of the
// rows' outputs, and with the state moved half-way.
Schedule mixed(const Case& c, std::uint64_t seed);

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_SCHEDULE_HPP_
