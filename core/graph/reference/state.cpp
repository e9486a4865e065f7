#include "core/graph/reference/state.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/base/host_services.hpp"
#include "forge/sdk/codec_lookup.hpp"

namespace forge::graph::reference {
namespace {

Result<const forge_codec_v1*> state_codec(std::uint32_t type, std::uint32_t width,
                                          std::uint32_t layer) {
  const forge_codec_v1* codec = sdk::find_codec(type);
  const std::string where = "the KV state of layer " + std::to_string(layer);
  if (codec == nullptr)
    return unimplemented("no codec is registered for type " + std::to_string(type) +
                         ", asked for by " + where);
  if (codec->quantize == nullptr)
    return unimplemented(std::string(codec->name) + " cannot be encoded, so it cannot store " +
                         where);
  if (width % codec->block_elements != 0)
    return unimplemented(where + " has rows of " + std::to_string(width) + " elements, which " +
                         codec->name + " cannot store");
  return codec;
}

std::size_t row_bytes(const forge_codec_v1& codec, std::uint32_t width) {
  return std::size_t{width} / codec.block_elements * codec.block_bytes;
}

Status encode(const forge_codec_v1& codec, const float* row, std::uint32_t width, std::byte* out) {
  forge_message message;
  return from_abi(codec.quantize(row, nullptr, 1, width, out, &message), message);
}

}  // namespace

Result<ReferenceState::Store> ReferenceState::describe(const forge_state_v1& state) {
  Store store;
  if (state.kind == FORGE_STATE_RECURRENT) {
    store.n_elements = state.n_elements;
    return store;
  }
  store.width_k = state.n_kv_heads * state.head_dim_k;
  store.width_v = state.n_kv_heads * state.head_dim_v;
  FORGE_ASSIGN(store.codec_k, state_codec(state.type_k, store.width_k, state.layer));
  FORGE_ASSIGN(store.codec_v, state_codec(state.type_v, store.width_v, state.layer));
  store.row_bytes_k = row_bytes(*store.codec_k, store.width_k);
  store.row_bytes_v = row_bytes(*store.codec_v, store.width_v);
  store.block_bytes = FORGE_KV_BLOCK_TOKENS * (store.row_bytes_k + store.row_bytes_v);
  return store;
}

Result<std::unique_ptr<sdk::PackState>> ReferenceState::create(const forge_graph_v1& graph,
                                                               std::uint32_t n_blocks,
                                                               std::uint32_t n_slots) {
  auto made = std::make_unique<ReferenceState>();
  for (std::uint32_t i = 0; i < graph.n_states; ++i) {
    FORGE_ASSIGN(Store store, describe(*graph.states[i]));
    store.blocks.resize(store.block_bytes * n_blocks);
    store.slots.resize(store.n_elements * n_slots);
    made->stores_.push_back(std::move(store));
  }
  return std::unique_ptr<sdk::PackState>(std::move(made));
}

Result<std::uint64_t> ReferenceState::block_bytes(const forge_graph_v1& graph) {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < graph.n_states; ++i) {
    FORGE_ASSIGN(const Store store, describe(*graph.states[i]));
    bytes += store.block_bytes;
  }
  return bytes;
}

std::uint64_t ReferenceState::slot_bytes(const forge_graph_v1& graph) {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < graph.n_states; ++i) {
    if (graph.states[i]->kind == FORGE_STATE_RECURRENT)
      bytes += std::uint64_t{graph.states[i]->n_elements} * sizeof(float);
  }
  return bytes;
}

std::byte* ReferenceState::row_k(Store& store, std::uint32_t block, std::uint32_t entry) {
  return store.blocks.data() + block * store.block_bytes + entry * store.row_bytes_k;
}

std::byte* ReferenceState::row_v(Store& store, std::uint32_t block, std::uint32_t entry) {
  return store.blocks.data() + block * store.block_bytes +
         FORGE_KV_BLOCK_TOKENS * store.row_bytes_k + entry * store.row_bytes_v;
}

Status ReferenceState::write_k(std::uint32_t state, std::uint32_t block, std::uint32_t entry,
                               const float* row) {
  Store& store = stores_[state];
  return encode(*store.codec_k, row, store.width_k, row_k(store, block, entry));
}

Status ReferenceState::write_v(std::uint32_t state, std::uint32_t block, std::uint32_t entry,
                               const float* row) {
  Store& store = stores_[state];
  return encode(*store.codec_v, row, store.width_v, row_v(store, block, entry));
}

void ReferenceState::read_k(std::uint32_t state, std::uint32_t block, std::uint32_t entry,
                            float* row) const {
  auto& store = const_cast<Store&>(stores_[state]);
  store.codec_k->dequantize(row_k(store, block, entry), row, store.width_k);
}

void ReferenceState::read_v(std::uint32_t state, std::uint32_t block, std::uint32_t entry,
                            float* row) const {
  auto& store = const_cast<Store&>(stores_[state]);
  store.codec_v->dequantize(row_v(store, block, entry), row, store.width_v);
}

std::span<float> ReferenceState::slot(std::uint32_t state, std::uint32_t slot) {
  Store& store = stores_[state];
  return {store.slots.data() + slot * store.n_elements, store.n_elements};
}

Status ReferenceState::copy_blocks(std::span<const std::uint32_t> src,
                                   std::span<const std::uint32_t> dst) {
  for (Store& store : stores_) {
    for (std::size_t i = 0; i < src.size() && store.block_bytes != 0; ++i)
      std::memmove(row_k(store, dst[i], 0), row_k(store, src[i], 0), store.block_bytes);
  }
  return {};
}

Status ReferenceState::copy_slots(std::span<const std::uint32_t> src,
                                  std::span<const std::uint32_t> dst) {
  for (std::uint32_t s = 0; s < stores_.size(); ++s) {
    for (std::size_t i = 0; i < src.size(); ++i) {
      const std::span<float> to = slot(s, dst[i]);
      if (src[i] == FORGE_NONE) {
        std::fill(to.begin(), to.end(), 0.0f);
      } else {
        const std::span<float> from = slot(s, src[i]);
        std::copy(from.begin(), from.end(), to.begin());
      }
    }
  }
  return {};
}

Status ReferenceState::read_blocks(std::span<const std::uint32_t> blocks, void* out) {
  auto* to = static_cast<std::byte*>(out);
  for (const std::uint32_t block : blocks) {
    for (Store& store : stores_) {
      if (store.block_bytes == 0) continue;
      std::memcpy(to, row_k(store, block, 0), store.block_bytes);
      to += store.block_bytes;
    }
  }
  return {};
}

Status ReferenceState::write_blocks(std::span<const std::uint32_t> blocks, const void* data) {
  const auto* from = static_cast<const std::byte*>(data);
  for (const std::uint32_t block : blocks) {
    for (Store& store : stores_) {
      if (store.block_bytes == 0) continue;
      std::memcpy(row_k(store, block, 0), from, store.block_bytes);
      from += store.block_bytes;
    }
  }
  return {};
}

Status ReferenceState::read_slots(std::span<const std::uint32_t> slots, void* out) {
  auto* to = static_cast<std::byte*>(out);
  for (const std::uint32_t s : slots) {
    for (std::uint32_t i = 0; i < stores_.size(); ++i) {
      const std::span<float> from = slot(i, s);
      if (from.empty()) continue;
      std::memcpy(to, from.data(), from.size_bytes());
      to += from.size_bytes();
    }
  }
  return {};
}

Status ReferenceState::write_slots(std::span<const std::uint32_t> slots, const void* data) {
  const auto* from = static_cast<const std::byte*>(data);
  for (const std::uint32_t s : slots) {
    for (std::uint32_t i = 0; i < stores_.size(); ++i) {
      const std::span<float> to = slot(i, s);
      if (to.empty()) continue;
      std::memcpy(to.data(), from, to.size_bytes());
      from += to.size_bytes();
    }
  }
  return {};
}

}  // namespace forge::graph::reference
