// core/graph/reference/state.hpp: sequence memory of the reference executor.
#ifndef FORGE_CORE_GRAPH_REFERENCE_STATE_HPP_
#define FORGE_CORE_GRAPH_REFERENCE_STATE_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "forge/abi/codec.h"
#include "forge/sdk/graph.hpp"
#include "forge/sdk/kernel_pack.hpp"

namespace forge::graph::reference {

// KV vectors are stored as rows [n_kv_heads * head_dim] of their codec, one per position; a block
// is FORGE_KV_BLOCK_TOKENS K rows, then as many V rows. Recurrent slots are f32.
class ReferenceState final : public sdk::PackState {
 public:
  static Result<std::unique_ptr<sdk::PackState>> create(const forge_graph_v1& graph,
                                                        std::uint32_t n_blocks,
                                                        std::uint32_t n_slots);

  // Stores a K or V row at a position of a sequence, as its codec does.
  Status write_k(std::uint32_t state, std::uint32_t block, std::uint32_t entry, const float* row);
  Status write_v(std::uint32_t state, std::uint32_t block, std::uint32_t entry, const float* row);
  // And gives it back as f32.
  void read_k(std::uint32_t state, std::uint32_t block, std::uint32_t entry, float* row) const;
  void read_v(std::uint32_t state, std::uint32_t block, std::uint32_t entry, float* row) const;
  // A recurrent state's elements for one slot.
  std::span<float> slot(std::uint32_t state, std::uint32_t slot);

  Status copy_blocks(std::span<const std::uint32_t> src,
                     std::span<const std::uint32_t> dst) override;
  Status copy_slots(std::span<const std::uint32_t> src,
                    std::span<const std::uint32_t> dst) override;
  Status read_blocks(std::span<const std::uint32_t> blocks, void* out) override;
  Status write_blocks(std::span<const std::uint32_t> blocks, const void* data) override;
  Status read_slots(std::span<const std::uint32_t> slots, void* out) override;
  Status write_slots(std::span<const std::uint32_t> slots, const void* data) override;

  // Bytes of one block or slot over all states of the graph.
  static Result<std::uint64_t> block_bytes(const forge_graph_v1& graph);
  static std::uint64_t slot_bytes(const forge_graph_v1& graph);

 private:
  // One state's share.
  struct Store {
    const forge_codec_v1* codec_k = nullptr;
    const forge_codec_v1* codec_v = nullptr;
    std::uint32_t width_k = 0, width_v = 0;  // elements of a row
    std::size_t row_bytes_k = 0, row_bytes_v = 0;
    std::size_t block_bytes = 0;  // 0 for recurrent states
    std::size_t n_elements = 0;   // of a slot; 0 for KV states
    std::vector<std::byte> blocks;
    std::vector<float> slots;
  };

  static Result<Store> describe(const forge_state_v1& state);
  static std::byte* row_k(Store& store, std::uint32_t block, std::uint32_t entry);
  static std::byte* row_v(Store& store, std::uint32_t block, std::uint32_t entry);

  std::vector<Store> stores_;
};

}  // namespace forge::graph::reference

#endif  // FORGE_CORE_GRAPH_REFERENCE_STATE_HPP_
