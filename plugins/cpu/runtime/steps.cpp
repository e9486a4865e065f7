#include "plugins/cpu/runtime/steps.hpp"

#include <algorithm>

namespace forge::cpu {

std::size_t Step::chunk(std::size_t n_items, std::size_t n_threads) const {
  // Eight turns for each thread: small enough to even out a slow thread, large enough that taking a
  // chunk costs nothing.
  return std::max<std::size_t>(1, n_items / (n_threads * 8));
}

std::size_t RowChain::n_items(const Execution& x) const { return row_count(x, row_kind_); }

// Neighbours go to one thread: rows of the same kTile positions write to the same cache lines of
// the KV cache.
std::size_t RowChain::chunk(std::size_t n_items, std::size_t n_threads) const {
  const std::size_t fair = (n_items + n_threads - 1) / n_threads;
  return fair < kTile ? std::max<std::size_t>(1, fair)
                      : std::max<std::size_t>(1, n_items / (n_threads * 8 * kTile)) * kTile;
}

void RowChain::run(const Execution& x, std::size_t begin, std::size_t end,
                   std::uint32_t /*thread*/) const {
  constexpr std::size_t kAtATime = 8;  // stay in the second-level cache from op to op
  for (std::size_t row = begin; row < end; row += kAtATime) {
    for (const auto& row_op : ops_)
      row_op->run(x, static_cast<std::uint32_t>(row),
                  static_cast<std::uint32_t>(std::min(row + kAtATime, end)));
  }
}

std::size_t MatmulStep::n_items(const Execution& x) const {
  if (row_count(x, row_kind_) == 0) return 0;
  std::size_t tiles = 0;
  for (const PackedMatrix& m : matrices_) tiles += m.n_tiles();
  return tiles;
}

// Even numbers: kernels for many rows take two tiles at a time.
std::size_t MatmulStep::chunk(std::size_t n_items, std::size_t n_threads) const {
  return (Step::chunk(n_items, n_threads) + 1) / 2 * 2;
}

void MatmulStep::run(const Execution& x, std::size_t begin, std::size_t end,
                     std::uint32_t /*thread*/) const {
  std::size_t first = 0;  // item of the matrix's tile 0
  for (const PackedMatrix& m : matrices_) {
    const std::size_t n_tiles = m.n_tiles();
    const std::size_t from = std::max(begin, first);
    const std::size_t to = std::min(end, first + n_tiles);
    if (from < to) {
      MatmulArgs args;
      args.format = m.kernel->format;
      args.weight = m.weight;
      args.up = m.up;
      args.activation = m.activation;
      args.n_in = m.n_in;
      args.n_out = m.n_out;
      args.n_rows = row_count(x, row_kind_);
      args.q = x.quantized.q;
      args.q_stride = shape_.pitch;
      args.scale = x.quantized.scale;
      args.scale_stride = shape_.k / kActBlock;
      args.aux = x.quantized.aux + m.aux_offset;
      args.aux_stride = shape_.aux_stride;
      args.x = x.values[m.input].base;
      args.x_stride = x.values[m.input].stride;
      args.bf16 = x.quantized.bf16;
      args.bf16_stride = shape_.bf16;
      args.y = x.values[m.output].base;
      args.y_stride = x.values[m.output].stride;
      if (m.residual != FORGE_NONE) {
        args.residual = x.values[m.residual].base;
        args.residual_stride = x.values[m.residual].stride;
      }
      args.ahead = x.ahead;
      args.tile_begin = static_cast<std::uint32_t>(from - first);
      args.tile_end = static_cast<std::uint32_t>(to - first);
      m.kernel->run(args);
    }
    first += n_tiles;
  }
}

StepCost MatmulStep::cost(const Execution& x) const {
  StepCost cost;
  cost.rows = row_count(x, row_kind_);
  for (const PackedMatrix& m : matrices_) {
    cost.bytes += m.bytes();
    cost.operations += cost.rows * m.n_in * std::uint64_t{m.n_out} * (m.activation != 0 ? 2 : 1);
  }
  return cost;
}

void RopeTableStep::run(const Execution& x, std::size_t begin, std::size_t end,
                        std::uint32_t /*thread*/) const {
  const std::uint32_t n_pairs = angles_.n_pairs();
  for (std::size_t row = begin; row < end; ++row) {
    float* cos = x.rope_tables[table_] + row * 2 * n_pairs;
    angles_.fill(x.batch->positions + row, x.batch->n_rows, cos, cos + n_pairs);
  }
}

}  // namespace forge::cpu
