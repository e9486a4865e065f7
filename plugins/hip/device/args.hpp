// plugins/hip/device/args.hpp: what each kernel is launched with. Host and device.
//
// Every kernel takes one of these structs by value. Pointers are the device's; rows are f32 and row
// r starts at base + r * stride (strides in elements). Each struct says its kernels' names, grid
// and workgroup.
#ifndef FORGE_PLUGINS_HIP_DEVICE_ARGS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_ARGS_HPP_

#include <stdint.h>

namespace forge::hip {

inline constexpr uint32_t kThreads =
    256;  // of every workgroup, unless its struct says another number

// A value: rows of f32.
struct Rows {
  float* base;
  uint32_t stride;
  uint32_t width;
};

// ---------------------------------------------------------------- quantized activations

// Per 32 elements of a row: scale d and the sums of the int8 quants 0 to 15 and 16 to 31.
//   d = max|x| / 127, rounded up to 22 bits;  q = round_to_nearest_even(x / d)
struct BlockMeta {
  float d;
  int16_t sum0, sum1;
};

struct Quantized {
  int8_t* q;        // [rows, k]
  BlockMeta* meta;  // [rows, k / 32]
  uint32_t k;       // a multiple of 32
};

// "quantize": q = quantized x. Grid (ceil(k / kQuantizeElements), rows).
inline constexpr uint32_t kQuantizeElements = 8 * kThreads;
struct QuantizeArgs {
  Rows x;
  Quantized to;
};

// "norm": FORGE_OP_NORM; grid (rows, width / group), one workgroup a group.
// "norm_quantize": the same with group == width, a multiple of 32, and also quantized; y.base may
// be null then.
struct NormArgs {
  Rows x, y;
  const float* weight;  // [group], or [width] if weight_stride == group; null: 1
  const float* bias;    // likewise; null: 0
  uint32_t weight_stride;
  uint32_t kind;  // FORGE_NORM_*
  uint32_t group;
  float eps;
  Quantized to;
};

// ---------------------------------------------------------------- products with weights

// One matrix as formats.hpp says; planes that a format does not have are null.
struct Planes {
  const uint8_t* codes;
  const uint8_t* singles;
  const uint8_t* pairs;
  const uint8_t* scales;
  const uint8_t* super;
  // "fp8_gemm_...": a power of two; weights divided by it are below 448, the largest E4M3.
  float fp8_unit;
};

inline constexpr uint32_t kMaxParts = 3;

// One of the matrices of a grouped LINEAR node.
struct MatmulPart {
  Planes weight;
  Planes up;          // with an activation: the second matrix
  const float* bias;  // [n_out] or null
  const float* up_bias;
  Rows y;
  Rows residual;  // base null: none
  uint32_t n_out;
  uint32_t first_tile;  // tiles of 16 rows before this part; parts lie one behind the other
  uint32_t second;      // of a kernel for two formats: not 0, it has the second
};

// FORGE_OP_LINEAR for quantized weights of one FORMAT: the parts share input and format. Tiles are
// those of all parts together. With the same bits:
//   "gemv_FORMAT"        1 row. Grid (tiles)
//   "gemv_gated_FORMAT"  1 row, with an activation; `to` may take the output as quants. Grid
//                        (ceil(tiles / 2))
//   "gemv_normed_FORMAT", "gemv_normed_gated_FORMAT"
//                        likewise, but x is made from `normed` on the way (RMS, whole rows of at
//                        most kMaxNormed elements), with the same bits as by "norm_quantize"
//   "skinny_FORMAT"      any number of rows. Grid (tiles, ceil(rows / skinny columns))
//   "skinny_gated_FORMAT"
//                        likewise with an activation, one part
//   "gemm_FORMAT"        any number of rows. Grid (ceil(tiles / kGemmTiles), ceil(rows /
//                        kGemmRows)). There is none with an activation: with many rows two parts
//                        and "gated" after them cost less
//   "gemm_low_FORMAT"    likewise, kGemmLowRows rows at a time
//   "gemv_FIRST_SECOND", "gemv_normed_...", "skinny_...", "gemm_...", "gemm_low_..."
//                        likewise, for parts of two formats. Parts begin at multiples of kGemmTiles
//                        tiles
// With other bits, grid as of "gemm_FORMAT":
//   "half_gemm_..."      weights and x in f16
//   "fp8_gemm_..."       weights and x in E4M3, x as x_fp8; where the matrix units take it
// Skinny columns: 16 on gfx11 and gfx12, 8 on sm90.
inline constexpr uint32_t kGemmRows = 64, kGemmLowRows = 32;
inline constexpr uint32_t kGemmTiles = 8;

inline constexpr uint32_t kMaxNormed = 16384;

// Rows in E4M3: element i of row r is q[r * k + i] times unit[r].
struct Fp8Rows {
  uint8_t* q;
  float* unit;
};

// "fp8_rows": quantized rows in E4M3. Grid (rows).
struct Fp8RowsArgs {
  Quantized x;
  Fp8Rows to;
};

struct Normed {
  const float* x;       // [k]
  const float* weight;  // [k] or null
  float eps;
};

struct MatmulArgs {
  Quantized x;
  Fp8Rows x_fp8;  // "fp8_gemm_..."
  Normed normed;  // "gemv_normed_..."
  Quantized to;   // "gemv_gated_...", "gemv_normed_gated_...": q null: none. part[0].y.base may be
                  // null with it
  uint32_t n_rows;
  uint32_t n_parts;
  uint32_t n_tiles;
  uint32_t activation;  // FORGE_ACT_*; FORGE_ACT_NONE without a gate
  MatmulPart part[kMaxParts];
};

// FORGE_OP_LINEAR for f16, bf16 and f32 weights, in tiles of 16 rows too: chunks of 16 bytes along
// k (8 or 4 elements), entry (t * ceil(n_in / chunk) + c) * 16 + r; the last chunk is filled up
// with zeros.
//   "float_f16", "float_bf16", "float_f32":  Grid (tiles, ceil(rows / kFloatRows))
//   "float_gated_f16", ...: with an activation
// MatmulPart::weight.codes and up.codes are used; n_in is x.width.
inline constexpr uint32_t kFloatRows = 4;

struct FloatMatmulArgs {
  Rows x;
  uint32_t n_rows;
  uint32_t n_parts;
  uint32_t n_tiles;
  uint32_t activation;
  MatmulPart part[kMaxParts];
};

// ---------------------------------------------------------------- state and attention

// A row of the batch, in the step's buffer on the device.
struct RowInfo {
  uint32_t position;  // in its sequence
  uint32_t table;     // entry of the block tables where its sequence's blocks begin
};

enum class KvType : uint32_t { kF16 = 0, kQ8 = 1 };

// The KV blocks of one state. A block of 32 positions holds, for all KV heads h one behind the
// other:
//   K, f16: [h][32][dk]               q8_0: int8 [h][32][dk], then f16 scales [h][32][dk / 32]
//   V, f16: [h][dv][32] (positions are the fast index)   q8_0: int8 [h][dv][32], then f16 scales
//   [h][dv / 32][32]
// A q8_0 scale is of 32 elements of one position's vector. Blocks are zero from the start: what
// attention masks out is multiplied by zero, so it has to be a number.
struct KvCache {
  uint8_t* k;
  uint8_t* v;
  uint64_t k_block_bytes;
  uint64_t v_block_bytes;
  uint32_t n_kv_heads, dk, dv;
  KvType k_type, v_type;
};

// "heads": prepares the heads of a layer's Q, K and V, in place and into the state: Q and K heads
// are normalised (if q_norm or k_norm, [head_dim], RMS) and turned; K and V go into the state at
// the row's position. Grid (rows, ceil((q_heads + 2 kv heads) / 8)), a wave a head. q.base, k.base
// or v.base null: without them; no cache (cache.k null): turned in place only, K too.
struct HeadsArgs {
  Rows q, k, v;
  const float* q_norm;
  const float* k_norm;
  float q_eps, k_eps;
  uint32_t n_heads, n_kv_heads, dk, dv;
  const float* rope;     // [rows][2][n_rot / 2]: cosines, then sines of the row; null: no turning
  uint32_t n_rot;        // elements of a head that turn
  uint32_t interleaved;  // pairs are (2 i, 2 i + 1), else (i, i + n_rot / 2)
  uint32_t table_pairs;  // n_rot / 2 of the table
  KvCache cache;
  const RowInfo* rows;
  const uint32_t* tables;
};

// One tile of query rows: rows first .. first + n - 1 of the batch, consecutive positions of one
// sequence.
struct AttentionItem {
  uint32_t first;
  uint32_t n;
};

inline constexpr uint32_t kSegmentBlocks =
    2;  // KV blocks that attention folds into one partial result

// Kernels for attention, with the same bits.
enum class AttentionKind : uint32_t {
  kPlain,  // "attention_DV": an f16 state; not fused
  kAny,    // "attention_any_DV": any KvType
  // "attention_row_DV": an f16 state; fused alone, dk == dv, no cap. Many waves, each with few
  // elements of V
  kRow,
  kRowQ8,  // "attention_row_q8_DV": the same with a q8_0 state; dv a multiple of 32
};
constexpr bool is_row(AttentionKind kind) {
  return kind == AttentionKind::kRow || kind == AttentionKind::kRowQ8;
}

// "attention_DV", DV one of 32, 64, 80, 96, 128, 256: y = attention of q over the state. A
// workgroup of attention_threads() threads takes one item, one KV head's chunk of query heads and,
// with splits, every n_splits-th segment of kSegmentBlocks blocks. The group of query heads of a KV
// head is cut into chunks of `heads_per_tile` heads; an item has at most columns / heads_per_tile
// rows (columns: 16 on gfx11 and gfx12, 8 on sm90). Grid (items, kv heads * chunks, n_splits).
// n_splits == 1: y is written. Otherwise `partial` is, and "attention_merge" has to follow.
// Elements of V that a wave makes (dequantizing needs registers; one row has too little work for
// fewer waves), and threads of the workgroup.
constexpr uint32_t attention_dims(uint32_t dv, AttentionKind kind) {
  if (is_row(kind)) return dv % 32 == 0 ? 32 : 16;
  const uint32_t most = kind == AttentionKind::kAny ? 64 : 128;
  return dv % most == 0 ? most : dv;
}
constexpr uint32_t attention_threads(uint32_t dv, AttentionKind kind) {
  return 32 * (dv / attention_dims(dv, kind));
}

struct AttentionArgs {
  Rows q, y;
  KvCache cache;
  const RowInfo* rows;
  const uint32_t* tables;
  const AttentionItem* items;
  const float* sinks;  // [n_heads] or null
  uint32_t n_heads;
  uint32_t heads_per_tile;
  uint32_t n_chunks;  // of a group
  float scale, soft_cap;
  uint32_t window;
  uint32_t n_splits;
  // [rows][n_heads][max_segments][dv + 2]: the unnormalised sums, the largest score, the sum of
  // exponentials
  float* partial;
  uint32_t max_segments;
  const uint32_t* merge_first;  // [rows] position of the first row of the row's item
  // dv a multiple of 32; q null: none. "attention_merge": y as quants too. "attention_row...":
  // likewise with one split. y.base may be null then.
  Quantized to;
  // With fused != 0, of rows that are items of their own: q, k and v come as "heads" takes them,
  // and are prepared on the way with the same bits; "heads" is not launched. Only with n_chunks
  // == 1.
  uint32_t fused;
  HeadsArgs heads;
};

// "attention_merge": folds the partial results. Grid (rows, n_heads), 256 threads. Takes
// AttentionArgs.

// ---------------------------------------------------------------- element by element

// "gated":  y = act(a) * b           FORGE_OP_GATED
// "unary":  y = f(a)                 FORGE_OP_UNARY: kind, argument, activation
// "binary": y = a + b or a * b       FORGE_OP_BINARY: kind
// "select_rows": y[r] = a[index[r]]  FORGE_OP_SELECT_ROWS
// Grid (ceil(width / 256), rows).
struct ElementArgs {
  Rows a, b, y;
  const uint32_t* index;
  uint32_t kind;
  uint32_t activation;
  float argument;
};

// ---------------------------------------------------------------- top k

// FORGE_OP_TOP_K, k at most kTopKMost:
//   "top_k_parts": the largest of each part of a row.  Grid (n_parts, rows). With one part that is
//                  the result; else they are left in `lists` for
//   "top_k":       the largest of all parts.  Grid (rows)
inline constexpr uint32_t kTopKMost = 128;
inline constexpr uint32_t kTopKPart = 2048;  // elements

struct TopKArgs {
  Rows x;
  Rows ids;  // int32
  Rows values;
  uint64_t* lists;  // [rows, n_parts, kTopKMost]
  uint32_t k;
  uint32_t n_parts;  // ceil(x.width / kTopKPart)
};

// FORGE_OP_DRAW, from lists of at most kTopKMost:
//   "draw_sums": sums of weights over each part of a row.  Grid (n_parts, rows)
//   "draw":      the token.  Grid (rows), kDrawThreads
inline constexpr uint32_t kDrawPart = 2048;  // elements
inline constexpr uint32_t kDrawThreads = 1024;
inline constexpr uint32_t kDrawSums = 16;  // of a part

struct DrawArgs {
  Rows x;
  Rows ids;  // int32
  Rows values;
  Rows settings;     // forge_draw_settings_v1
  Rows token;        // int32
  uint64_t* sums;    // [rows, kDrawSums, n_parts]
  uint32_t n_parts;  // ceil(x.width / kDrawPart)
};

// "probe_add": y[i] = a[i] + b[i] + 1 for i < n; the preflight's trivial kernel. Grid (ceil(n /
// 256)).
struct ProbeAddArgs {
  const float* a;
  const float* b;
  float* y;
  uint32_t n;
};

// "probe_matrix": one product of int8 tiles and one of half tiles: c[16, 16] = a[16, 16] * b[16,
// 16]^T, everything row-major, 32 threads, grid (1).
struct ProbeMatrixArgs {
  const int8_t* a8;
  const int8_t* b8;
  int32_t* c32;
  const uint16_t* a16;
  const uint16_t* b16;
  float* cf;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_DEVICE_ARGS_HPP_
