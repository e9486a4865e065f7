// plugins/cpu/kernels/api.hpp: the seam between the CPU packs' host side and their kernels.
//
// Kernels are templates on an instruction set (plugins/cpu-*/traits.hpp); the host side
// (plugins/cpu/runtime) is baseline code and calls them through one KernelTable. Everything here is
// plain data.
//
// Same bits whatever the company: every kernel computes an output element with a sequence of
// operations that depends on the shapes alone, not on how many rows it is given or which thread
// runs it.
#ifndef FORGE_PLUGINS_CPU_KERNELS_API_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_API_HPP_

#include <cstddef>
#include <cstdint>
#include <span>

namespace forge::cpu {

// ---------------------------------------------------------------- activations for quantized
// matmuls

// Activations are quantized once per row to int8 with one f32 scale per 32 elements:
//   s = max|x| / 127,  q = round_to_nearest_even(x / s)
// (or a few levels fewer, where that loses less).
inline constexpr std::uint32_t kActBlock = 32;

// A weight u (unsigned byte) stands for d * (u - offset) or d * u - m. The part of the product that
// does not depend on u is prepared once per row:
enum class Aux : std::uint8_t {
  kNone,      // weights are signed bytes
  kOffset32,  // int32 per 32 elements: -offset * sum(q)
  kOffset16,  // int32 per 16 elements: -offset * sum(q)
  kMin32,     // f32 per 32 elements: s * sum(q)
  kMin16,     // f32 per 16 elements: s * sum(q)
};

struct AuxKind {
  Aux aux = Aux::kNone;
  std::int32_t offset = 0;
  bool operator==(const AuxKind&) const = default;
};

// Four-byte elements of aux data per row of k elements.
constexpr std::size_t aux_elements(AuxKind kind, std::size_t k) {
  switch (kind.aux) {
    case Aux::kNone:
      return 0;
    case Aux::kOffset32:
    case Aux::kMin32:
      return k / 32;
    default:
      return k / 16;
  }
}

inline constexpr std::size_t kMaxAux = 6;

// What a matmul reads its inputs as.
enum class Input : std::uint8_t {
  kInt8,  // quantized
  kF32,
  kBf16,  // rounded to BF16, in pairs
};

// One quantized row; where its parts go.
struct QuantizedRow {
  std::int8_t* q;  // [k]
  float* scale;    // [k / 32]
  std::size_t n_aux = 0;
  AuxKind kinds[kMaxAux] = {};
  std::int32_t* aux[kMaxAux];  // [aux_elements(kind, k)]; f32 for kMin*
};

// ---------------------------------------------------------------- matmul

// Weights are kept in tiles of `tile_rows` output rows (the vector width): per tile first the heads
// (scales and mins) of all blocks along k, then, from the next multiple of 64 bytes, the quants of
// all blocks.
struct TileFormat {
  std::uint32_t tile_rows = 0;
  std::uint32_t block = 0;        // elements along k of one block
  std::uint32_t head_bytes = 0;   // of one block of a tile
  std::uint32_t quant_bytes = 0;  // of one block of a tile

  std::size_t head_size(std::size_t k) const { return (k / block * head_bytes + 63) / 64 * 64; }
  std::size_t tile_size(std::size_t k) const {
    return head_size(k) + (k / block * quant_bytes + 63) / 64 * 64;
  }
};

// What memory for tiles is made of.
struct alignas(64) CacheLine {
  std::uint8_t bytes[64];
};

// How far ahead of what is multiplied weights are asked for, in bytes: into the first-level cache,
// the second-level one, and the first-level one once more.
struct AheadBytes {
  std::uint32_t first, second, third;
};

// For quantized weights by the elements of a block: which distances are best depends on how much is
// computed between two lines, and on the processor. These were measured on an AMD EPYC (Zen 5),
// where with two threads Q4_K reaches 80 % of what reading alone does when asked for once, 97 %
// when three times. Float weights do with a fixed distance.
struct WeightsAhead {
  AheadBytes blocks_of_256 = {12288, 6144, 3072};
  AheadBytes blocks_of_32 = {8192, 6144, 4096};
};

// One matrix of a (grouped) linear node.
struct MatmulWeight {
  const std::uint8_t* tiles = nullptr;  // [ceil(n_out / tile_rows)] tiles
  const float* bias = nullptr;          // [n_out] or nullptr
};

// One call: tiles [tile_begin, tile_end) of a matrix times all rows.
struct MatmulArgs {
  TileFormat format;
  MatmulWeight weight;
  MatmulWeight up;               // with an activation: the second matrix
  std::uint32_t activation = 0;  // FORGE_ACT_*; 0 = none
  std::uint32_t n_in = 0, n_out = 0, n_rows = 0;
  // Quantized activations, row r at base + r * stride (in elements of the array).
  const std::int8_t* q = nullptr;
  std::size_t q_stride = 0;
  const float* scale = nullptr;
  std::size_t scale_stride = 0;
  const std::int32_t* aux = nullptr;
  std::size_t aux_stride = 0;
  // For Input::kF32.
  const float* x = nullptr;
  std::size_t x_stride = 0;
  // For Input::kBf16; where n_in is odd, one zero more than n_in.
  const std::uint16_t* bf16 = nullptr;
  std::size_t bf16_stride = 0;  // even
  float* y = nullptr;           // [n_rows, n_out]
  std::size_t y_stride = 0;
  const float* residual = nullptr;  // [n_rows, n_out] or nullptr
  std::size_t residual_stride = 0;
  std::uint32_t tile_begin = 0, tile_end = 0;
  WeightsAhead ahead;
};

// One call: tiles [tile_begin, tile_end) of a matrix out of its rows in the file (docs/codecs.md).
struct RepackArgs {
  TileFormat format;
  const std::uint8_t* rows = nullptr;  // [n_out], row_bytes each
  std::size_t row_bytes = 0;
  std::uint32_t n_in = 0, n_out = 0;
  std::uint32_t tile_begin = 0, tile_end = 0;
  std::uint8_t* tiles = nullptr;  // of the whole matrix, aligned to 64 bytes
};

// One row of kernels.inc.
struct MatmulKernel {
  std::uint32_t type;  // forge type id of the weights
  const char* name;
  TileFormat format;
  AuxKind aux;
  Input input;
  void (*run)(const MatmulArgs& args);
  // Moves bits, changes no value. Lanes beyond the last row become blocks of zero bytes; what pads
  // heads and quants to 64 bytes is not written.
  void (*repack)(const RepackArgs& args);
};

// Products of BF16 weights and inputs; all or none of these are given. What is rounded is the input
// alone, as BF16 is what the weights are, or what all values of F16 weights happen to be: models
// are trained in BF16.
struct Bfloat16Kernels {
  // A row of k inputs; out as MatmulArgs has it. A row with an element that is no finite number
  // becomes NaN.
  void (*round_row)(const float* x, std::size_t k, std::uint16_t* out);
  // Whether the rows of F16 of these tiles are BF16 as well.
  bool (*fits)(const RepackArgs& args);
  // Tiles of F16 that are: into those of BF16, in place, of the same size.
  void (*convert)(const RepackArgs& args);
  // The limit: see KernelTable.
  std::uint64_t (*peak)(std::uint64_t rounds);
};

// ---------------------------------------------------------------- rows

struct NormArgs {
  const float* x;
  float* y;
  std::uint32_t width, group;
  std::uint32_t kind;  // FORGE_NORM_*
  float eps;
  const float* weight;         // or nullptr
  std::uint32_t weight_width;  // group or width
  const float* bias;           // or nullptr, as wide as weight_width
};

struct RopeArgs {
  const float* x;
  float* y;
  const float* cos;  // [n_rot / 2]
  const float* sin;
  std::uint32_t n_heads, head_dim, n_rot;
  bool interleaved;  // pairs (2i, 2i + 1) instead of (i, i + n_rot / 2)
};

// ---------------------------------------------------------------- attention

// How elements of K or V are stored.
enum class KvType : std::uint8_t { kF16, kF32, kQ8 };

inline constexpr std::uint32_t kTile = 32;     // positions of a block of KV
inline constexpr std::uint32_t kKvGroup = 32;  // kQ8: elements along head_dim with one scale

// Bytes of kQ8's scales of one tile of one head.
constexpr std::size_t scale_bytes(std::uint32_t head_dim) {
  return std::size_t{head_dim} / kKvGroup * kTile * 2;
}

// Bytes of one tile of K or V of one head. kQ8: a byte an element and an f16 for every 32.
constexpr std::size_t kv_bytes(KvType type, std::uint32_t head_dim) {
  const std::size_t elements = std::size_t{kTile} * head_dim;
  switch (type) {
    case KvType::kF16:
      return 2 * elements;
    case KvType::kF32:
      return 4 * elements;
    default:
      return elements + scale_bytes(head_dim);
  }
}

// KV blocks of one state: per block and KV head first K, then V.
//   kF16, kF32:  K [head_dim_k][32 positions], V [32 positions][head_dim_v]
//   kQ8:         f16 scales [head_dim / 32][32 positions], then signed bytes: K [head_dim_k / 4][32
//                positions][4], V [head_dim_v / 32][32 positions / 4][32][4]
// The four bytes of kQ8 are elements of K, or positions of V, in the order 0, 2, 1, 3: a register's
// even bytes are then neighbours, and so are the odd ones. Everything is read from front to back.
struct KvLayout {
  std::uint32_t n_kv_heads = 0, head_dim_k = 0, head_dim_v = 0;
  KvType k_type = KvType::kF16, v_type = KvType::kF16;

  std::size_t k_bytes() const { return kv_bytes(k_type, head_dim_k); }
  std::size_t v_bytes() const { return kv_bytes(v_type, head_dim_v); }
  std::size_t head_bytes() const { return k_bytes() + v_bytes(); }
  std::size_t block_bytes() const { return n_kv_heads * head_bytes(); }
};

// Rows of consecutive positions within a block.
struct KvWriteArgs {
  KvLayout layout;
  std::uint8_t* block;  // start of the block
  std::uint32_t entry;  // position of the first in it
  std::uint32_t head;   // the KV head to write
  std::uint32_t n_rows;
  const float* k;                  // [n_rows, n_kv_heads * head_dim_k]
  const float* v;                  // [n_rows, n_kv_heads * head_dim_v]
  std::size_t k_stride, v_stride;  // floats from row to row
};

// Positions are folded in segments, cut at multiples of this, each over its tiles in order; the
// segments of a row are then joined in order. So the result does not depend on who computes which
// segment, or which other rows are computed with it.
inline constexpr std::uint32_t kSegment = 512;
static_assert(kSegment % kTile == 0);

// Consecutive rows of one sequence, the query heads of one KV head, one segment. All pointers are
// borrowed for the call.
struct AttentionArgs {
  KvLayout layout;
  const std::uint8_t* blocks_base;
  const std::uint32_t* blocks;  // of the sequence
  std::uint32_t kv_head;
  std::uint32_t group;             // query heads per KV head
  std::uint32_t window;            // positions a row may look at, its own included; 0: all
  std::uint32_t position, n_rows;  // of the first row, which the others follow
  std::uint32_t segment;
  const float* q;  // row r: [group * head_dim_k] at q + r * q_stride, the group's heads
  std::size_t q_stride;
  float scale, soft_cap;
  const float* sinks;  // [group] or nullptr
  // What is known of the rows by now. Between segments y holds o, not divided yet.
  float* y;  // row r: [group * head_dim_v] at y + r * y_stride
  std::size_t y_stride;
  float* largest;  // row r: [group] at largest + r * state_stride
  float* sum;      // likewise
  std::size_t state_stride;
  float* scratch;  // attention_scratch() floats, 64-byte aligned

  std::uint32_t n_queries() const { return n_rows * group; }
  // The first position that row r looks at.
  std::uint32_t first_of(std::uint32_t r) const {
    return window != 0 && position + r + 1 > window ? position + r + 1 - window : 0;
  }
};

// Rows that share every load of K and V: enough queries to fill registers several times, few
// enough that their sums stay in the first-level cache beside a tile.
inline constexpr std::uint32_t kQueries = 24;
constexpr std::uint32_t attention_rows(std::uint32_t group) {
  return group >= kQueries ? 1 : kQueries / group;
}

// Where in the scratch what lies; offsets in floats, multiples of 16.
struct AttentionScratch {
  std::size_t o, m, l, alpha, peak, p, q, q_scale, k_scale, v_scale, v_top, size;

  constexpr AttentionScratch(std::uint32_t group, std::uint32_t dk, std::uint32_t dv)
      : AttentionScratch(std::size_t{group} * attention_rows(group), dk, dv, 0) {}

 private:
  static constexpr std::size_t take(std::size_t& at, std::size_t n) {
    const std::size_t begin = at;
    at += (n + 15) / 16 * 16;
    return begin;
  }
  constexpr AttentionScratch(std::size_t n, std::size_t dk, std::size_t dv, std::size_t at)
      : o(take(at, n * dv)),                       // [n, dv]
        m(take(at, n)),                            // [n]
        l(take(at, n)),                            // [n]
        alpha(take(at, n + 16)),                   // [n] and a register more
        peak(take(at, n + 16)),                    // likewise
        p(take(at, n * kTile)),                    // [n, 32]
        q(take(at, n * dk)),                       // [n, dk], f32 or int16
        q_scale(take(at, n * (dk / kKvGroup))),    // [n, dk / 32]
        k_scale(take(at, dk / kKvGroup * kTile)),  // [dk / 32, 32]
        v_scale(take(at, dv / kKvGroup * kTile)),  // [dv / 32, 32]
        v_top(take(at, dv / kKvGroup)),            // [dv / 32]
        size(at) {}
};

// ---------------------------------------------------------------- the table

struct KernelTable {
  const char* isa;  // "avx512vnni"
  std::uint32_t tile_rows;
  bool unsigned_bytes;  // 8-bit weights are stored with 128 added
  std::span<const MatmulKernel> matmul;
  Bfloat16Kernels bfloat16;
  void (*quantize_row)(const float* x, std::size_t k, const QuantizedRow& out);
  void (*norm_row)(const NormArgs& args);
  void (*rope_row)(const RopeArgs& args);
  void (*gated)(std::uint32_t activation, const float* gate, const float* up, float* y,
                std::size_t n);
  void (*activate)(std::uint32_t activation, const float* x, float* y, std::size_t n);
  void (*soft_cap)(float cap, const float* x, float* y, std::size_t n);
  void (*scale)(float factor, const float* x, float* y, std::size_t n);
  void (*add)(const float* a, const float* b, float* y, std::size_t n);
  void (*multiply)(const float* a, const float* b, float* y, std::size_t n);
  void (*kv_write)(const KvWriteArgs& args);
  // Folds the segment, for the rows that look into it, into the scratch.
  void (*attention_segment)(const AttentionArgs& args);
  // Joins it with the segments before, which must have been joined; after a row's last segment its
  // y is the answer. Called with the same arguments, right after attention_segment.
  void (*attention_join)(const AttentionArgs& args);
  // The limits: multiply-adds done in so many rounds, and memory read once (n % 256 == 0).
  std::uint64_t (*peak_int8)(std::uint64_t rounds);
  std::uint64_t (*peak_f32)(std::uint64_t rounds);
  void (*read_through)(const std::uint8_t* p, std::size_t n);
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_API_HPP_
