// Every format's planes mean the numbers that its codec decodes. The oracle are the formulas of
// device/formats.hpp, written down here once more, and the codecs, which other tests compare with
// ggml.
#include "plugins/hip/runtime/repack.hpp"

#include <cmath>
#include <random>
#include <vector>

#include "core/codec/host_codecs.hpp"
#include "core/codec/standard.hpp"
#include "forge/abi/codec.h"
#include "forge/sdk/half.hpp"
#include "plugins/hip/runtime/weight_range.hpp"
#include "tests/catch.hpp"

namespace forge::hip {
namespace {

using Bytes = std::vector<std::uint8_t>;

const forge_codec_v1& codec_of(std::uint32_t type) {
  const forge_codec_v1* codec = process_codecs().view().find(type);
  REQUIRE(codec != nullptr);
  return *codec;
}

// Rows of random numbers, encoded.
struct Matrix {
  std::uint32_t type, n_in, n_out;
  Bytes rows;
  std::vector<float> values;  // as the codec decodes them
  forge_tensor_v1 tensor = {};

  Matrix(std::uint32_t t, std::uint32_t in, std::uint32_t out) : type(t), n_in(in), n_out(out) {
    const forge_codec_v1& codec = codec_of(type);
    std::mt19937 random(type * 131 + n_in);
    std::normal_distribution<float> normal;
    values.resize(std::size_t{n_in} * n_out);
    for (float& v : values) v = normal(random);
    // Blocks of different sizes of numbers, so that scales differ.
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] *= std::exp2(static_cast<float>(i / 32 % 11) - 5.0f);
    rows.resize(values.size() / codec.block_elements * codec.block_bytes);
    REQUIRE(codec.quantize(values.data(), nullptr, n_out, n_in, rows.data(), nullptr) == FORGE_OK);
    codec.dequantize(rows.data(), values.data(), values.size());
    tensor.type = type;
    tensor.shape[0] = n_in;
    tensor.shape[1] = n_out;
    tensor.n_bytes = rows.size();
  }
};

struct Planes {
  MatrixLayout layout;
  Bytes bytes;
  const std::uint8_t* at(Plane plane, std::uint64_t offset) const {
    return bytes.data() + layout.offset[plane] + offset;
  }
};

Planes repacked(const Matrix& m) {
  Planes planes = {MatrixLayout::of(m.tensor), {}};
  planes.bytes.assign(planes.layout.bytes, 0xa5);  // tiles must write all of themselves
  for (std::uint32_t t = 0; t < planes.layout.n_tiles; ++t) {
    std::uint8_t* out[kPlanes];
    for (std::uint32_t p = 0; p < kPlanes; ++p)
      out[p] = planes.bytes.data() + planes.layout.offset[p] + t * planes.layout.tile_bytes[p];
    std::uint8_t* const(&fixed)[kPlanes] = out;
    repack_tile(planes.layout, m.rows.data(), m.rows.size() / m.n_out, t, fixed);
  }
  return planes;
}

float largest_of(const Planes& p) {
  float largest = 0;
  for (std::uint32_t t = 0; t < p.layout.n_tiles; ++t) {
    std::uint8_t* of[kPlanes];
    for (std::uint32_t i = 0; i < kPlanes; ++i)
      of[i] = const_cast<std::uint8_t*>(p.at(static_cast<Plane>(i), t * p.layout.tile_bytes[i]));
    std::uint8_t* const(&fixed)[kPlanes] = of;
    largest = std::max(largest, largest_weight(p.layout, fixed));
  }
  return largest;
}

std::uint32_t word_at(const std::uint8_t* p) {
  return p[0] | static_cast<std::uint32_t>(p[1]) << 8 | static_cast<std::uint32_t>(p[2]) << 16 |
         static_cast<std::uint32_t>(p[3]) << 24;
}
double half_at(const std::uint8_t* p) {
  return half_to_float(static_cast<std::uint16_t>(p[0] | p[1] << 8));
}

// The code of element k, all planes together.
int code_of(const Planes& p, std::uint32_t n, std::uint32_t k) {
  const Format& f = *p.layout.type->format;
  const std::uint64_t tile = n / 16, row = n % 16, block = k / 32, e = k % 32;
  const std::uint64_t chunk = tile * (p.layout.n_in / 32) + block;
  const std::uint64_t entry = chunk * 16 + row;
  std::uint32_t code = 0;
  if (f.code_bits == 8) {
    const std::uint8_t byte = *p.at(kCodes, chunk * 512 + e / 16 * 256 + row * 16 + e % 16);
    return f.table ? byte : static_cast<std::int8_t>(byte);
  }
  if (f.code_bits == 4) {
    const std::uint32_t word = word_at(p.at(kCodes, entry * 16 + e % 16 / 4 * 4));
    code = word >> (8 * (e % 4) + (e < 16 ? 0 : 4)) & 15;
  }
  if (f.pair_bits != 0) {
    const std::uint32_t word = word_at(p.at(kPairs, entry * 8 + e / 16 * 4));
    code |= (word >> (8 * (e % 4) + 2 * (e % 16 / 4)) & 3) << f.code_bits;
  }
  if (f.low_bits != 0) {
    const std::uint32_t word = word_at(p.at(kSingles, entry * 4));
    code |= (word >> (8 * (e % 4) + e / 4) & 1) << (f.code_bits + f.pair_bits);
  }
  return static_cast<int>(code);
}

constexpr int kIq4Levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                1,    13,   25,  38,  53,  69,  89,  113};
constexpr int kMxfp4Levels[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// What the planes say element k of row n is, and how far f32 arithmetic may be from it.
struct Meaning {
  double value, magnitude;
};

Meaning meaning_of(const Planes& p, std::uint32_t n, std::uint32_t k) {
  const Format& f = *p.layout.type->format;
  const std::uint64_t blocks = p.layout.n_in / 32;
  const std::uint64_t tile = n / 16, row = n % 16, block = k / 32;
  const std::uint64_t entry = (tile * blocks + block) * 16 + row;
  const std::uint64_t above = (tile * (blocks / 8) + block / 8) * 16 + row;
  const std::uint8_t* scale = p.at(kScales, entry * scale_bytes(f.scale));
  const std::uint8_t* super = p.at(kSuper, above * super_bytes(f.scale));
  const std::uint32_t second = k % 32 / 16;
  double d = 0, dm = 0;
  int s = 1, m = 1;
  switch (f.scale) {
    case ScaleKind::kHalf:
      d = half_at(scale);
      break;
    case ScaleKind::kHalfPair:
      d = half_at(scale);
      dm = half_at(scale + 2);
      break;
    case ScaleKind::kExponent:
      d = std::exp2(int{scale[0]} - 128);
      break;
    case ScaleKind::kSuper:
      d = half_at(super);
      s = static_cast<std::int8_t>(scale[0]);
      break;
    case ScaleKind::kSuperMin:
      d = half_at(super);
      dm = half_at(super + 2);
      s = scale[0];
      m = scale[1];
      break;
    case ScaleKind::kSuper16:
      d = half_at(super);
      s = static_cast<std::int8_t>(scale[second]);
      break;
    case ScaleKind::kSuper16Min:
      d = half_at(super);
      dm = half_at(super + 2);
      s = scale[second] & 15;
      m = scale[second] >> 4;
      break;
  }
  int u = code_of(p, n, k);
  if (f.table) u = f.scale == ScaleKind::kExponent ? kMxfp4Levels[u] : kIq4Levels[u];
  if (f.centred && u >= 1 << (f.bits() - 1)) u -= 1 << f.bits();  // two's complement
  const double product = d * s * u;
  const double least = f.has_min() ? dm * m : 0;
  return {product + least, std::abs(product) + std::abs(least)};
}

constexpr std::uint32_t kQuantizedTypes[] = {
    FORGE_TYPE_Q8_0,   FORGE_TYPE_Q4_0,   FORGE_TYPE_Q4_1, FORGE_TYPE_Q5_0, FORGE_TYPE_Q5_1,
    FORGE_TYPE_Q2_K,   FORGE_TYPE_Q3_K,   FORGE_TYPE_Q4_K, FORGE_TYPE_Q5_K, FORGE_TYPE_Q6_K,
    FORGE_TYPE_IQ4_NL, FORGE_TYPE_IQ4_XS, FORGE_TYPE_MXFP4};

TEST_CASE("hip repack: the planes of every format mean what its codec decodes") {
  for (const std::uint32_t type : kQuantizedTypes) {
    const std::uint32_t unit = codec_of(type).block_elements;
    for (const auto& [n_in, n_out] : {std::pair{unit, 16u}, {3 * unit, 19u}, {2 * unit, 1u}}) {
      const Matrix m(type, n_in, n_out);
      const Planes p = repacked(m);
      INFO(codec_of(type).name << " " << n_in << " -> " << n_out);
      std::size_t wrong = 0;
      for (std::uint32_t n = 0; n < n_out; ++n) {
        for (std::uint32_t k = 0; k < n_in; ++k) {
          const Meaning meant = meaning_of(p, n, k);
          // The codec multiplies twice and adds once in f32: three roundings of half an ulp.
          const double bound = 3 * std::exp2(-24) * meant.magnitude;
          const double decoded = m.values[std::size_t{n} * n_in + k];
          if (!(std::abs(meant.value - decoded) <= bound)) ++wrong;
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("hip repack: the largest weight of every format, from its scales") {
  for (const std::uint32_t type : kQuantizedTypes) {
    const Matrix m(type, 3 * codec_of(type).block_elements, 19);
    float largest = 0;
    for (const float v : m.values) largest = std::max(largest, std::abs(v));
    const float said = largest_of(repacked(m));
    INFO(codec_of(type).name << ": " << largest << ", " << said);
    CHECK(said >= largest * (1 - 0x1p-22f));  // two roundings, as the codec has
    // An encoder uses the whole range of the codes of the largest block, or nearly.
    CHECK(said <= largest * 1.25f);
  }
}

TEST_CASE("hip repack: the unit of FP8 is the smallest power of two that 447 of are enough") {
  for (const float largest : {447.0f, 447.5f, 300.0f, 1.0f, 1e-6f, 7e30f}) {
    const float unit = fp8_unit(largest);
    INFO(largest << ": " << unit);
    CHECK(std::exp2(std::log2(unit)) == unit);
    CHECK(largest <= 447 * unit);
    CHECK(largest > 447 * unit / 2);
  }
  CHECK(fp8_unit(0) == 1);
  CHECK(fp8_unit(HUGE_VALF) == 1);
  CHECK(fp8_unit(NAN) == 1);
}

TEST_CASE("hip repack: rows beyond the last are zero") {
  for (const std::uint32_t type : kQuantizedTypes) {
    const Matrix m(type, codec_of(type).block_elements, 5);
    const Planes p = repacked(m);
    INFO(codec_of(type).name);
    for (std::uint32_t n = 5; n < 16; ++n) {
      for (std::uint32_t k = 0; k < m.n_in; ++k) {
        CHECK(std::abs(meaning_of(p, n, k).value) == 0);
      }
    }
  }
}

TEST_CASE("hip repack: float matrices lie in chunks of 16 bytes, filled up with zeros") {
  for (const std::uint32_t type : {FORGE_TYPE_F16, FORGE_TYPE_BF16, FORGE_TYPE_F32}) {
    const std::size_t size = codec_of(type).block_bytes;
    const std::size_t per_chunk = 16 / size;
    for (const std::uint32_t n_in : {1u, 8u, 37u}) {
      const Matrix m(type, n_in, 21);
      const Planes p = repacked(m);
      const std::size_t chunks = (n_in + per_chunk - 1) / per_chunk;
      REQUIRE(p.layout.tile_bytes[kCodes] == chunks * 16 * 16);
      for (std::uint32_t n = 0; n < 32; ++n) {
        for (std::size_t k = 0; k < chunks * per_chunk; ++k) {
          const std::uint8_t* at =
              p.at(kCodes,
                   ((n / 16 * chunks + k / per_chunk) * 16 + n % 16) * 16 + k % per_chunk * size);
          const bool inside = n < 21 && k < n_in;
          const Bytes zeros(size, 0);
          const std::uint8_t* expected =
              inside ? m.rows.data() + (std::size_t{n} * n_in + k) * size : zeros.data();
          CHECK(std::equal(expected, expected + size, at));
        }
      }
    }
  }
}

TEST_CASE("hip matrix: bytes of a matrix in each plane") {
  // Q4_K, 512 -> 40: 3 tiles of 16 rows of 16 blocks. 16 bytes of codes and 2 of scales for a
  // block, 4 for each of the 2 super-blocks.
  const Matrix m(FORGE_TYPE_Q4_K, 512, 40);
  const MatrixLayout layout = MatrixLayout::of(m.tensor);
  CHECK(layout.n_tiles == 3);
  CHECK(layout.tile_bytes[kCodes] == 16 * 16 * 16);
  CHECK(layout.tile_bytes[kSingles] == 0);
  CHECK(layout.tile_bytes[kPairs] == 0);
  CHECK(layout.tile_bytes[kScales] == 16 * 16 * 2);
  CHECK(layout.tile_bytes[kSuper] == 16 * 2 * 4);
  CHECK(layout.bytes == 3 * (4096 + 512) + 512);  // the last plane ends on a multiple of 256
  for (const std::uint64_t offset : layout.offset) CHECK(offset % 256 == 0);
}

}  // namespace
}  // namespace forge::hip
