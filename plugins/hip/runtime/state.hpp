// plugins/hip/runtime/state.hpp: the KV memory of sequences, on the device.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_STATE_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_STATE_HPP_

#include <cstdint>
#include <memory>
#include <vector>

#include "forge/sdk/kernel_pack.hpp"
#include "plugins/hip/device/args.hpp"
#include "plugins/hip/runtime/memory.hpp"

namespace forge::hip {

// The layout of a KV state, without memory: k and v are null.
KvCache kv_layout(const forge_state_v1& state);
// Bytes of one block of all states of a graph.
std::uint64_t kv_block_bytes(const forge_graph_v1& graph);

// For every KV state of a graph all K blocks, then all V blocks. These packs run no op with
// recurrent state.
class GpuState final : public sdk::PackState {
 public:
  // Copies go over the plan's stream, behind what was launched there.
  static Result<std::unique_ptr<GpuState>> create(std::shared_ptr<Gpu> gpu,
                                                  std::shared_ptr<Stream> stream,
                                                  const forge_graph_v1& graph,
                                                  std::uint32_t n_blocks);

  const KvCache& cache(std::uint32_t state) const { return stores_[state].cache; }
  // Different for every state that a process makes.
  std::uint64_t serial() const { return serial_; }

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
    KvCache cache;
    DeviceBuffer memory;
  };
  // One of the two pieces of a block of one state.
  struct Piece {
    std::uint8_t* base;
    std::uint64_t bytes;
    std::uint64_t halves_at;  // what is behind this byte are halves
  };
  std::vector<Piece> pieces() const;
  Result<PinnedBuffer> block_buffer() const;

  std::shared_ptr<Gpu> gpu_;
  std::shared_ptr<Stream> stream_;
  std::vector<Store> stores_;
  std::uint64_t serial_ = 0;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_STATE_HPP_
