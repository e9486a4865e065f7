// Rows of the file into tiles, byte by byte as plain_repack() does it.
#include "plugins/cpu/runtime/repack.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/codec/host_codecs.hpp"
#include "plugins/cpu/kernels/repack.hpp"
#include "plugins/cpu/runtime/buffer.hpp"
#include "tests/catch.hpp"
#include "tests/unit/plugins_cpu/isa.hpp"
#include "tests/unit/plugins_cpu/plain_repack.hpp"

namespace forge::cpu {
namespace {

constexpr std::uint8_t kUntouched = 0xa5;

const forge_codec_v1& codec_of(std::uint32_t type) {
  static_cast<void>(process_codecs());
  const forge_codec_v1* codec = process_codecs().view().find(type);
  REQUIRE(codec != nullptr);
  return *codec;
}

std::vector<std::uint8_t> random_bytes(std::size_t n, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(n);
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random());
  return bytes;
}

// Rows of random bytes: any are a row of the file, and moving them must not care what they mean.
struct Matrix {
  Matrix(const MatmulKernel& k, bool unsigned_bytes, std::uint32_t in, std::uint32_t out)
      : kernel(k), wide_offset(unsigned_bytes ? 128 : 0), n_in(in), n_out(out) {
    const forge_codec_v1& codec = codec_of(kernel.type);
    row_bytes = n_in / codec.block_elements * codec.block_bytes;
    rows = random_bytes(row_bytes * n_out, kernel.type + 31 * n_in + n_out);
    const std::uint32_t tile_rows = kernel.format.tile_rows;
    n_tiles = (n_out + tile_rows - 1) / tile_rows;
    size = n_tiles * kernel.format.tile_size(n_in);
  }

  RepackArgs args(std::uint8_t* tiles) const {
    RepackArgs a;
    a.format = kernel.format;
    a.rows = rows.data();
    a.row_bytes = row_bytes;
    a.n_in = n_in;
    a.n_out = n_out;
    a.tile_end = n_tiles;
    a.tiles = tiles;
    return a;
  }

  // The tiles from `first` on.
  std::vector<std::uint8_t> repacked(std::uint32_t first) const {
    std::vector<CacheLine> lines(size / sizeof(CacheLine));
    std::uint8_t* tiles = lines.data()->bytes;
    std::fill_n(tiles, size, kUntouched);
    RepackArgs a = args(tiles);
    a.tile_begin = first;
    kernel.repack(a);
    return {tiles, tiles + size};
  }

  // With rows of zeros up to whole tiles; what pads heads and quants stays as it was.
  std::vector<std::uint8_t> plain(std::uint8_t untouched = kUntouched) const {
    const TileFormat& format = kernel.format;
    std::vector<std::uint8_t> padded = rows;
    padded.resize(std::size_t{n_tiles} * format.tile_rows * row_bytes);
    std::vector<std::uint8_t> tiles(size, untouched);
    for (std::uint32_t t = 0; t < n_tiles; ++t)
      plain_repack(kernel.type, format, padded.data(), row_bytes, n_in, n_tiles * format.tile_rows,
                   t, wide_offset, tiles.data() + t * format.tile_size(n_in));
    return tiles;
  }

  forge_tensor_v1 tensor() const {
    forge_tensor_v1 t = {};
    t.struct_size = sizeof(t);
    t.type = kernel.type;
    t.shape[0] = n_in;
    t.shape[1] = n_out;
    t.shape[2] = t.shape[3] = 1;
    t.n_bytes = rows.size();
    t.data = rows.data();
    return t;
  }

  const MatmulKernel& kernel;
  std::uint8_t wide_offset;
  std::uint32_t n_in, n_out;
  std::size_t row_bytes = 0;
  std::vector<std::uint8_t> rows;
  std::uint32_t n_tiles = 0;
  std::size_t size = 0;
};

// Widths and heights around whole tiles and groups.
void compare(const MatmulKernel& kernel, bool unsigned_bytes) {
  INFO(kernel.name);
  const std::uint32_t tile_rows = kernel.format.tile_rows;
  for (const std::uint32_t n : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 37u}) {
    for (const std::uint32_t n_out :
         {1u, tile_rows - 1, tile_rows, tile_rows + 1, 2 * tile_rows + 3, 3 * tile_rows}) {
      const Matrix m(kernel, unsigned_bytes, n * kernel.format.block, n_out);
      INFO(m.n_in << " x " << n_out);
      const std::vector<std::uint8_t> tiles = m.repacked(0);
      REQUIRE(tiles == m.plain());
      // A part of the tiles leaves the others alone.
      const std::vector<std::uint8_t> one = m.repacked(m.n_tiles - 1);
      const std::size_t before = m.size - kernel.format.tile_size(m.n_in);
      REQUIRE(std::equal(one.begin() + before, one.end(), tiles.begin() + before));
      REQUIRE(std::count(one.begin(), one.begin() + before, kUntouched) ==
              static_cast<std::ptrdiff_t>(before));
    }
  }
}

TEST_CASE("repack: every type comes out byte by byte as the plain loops write it") {
  NEEDS_PROCESSOR();
  for (const MatmulKernel& kernel : tested().matmul) compare(kernel, tested().unsigned_bytes);
}

TEST_CASE("repack: F16 that is BF16 is known, and its tiles become those of BF16") {
  NEEDS_PROCESSOR();
  const Bfloat16Kernels& bfloat16 = tested().bfloat16;
  if (bfloat16.fits == nullptr) {
    WARN("skipped: this processor has no products of BF16");
    return;
  }
  const auto kernel_of = [](std::uint32_t type) -> const MatmulKernel& {
    return *std::find_if(tested().matmul.begin(), tested().matmul.end(),
                         [&](const MatmulKernel& k) { return k.type == type; });
  };
  for (const std::uint32_t n_in : {1u, 2u, 37u, 128u}) {
    Matrix half(kernel_of(FORGE_TYPE_F16), true, n_in, 35);
    Matrix brain(kernel_of(FORGE_TYPE_BF16), true, n_in, 35);
    // Whatever F16 and BF16 both have: three bits off the mantissa, or off a subnormal number.
    std::vector<float> numbers(std::size_t{n_in} * 35);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const int magnitude = static_cast<int>(i * 37 % 41) - 24;
      numbers[i] = std::ldexp(static_cast<float>(static_cast<int>(i * 97 % 511) - 255), magnitude);
      numbers[i] = std::clamp(numbers[i], -65280.0f, 65280.0f);
    }
    const auto encode = [&](Matrix& m) {
      REQUIRE(codec_of(m.kernel.type)
                  .quantize(numbers.data(), nullptr, 35, n_in, m.rows.data(), nullptr) == FORGE_OK);
    };
    encode(half);
    encode(brain);
    std::vector<CacheLine> lines(half.size / sizeof(CacheLine));
    const RepackArgs args = half.args(lines.data()->bytes);
    REQUIRE(bfloat16.fits(args));
    REQUIRE(half.size == brain.size);
    half.kernel.repack(args);
    bfloat16.convert(args);
    const std::vector<std::uint8_t> want = brain.repacked(0);
    for (std::uint32_t t = 0; t < half.n_tiles; ++t) {
      const std::size_t at = t * half.kernel.format.tile_size(n_in);
      const std::size_t n = std::size_t{(n_in + 1) / 2} * 4 * half.kernel.format.tile_rows;
      REQUIRE(std::memcmp(lines.data()->bytes + at, want.data() + at, n) == 0);
    }
    // One value with a bit too many, wherever it is, and none beyond the tiles asked about.
    for (std::size_t i = 0; i < numbers.size(); i += 3) {
      const auto bits = static_cast<std::uint16_t>(i % 2 == 0 ? 0x3c04 : 0x8201);
      std::uint8_t kept[2];
      std::memcpy(kept, half.rows.data() + 2 * i, 2);
      std::memcpy(half.rows.data() + 2 * i, &bits, 2);
      REQUIRE(!bfloat16.fits(args));
      RepackArgs others = args;
      const std::size_t tile = i / n_in / half.kernel.format.tile_rows;
      others.tile_begin = tile == 0 ? 1 : 0;
      others.tile_end = tile == 0 ? half.n_tiles : static_cast<std::uint32_t>(tile);
      REQUIRE(bfloat16.fits(others));
      std::memcpy(half.rows.data() + 2 * i, kept, 2);
    }
  }
}

// The vocabulary of repack.hpp with sixteen lanes, lane by lane, for processors that have eight.
struct Sixteen {
  static constexpr int kWidth = 16;
  static constexpr bool kUnsignedBytes = true;
  using I = std::array<std::uint32_t, kWidth>;

  template <class F>
  static I each(F of_lane) {
    I out;
    for (std::size_t lane = 0; lane < kWidth; ++lane) out[lane] = of_lane(lane);
    return out;
  }
  static I load_quads(const std::uint8_t* p, std::size_t stride) {
    I out;
    for (std::size_t part = 0; part < 4; ++part)
      std::memcpy(out.data() + 4 * part, p + part * stride, 16);
    return out;
  }
  // Where lane i of a result comes from: units of `unit` lanes of a and b in turn, from `first` on.
  static I unpack(const I& a, const I& b, std::size_t unit, std::size_t first) {
    return each([&](std::size_t lane) {
      const std::size_t within = lane % 4;
      const I& from = within / unit % 2 == 0 ? a : b;
      return from[lane / 4 * 4 + first + within / (2 * unit) * unit + within % unit];
    });
  }
  static I unpack_low_32(const I& a, const I& b) { return unpack(a, b, 1, 0); }
  static I unpack_high_32(const I& a, const I& b) { return unpack(a, b, 1, 2); }
  static I unpack_low_64(const I& a, const I& b) { return unpack(a, b, 2, 0); }
  static I unpack_high_64(const I& a, const I& b) { return unpack(a, b, 2, 2); }
  static I set1_i(std::int32_t x) {
    return each([&](std::size_t) { return static_cast<std::uint32_t>(x); });
  }
  static I set1_byte(std::uint8_t x) { return set1_i(static_cast<std::int32_t>(0x01010101u * x)); }
  static I and_i(const I& a, const I& b) {
    return each([&](std::size_t lane) { return a[lane] & b[lane]; });
  }
  static I xor_i(const I& a, const I& b) {
    return each([&](std::size_t lane) { return a[lane] ^ b[lane]; });
  }
  template <int N>
  static I shift_right(const I& a) {
    return each([&](std::size_t lane) { return a[lane] >> N; });
  }
  template <int N>
  static I shift_left(const I& a) {
    return each([&](std::size_t lane) { return a[lane] << N; });
  }
  static void store_i(std::uint8_t* p, const I& a) { std::memcpy(p, a.data(), sizeof(a)); }
  static void stream_i(std::uint8_t* p, const I& a) {
    REQUIRE(reinterpret_cast<std::uintptr_t>(p) % sizeof(a) == 0);
    store_i(p, a);
  }
  static void fence() {}
  static void store_low_words(std::uint8_t* p, const I& a) {
    for (std::size_t lane = 0; lane < kWidth; ++lane) std::memcpy(p + 2 * lane, &a[lane], 2);
  }
  static void store_low_bytes(std::uint8_t* p, const I& a) {
    for (std::size_t lane = 0; lane < kWidth; ++lane) std::memcpy(p + lane, &a[lane], 1);
  }
};

template <std::uint32_t... kTypes>
void compare_sixteen(std::integer_sequence<std::uint32_t, kTypes...>) {
  const auto one = [](std::uint32_t type, void (*repack)(const RepackArgs&)) {
    const auto found = std::find_if(tested().matmul.begin(), tested().matmul.end(),
                                    [&](const MatmulKernel& k) { return k.type == type; });
    REQUIRE(found != tested().matmul.end());
    MatmulKernel kernel = *found;
    kernel.format.head_bytes = kernel.format.head_bytes / kernel.format.tile_rows * 16;
    kernel.format.quant_bytes = kernel.format.quant_bytes / kernel.format.tile_rows * 16;
    kernel.format.tile_rows = 16;
    kernel.repack = repack;
    compare(kernel, true);
  };
  (one(kTypes, repack_tiles<Sixteen, kTypes>), ...);
}

TEST_CASE("repack: with sixteen lanes and unsigned bytes as well") {
  NEEDS_PROCESSOR();
  compare_sixteen(
      std::integer_sequence<std::uint32_t, FORGE_TYPE_Q4_0, FORGE_TYPE_Q4_1, FORGE_TYPE_Q5_0,
                            FORGE_TYPE_Q5_1, FORGE_TYPE_Q8_0, FORGE_TYPE_IQ4_NL, FORGE_TYPE_MXFP4,
                            FORGE_TYPE_Q2_K, FORGE_TYPE_Q3_K, FORGE_TYPE_Q4_K, FORGE_TYPE_Q5_K,
                            FORGE_TYPE_Q6_K, FORGE_TYPE_IQ4_XS, FORGE_TYPE_F32, FORGE_TYPE_F16,
                            FORGE_TYPE_BF16>{});
}

// What a pack says while it loads.
struct Listener {
  std::vector<std::uint64_t> done;
  std::uint64_t total = 0;
  std::vector<std::uint32_t> read;
  std::size_t stop_after = SIZE_MAX;  // reports

  forge_progress_v1 record() {
    forge_progress_v1 progress = {};
    progress.struct_size = sizeof(progress);
    progress.self = this;
    progress.report = [](void* self, std::uint64_t now, std::uint64_t of) -> std::int32_t {
      auto& l = *static_cast<Listener*>(self);
      l.done.push_back(now);
      l.total = of;
      return l.done.size() >= l.stop_after ? 1 : 0;
    };
    progress.weight_read = [](void* self, std::uint32_t weight) {
      static_cast<Listener*>(self)->read.push_back(weight);
    };
    return progress;
  }
};

// Several matrices of different types in one buffer, small ones and one of many items.
struct Model {
  Model() {
    const auto all = tested().matmul;
    const std::uint32_t block = 256;
    for (std::uint32_t i = 0; i < 5; ++i)
      matrices.emplace_back(all[i], tested().unsigned_bytes, 2 * block, 40 + 7 * i);
    matrices.emplace_back(all[4], tested().unsigned_bytes, 8 * block, 36000);  // Q8_0: 78 MB
    matrices.emplace_back(all[7], tested().unsigned_bytes, block, 16);
    std::size_t total = 0;
    for (const Matrix& m : matrices) {
      offsets.push_back(total);
      total += m.size;
      source += m.rows.size();
    }
    auto allocated = Buffer::allocate(total);
    REQUIRE(allocated.ok());
    buffer = std::move(allocated).value();
  }

  Status repack(ThreadPool& pool, Listener& listener) {
    Repacking work;
    for (std::uint32_t i = 0; i < matrices.size(); ++i)
      work.add(i, matrices[i].tensor(), matrices[i].kernel, buffer.data() + offsets[i]);
    const forge_progress_v1 progress = listener.record();
    return work.run(pool, sdk::Progress(&progress));
  }

  std::vector<Matrix> matrices;
  std::vector<std::size_t> offsets;
  std::uint64_t source = 0;
  Buffer buffer;
};

TEST_CASE("repack: a model by any number of threads is what each matrix is alone") {
  NEEDS_PROCESSOR();
  for (const std::uint32_t n_threads : {1u, 2u, 3u}) {
    INFO(n_threads << " threads");
    ThreadPool pool(n_threads, false);
    Model model;
    Listener listener;
    REQUIRE(model.repack(pool, listener).ok());
    for (std::size_t i = 0; i < model.matrices.size(); ++i) {
      const Matrix& m = model.matrices[i];
      INFO("matrix " << i);
      // A page's bytes that nobody wrote are zero.
      const std::vector<std::uint8_t> alone = m.plain(0);
      REQUIRE(std::memcmp(alone.data(), model.buffer.data() + model.offsets[i], m.size) == 0);
    }
    CHECK(std::is_sorted(listener.done.begin(), listener.done.end()));
    CHECK(listener.done.size() > 1);  // 78 MB are more than one phase
    CHECK(listener.done.back() == model.source);
    CHECK(listener.total == model.source);
    for (std::uint32_t i = 0; i < model.matrices.size(); ++i)
      CHECK(std::count(listener.read.begin(), listener.read.end(), i) >= 1);
    CHECK(std::count(listener.read.begin(), listener.read.end(), 5u) > 1);
  }
}

TEST_CASE("repack: stops when the listener says so") {
  NEEDS_PROCESSOR();
  ThreadPool pool(2, false);
  Model model;
  Listener listener;
  listener.stop_after = 1;
  CHECK(model.repack(pool, listener).code() == Code::kCancelled);
  CHECK(listener.done.size() == 1);
  CHECK(listener.done.back() < model.source);
}

}  // namespace
}  // namespace forge::cpu
