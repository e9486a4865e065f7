#include "core/state/block_pool.hpp"

#include <fmt/core.h>

namespace forge::state {

BlockPool::BlockPool(std::uint32_t n_blocks) : owners_(n_blocks, 0) {
  free_.reserve(n_blocks);
  for (std::uint32_t b = n_blocks; b-- > 0;) free_.push_back(b);
}

Result<std::uint32_t> BlockPool::allocate() {
  if (free_.empty())
    return resource_exhausted(
        fmt::format("all {} KV blocks are in use; close a sequence or start with a longer context",
                    n_blocks()));
  const std::uint32_t block = free_.back();
  free_.pop_back();
  owners_[block] = 1;
  return block;
}

void BlockPool::release(std::uint32_t block) {
  if (--owners_[block] == 0) free_.push_back(block);
}

}  // namespace forge::state
