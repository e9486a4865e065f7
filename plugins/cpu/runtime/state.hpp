// plugins/cpu/runtime/state.hpp: the KV memory of sequences.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_STATE_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_STATE_HPP_

#include <memory>
#include <vector>

#include "forge/sdk/kernel_pack.hpp"
#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/runtime/buffer.hpp"

namespace forge::cpu {

// One buffer of blocks for every KV state of a graph (KvLayout). This pack runs no op with
// recurrent state.
class CpuState final : public sdk::PackState {
 public:
  static Result<std::unique_ptr<sdk::PackState>> create(const forge_graph_v1& graph,
                                                        std::uint32_t n_blocks);

  static KvLayout layout_of(const forge_state_v1& state);
  // Bytes of one block over all states.
  static std::size_t block_bytes(const forge_graph_v1& graph);

  std::uint8_t* blocks(std::uint32_t state) const { return stores_[state].blocks.data(); }

  Status copy_blocks(std::span<const std::uint32_t> src,
                     std::span<const std::uint32_t> dst) override;
  Status copy_slots(std::span<const std::uint32_t> src,
                    std::span<const std::uint32_t> dst) override;
  Status read_blocks(std::span<const std::uint32_t> blocks, void* out) override;
  Status write_blocks(std::span<const std::uint32_t> blocks, const void* data) override;
  Status read_slots(std::span<const std::uint32_t> slots, void* out) override;
  Status write_slots(std::span<const std::uint32_t> slots, const void* data) override;

 private:
  struct Store {
    std::size_t block_bytes;
    Buffer blocks;
  };
  std::vector<Store> stores_;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_STATE_HPP_
