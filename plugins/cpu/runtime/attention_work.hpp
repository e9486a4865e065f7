// plugins/cpu/runtime/attention_work.hpp: a batch's rows as items of attention.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_ATTENTION_WORK_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_ATTENTION_WORK_HPP_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "forge/abi/kernel_pack.h"

namespace forge::cpu {

// The same for all attention nodes with the same heads and window, so made once for a batch.
// Immutable while the batch runs.
class AttentionWork {
 public:
  // Consecutive rows of one sequence, and the segments any of them looks at.
  struct Block {
    const forge_sequence_v1* sequence;
    std::uint32_t row, position, n_rows;  // row of the batch and position of its first row
    std::uint32_t first_segment, last_segment;
  };
  struct Item {
    std::uint32_t block, kv_head, segment;
  };

  // window: positions a row may look at, its own included; 0: all.
  AttentionWork(std::uint32_t n_heads, std::uint32_t n_kv_heads, std::uint32_t window)
      : n_heads_(n_heads), n_kv_heads_(n_kv_heads), window_(window) {}

  bool fits(std::uint32_t n_heads, std::uint32_t n_kv_heads, std::uint32_t window) const {
    return n_heads == n_heads_ && n_kv_heads == n_kv_heads_ && window == window_;
  }
  std::uint32_t n_heads() const { return n_heads_; }
  std::uint32_t n_kv_heads() const { return n_kv_heads_; }

  void cut(const forge_batch_v1& batch);

  std::size_t n_items() const { return n_items_; }
  // Items of one block and KV head come by rising segment. Neighbours share a KV head's segment.
  Item item(std::size_t i) const;
  const Block& block(std::uint32_t i) const { return blocks_[i]; }

  std::uint32_t first_position(std::uint32_t position) const {
    return window_ != 0 && position + 1 > window_ ? position + 1 - window_ : 0;
  }

 private:
  // All items of one sequence's segment: n_kv_heads times the blocks that look at it.
  struct Wave {
    std::size_t first_item;
    std::uint32_t segment, first_block, n_blocks;
  };
  void cut(const forge_sequence_v1& sequence);

  std::uint32_t n_heads_, n_kv_heads_, window_;
  std::vector<Block> blocks_;
  std::vector<Wave> waves_;
  std::size_t n_items_ = 0;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_ATTENTION_WORK_HPP_
