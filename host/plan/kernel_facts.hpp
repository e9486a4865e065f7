// host/plan/kernel_facts.hpp: what the inner loops of the GPU packs' kernels are made of.
//
// The table, gpu_facts.tsv, is read off the packs' machine code by tools/gpu_facts.py, which says
// what its columns mean; it is part of the program.
#ifndef FORGE_HOST_PLAN_KERNEL_FACTS_HPP_
#define FORGE_HOST_PLAN_KERNEL_FACTS_HPP_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "forge/sdk/status.hpp"
#include "host/plan/cards.hpp"

namespace forge::plan {

// Instructions of one turn of a wave's inner loop.
struct KernelFacts {
  std::uint32_t vector = 0;  // ALU, without the next two
  std::uint32_t dots = 0;    // four products in each of 32 lanes
  std::uint32_t matrix = 0;  // 16 x 16 x 16 products

  double products() const { return dots * 128.0 + matrix * 4096.0; }
  // Cycles of a SIMD that its instructions take at least: one a cycle, and a matrix product as long
  // as matrix_cycles says (cards.hpp).
  double cycles(std::uint32_t matrix_cycles) const {
    return vector + dots + static_cast<double>(matrix) * matrix_cycles;
  }
};

// Immutable.
class KernelTable {
 public:
  // kDataLoss names the line that is wrong.
  static Result<KernelTable> parse(std::string_view text);
  // The program's own.
  static const KernelTable& builtin();

  // "gfx1201", "gemv_q4_k".
  std::optional<KernelFacts> find(std::string_view gfx, std::string_view kernel) const;
  std::size_t size() const { return rows_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, KernelFacts> rows_;
};

}  // namespace forge::plan

#endif  // FORGE_HOST_PLAN_KERNEL_FACTS_HPP_
