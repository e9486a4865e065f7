#include "plugins/hip/runtime/matrix.hpp"

namespace forge::hip {
namespace {

constexpr MatrixType kTypes[] = {
    {FORGE_TYPE_Q8_0, "q8_0", &kQ8_0, 0},       {FORGE_TYPE_Q4_0, "q4_0", &kQ4_0, 0},
    {FORGE_TYPE_Q4_1, "q4_1", &kQ4_1, 0},       {FORGE_TYPE_Q5_0, "q5_0", &kQ5_0, 0},
    {FORGE_TYPE_Q5_1, "q5_1", &kQ5_1, 0},       {FORGE_TYPE_Q2_K, "q2_k", &kQ2_K, 0},
    {FORGE_TYPE_Q3_K, "q3_k", &kQ3_K, 0},       {FORGE_TYPE_Q4_K, "q4_k", &kQ4_K, 0},
    {FORGE_TYPE_Q5_K, "q5_k", &kQ5_K, 0},       {FORGE_TYPE_Q6_K, "q6_k", &kQ6_K, 0},
    {FORGE_TYPE_IQ4_NL, "iq4_nl", &kIQ4_NL, 0}, {FORGE_TYPE_IQ4_XS, "iq4_xs", &kIQ4_XS, 0},
    {FORGE_TYPE_MXFP4, "mxfp4", &kMXFP4, 0},    {FORGE_TYPE_F16, "f16", nullptr, 8},
    {FORGE_TYPE_BF16, "bf16", nullptr, 8},      {FORGE_TYPE_F32, "f32", nullptr, 4},
};

std::uint64_t round_up(std::uint64_t n, std::uint64_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

const MatrixType* find_matrix_type(std::uint32_t type) {
  for (const MatrixType& known : kTypes) {
    if (known.type == type) return &known;
  }
  return nullptr;
}

bool is_matrix_pair(std::uint32_t first, std::uint32_t second) {
  return (first == FORGE_TYPE_Q4_K || first == FORGE_TYPE_Q5_K) && second == FORGE_TYPE_Q6_K;
}

MatrixLayout MatrixLayout::of(const forge_tensor_v1& weight) {
  MatrixLayout m;
  m.type = find_matrix_type(weight.type);
  m.n_in = static_cast<std::uint32_t>(weight.shape[0]);
  // Experts' matrices are one: each is whole tiles.
  const std::uint64_t n_experts = weight.n_dims > 2 ? weight.shape[2] : 1;
  m.n_out = static_cast<std::uint32_t>(weight.shape[1] * n_experts);
  m.n_tiles = (m.n_out + kTileRows - 1) / kTileRows;
  if (m.type->format != nullptr) {
    const Format& f = *m.type->format;
    const std::uint64_t blocks = std::uint64_t{m.n_in / kBlock} * kTileRows;
    m.tile_bytes[kCodes] = blocks * f.code_bytes();
    m.tile_bytes[kSingles] = blocks * f.single_bytes();
    m.tile_bytes[kPairs] = blocks * f.pair_bytes();
    m.tile_bytes[kScales] = blocks * scale_bytes(f.scale);
    m.tile_bytes[kSuper] = blocks / kSuperBlocks * super_bytes(f.scale);
  } else {
    m.tile_bytes[kCodes] = round_up(m.n_in, m.type->chunk) / m.type->chunk * 16 * kTileRows;
  }
  for (std::uint32_t p = 0; p < kPlanes; ++p) {
    m.offset[p] = m.bytes;
    m.bytes += round_up(m.tile_bytes[p] * m.n_tiles, kAlignment);
  }
  return m;
}

std::uint64_t MatrixLayout::all_tile_bytes() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t plane : tile_bytes) sum += plane;
  return sum;
}

}  // namespace forge::hip
