// core/state/block_pool.hpp: which KV blocks are free, and how many sequences share each.
#ifndef FORGE_CORE_STATE_BLOCK_POOL_HPP_
#define FORGE_CORE_STATE_BLOCK_POOL_HPP_

#include <cstdint>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::state {

// Thread-compatible.
class BlockPool {
 public:
  explicit BlockPool(std::uint32_t n_blocks);

  // A free block with one owner; kResourceExhausted when none is left.
  Result<std::uint32_t> allocate();
  // One more owner.
  void share(std::uint32_t block) { ++owners_[block]; }
  // One owner less; free when it was the last.
  void release(std::uint32_t block);

  bool shared(std::uint32_t block) const { return owners_[block] > 1; }
  std::uint32_t n_free() const { return static_cast<std::uint32_t>(free_.size()); }
  std::uint32_t n_blocks() const { return static_cast<std::uint32_t>(owners_.size()); }

 private:
  std::vector<std::uint32_t> owners_;
  std::vector<std::uint32_t> free_;  // the lowest numbers on top
};

}  // namespace forge::state

#endif  // FORGE_CORE_STATE_BLOCK_POOL_HPP_
