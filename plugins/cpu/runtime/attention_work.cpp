#include "plugins/cpu/runtime/attention_work.hpp"

#include <algorithm>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

void AttentionWork::cut(const forge_batch_v1& batch) {
  blocks_.clear();
  waves_.clear();
  n_items_ = 0;
  for (std::uint32_t s = 0; s < batch.n_sequences; ++s) cut(*batch.sequences[s]);
}

void AttentionWork::cut(const forge_sequence_v1& sequence) {
  const std::uint32_t most = attention_rows(n_heads_ / n_kv_heads_);
  auto first = static_cast<std::uint32_t>(blocks_.size());
  for (std::uint32_t row = 0; row < sequence.n_rows; row += most) {
    const std::uint32_t n = std::min(most, sequence.n_rows - row);
    const std::uint32_t position = sequence.n_past + row;
    blocks_.push_back({&sequence, sequence.first_row + row, position, n,
                       first_position(position) / kSegment, (position + n - 1) / kSegment});
  }
  // First and last segments rise from block to block: who looks at a segment are neighbours.
  const auto end = static_cast<std::uint32_t>(blocks_.size());
  std::uint32_t last = first;
  for (std::uint32_t s = blocks_[first].first_segment; s <= blocks_.back().last_segment; ++s) {
    while (blocks_[first].last_segment < s) ++first;
    while (last < end && blocks_[last].first_segment <= s) ++last;
    waves_.push_back({n_items_, s, first, last - first});
    n_items_ += std::size_t{n_kv_heads_} * (last - first);
  }
}

AttentionWork::Item AttentionWork::item(std::size_t i) const {
  const auto after =
      std::upper_bound(waves_.begin(), waves_.end(), i,
                       [](std::size_t n, const Wave& w) { return n < w.first_item; });
  const Wave& wave = *std::prev(after);
  const auto at = static_cast<std::uint32_t>(i - wave.first_item);
  return {wave.first_block + at % wave.n_blocks, at / wave.n_blocks, wave.segment};
}

}  // namespace forge::cpu
