#include "plugins/cpu/runtime/state.hpp"

#include <cstring>

namespace forge::cpu {

namespace {

KvType kv_type(std::uint32_t type) {
  switch (type) {
    case FORGE_TYPE_F32:
      return KvType::kF32;
    case FORGE_TYPE_Q8_0:
      return KvType::kQ8;
    default:
      return KvType::kF16;
  }
}

}  // namespace

KvLayout CpuState::layout_of(const forge_state_v1& state) {
  return {state.n_kv_heads, state.head_dim_k, state.head_dim_v, kv_type(state.type_k),
          kv_type(state.type_v)};
}

std::size_t CpuState::block_bytes(const forge_graph_v1& graph) {
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < graph.n_states; ++i)
    bytes += layout_of(*graph.states[i]).block_bytes();
  return bytes;
}

Result<std::unique_ptr<sdk::PackState>> CpuState::create(const forge_graph_v1& graph,
                                                         std::uint32_t n_blocks) {
  auto state = std::make_unique<CpuState>();
  for (std::uint32_t i = 0; i < graph.n_states; ++i) {
    const std::size_t bytes = layout_of(*graph.states[i]).block_bytes();
    FORGE_ASSIGN(Buffer blocks, Buffer::allocate(bytes * n_blocks));
    state->stores_.push_back({bytes, std::move(blocks)});
  }
  return std::unique_ptr<sdk::PackState>(std::move(state));
}

Status CpuState::copy_blocks(std::span<const std::uint32_t> src,
                             std::span<const std::uint32_t> dst) {
  for (const Store& store : stores_) {
    for (std::size_t i = 0; i < src.size(); ++i)
      std::memmove(store.blocks.data() + dst[i] * store.block_bytes,
                   store.blocks.data() + src[i] * store.block_bytes, store.block_bytes);
  }
  return {};
}

Status CpuState::read_blocks(std::span<const std::uint32_t> blocks, void* out) {
  auto* to = static_cast<std::uint8_t*>(out);
  for (const std::uint32_t block : blocks) {
    for (const Store& store : stores_) {
      std::memcpy(to, store.blocks.data() + block * store.block_bytes, store.block_bytes);
      to += store.block_bytes;
    }
  }
  return {};
}

Status CpuState::write_blocks(std::span<const std::uint32_t> blocks, const void* data) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  for (const std::uint32_t block : blocks) {
    for (const Store& store : stores_) {
      std::memcpy(store.blocks.data() + block * store.block_bytes, from, store.block_bytes);
      from += store.block_bytes;
    }
  }
  return {};
}

// No op of this pack has recurrent state, so there is nothing to move.
Status CpuState::copy_slots(std::span<const std::uint32_t>, std::span<const std::uint32_t>) {
  return {};
}
Status CpuState::read_slots(std::span<const std::uint32_t>, void*) { return {}; }
Status CpuState::write_slots(std::span<const std::uint32_t>, const void*) { return {}; }

}  // namespace forge::cpu
