#include "plugins/hip/runtime/state.hpp"

#include <atomic>
#include <cstring>

#include "plugins/hip/device/formats.hpp"

namespace forge::hip {
namespace {

// n_vectors vectors of n elements of one block.
std::uint64_t part_bytes(KvType type, std::uint64_t n_heads, std::uint64_t n) {
  const std::uint64_t elements = n_heads * n * FORGE_KV_BLOCK_TOKENS;
  return type == KvType::kF16 ? elements * 2 : elements + elements / kBlock * 2;
}

KvType kv_type(std::uint32_t type) { return type == FORGE_TYPE_Q8_0 ? KvType::kQ8 : KvType::kF16; }

// Where the halves of such a part begin.
std::uint64_t halves_at(KvType type, std::uint64_t n_heads, std::uint64_t n) {
  return type == KvType::kF16 ? 0 : n_heads * n * FORGE_KV_BLOCK_TOKENS;
}

// Infinities and NaN become zero. Kernels never write them; bytes from elsewhere may hold them, and
// would spread from positions that attention multiplies by zero.
void keep_finite(std::uint8_t* halves, std::uint64_t n_bytes) {
  constexpr std::uint16_t kExponent = 0x7c00;
  for (std::uint64_t at = 0; at + 2 <= n_bytes; at += 2) {
    std::uint16_t half;
    std::memcpy(&half, halves + at, 2);
    if ((half & kExponent) == kExponent) half = 0;
    std::memcpy(halves + at, &half, 2);
  }
}

std::uint64_t next_serial() {
  static constinit std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

KvCache kv_layout(const forge_state_v1& state) {
  KvCache cache = {};
  cache.n_kv_heads = state.n_kv_heads;
  cache.dk = state.head_dim_k;
  cache.dv = state.head_dim_v;
  cache.k_type = kv_type(state.type_k);
  cache.v_type = kv_type(state.type_v);
  cache.k_block_bytes = part_bytes(cache.k_type, state.n_kv_heads, state.head_dim_k);
  cache.v_block_bytes = part_bytes(cache.v_type, state.n_kv_heads, state.head_dim_v);
  return cache;
}

std::uint64_t kv_block_bytes(const forge_graph_v1& graph) {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < graph.n_states; ++i) {
    const KvCache cache = kv_layout(*graph.states[i]);
    bytes += cache.k_block_bytes + cache.v_block_bytes;
  }
  return bytes;
}

Result<std::unique_ptr<GpuState>> GpuState::create(std::shared_ptr<Gpu> gpu,
                                                   std::shared_ptr<Stream> stream,
                                                   const forge_graph_v1& graph,
                                                   std::uint32_t n_blocks) {
  auto state = std::make_unique<GpuState>();
  state->serial_ = next_serial();
  for (std::uint32_t i = 0; i < graph.n_states; ++i) {
    Store store = {kv_layout(*graph.states[i]), {}};
    const std::uint64_t k_bytes = store.cache.k_block_bytes * n_blocks;
    FORGE_ASSIGN(store.memory,
                 DeviceBuffer::allocate(gpu, k_bytes + store.cache.v_block_bytes * n_blocks,
                                        "the KV state"));
    // Attention multiplies what is beyond a sequence's end by zero, so it must be numbers.
    if (store.memory.size() != 0)
      FORGE_TRY(gpu->check(
          gpu->api().hipMemsetAsync(store.memory.data(), 0, store.memory.size(), stream->get()),
          "hipMemsetAsync of the KV state"));
    store.cache.k = store.memory.data();
    store.cache.v = store.memory.data() + k_bytes;
    state->stores_.push_back(std::move(store));
  }
  state->gpu_ = std::move(gpu);
  state->stream_ = std::move(stream);
  FORGE_TRY(state->stream_->wait("clearing the KV state"));
  return state;
}

std::vector<GpuState::Piece> GpuState::pieces() const {
  std::vector<Piece> pieces;
  for (const Store& store : stores_) {
    const KvCache& c = store.cache;
    pieces.push_back({c.k, c.k_block_bytes, halves_at(c.k_type, c.n_kv_heads, c.dk)});
    pieces.push_back({c.v, c.v_block_bytes, halves_at(c.v_type, c.n_kv_heads, c.dv)});
  }
  return pieces;
}

Status GpuState::copy_blocks(std::span<const std::uint32_t> src,
                             std::span<const std::uint32_t> dst) {
  FORGE_TRY(gpu_->enter());
  FORGE_TRY(stream_->wake());
  for (const Piece& piece : pieces()) {
    for (std::size_t i = 0; i < src.size(); ++i) {
      if (src[i] == dst[i]) continue;
      FORGE_TRY(stream_->copy(piece.base + dst[i] * piece.bytes, piece.base + src[i] * piece.bytes,
                              piece.bytes, hipMemcpyDeviceToDevice));
    }
  }
  return stream_->wait("copying KV blocks");
}

Result<PinnedBuffer> GpuState::block_buffer() const {
  std::uint64_t bytes = 0;
  for (const Piece& piece : pieces()) bytes += piece.bytes;
  return PinnedBuffer::allocate(gpu_, bytes);
}

Status GpuState::read_blocks(std::span<const std::uint32_t> blocks, void* out) {
  FORGE_TRY(gpu_->enter());
  FORGE_TRY(stream_->wake());
  FORGE_ASSIGN(const PinnedBuffer buffer, block_buffer());
  const std::vector<Piece> all = pieces();
  auto* to = static_cast<std::uint8_t*>(out);
  for (const std::uint32_t block : blocks) {
    std::uint64_t at = 0;
    for (const Piece& piece : all) {
      FORGE_TRY(stream_->copy(buffer.data() + at, piece.base + block * piece.bytes, piece.bytes,
                              hipMemcpyDeviceToHost));
      at += piece.bytes;
    }
    FORGE_TRY(stream_->wait("reading KV blocks"));
    std::memcpy(to, buffer.data(), at);
    to += at;
  }
  return {};
}

Status GpuState::write_blocks(std::span<const std::uint32_t> blocks, const void* data) {
  FORGE_TRY(gpu_->enter());
  FORGE_TRY(stream_->wake());
  FORGE_ASSIGN(const PinnedBuffer buffer, block_buffer());
  const std::vector<Piece> all = pieces();
  const auto* from = static_cast<const std::uint8_t*>(data);
  for (const std::uint32_t block : blocks) {
    std::memcpy(buffer.data(), from, buffer.size());
    std::uint64_t at = 0;
    for (const Piece& piece : all) {
      keep_finite(buffer.data() + at + piece.halves_at, piece.bytes - piece.halves_at);
      FORGE_TRY(stream_->copy(piece.base + block * piece.bytes, buffer.data() + at, piece.bytes,
                              hipMemcpyHostToDevice));
      at += piece.bytes;
    }
    FORGE_TRY(stream_->wait("writing KV blocks"));
    from += at;
  }
  return {};
}

// No op of these packs has recurrent state, so there is nothing to move.
Status GpuState::copy_slots(std::span<const std::uint32_t>, std::span<const std::uint32_t>) {
  return {};
}
Status GpuState::read_slots(std::span<const std::uint32_t>, void*) { return {}; }
Status GpuState::write_slots(std::span<const std::uint32_t>, const void*) { return {}; }

}  // namespace forge::hip
