// One pack's kernels, below the ABI: compiled once for each instruction set. The suite in
// core/conformance runs them all against the reference executor; here are their corners.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "core/codec/host_codecs.hpp"
#include "forge/abi/graph.h"
#include "plugins/cpu/runtime/device.hpp"
#include "tests/catch.hpp"
#include "tests/unit/plugins_cpu/isa.hpp"

namespace forge::cpu {
namespace {

constexpr double kUnit = 0x1p-23;  // of the last place of f32, relative

std::vector<float> applied(std::uint32_t activation, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  tested().activate(activation, x.data(), y.data(), x.size());
  return y;
}

std::vector<float> range(float low, float high, std::size_t n) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = low + (high - low) * static_cast<float>(i) / static_cast<float>(n - 1);
  return x;
}

// sigmoid(x) = 1 / (1 + e^-x): for very negative x it is e^x, error and all.
TEST_CASE("kernels: the exponential behind sigmoid is good to a few units of the last place") {
  NEEDS_PROCESSOR();
  const std::vector<float> x = range(-86.0f, 30.0f, 400001);
  const std::vector<float> y = applied(FORGE_ACT_SIGMOID, x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = 1 / (1 + std::exp(-double{x[i]}));
    worst = std::max(worst, std::abs(y[i] - exact) / exact);
  }
  INFO("relative error " << worst / kUnit << " units");
  CHECK(worst < 4 * kUnit);  // math.hpp says 3e-7 for exp, and one division
}

TEST_CASE("kernels: far out the functions are at their limits, and NaN stays NaN") {
  NEEDS_PROCESSOR();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> far = {-infinity, -3e38f, -1000, -104, 89, 104, 1000, 3e38f, infinity};
  const std::vector<float> sigmoid = applied(FORGE_ACT_SIGMOID, far);
  for (std::size_t i = 0; i < 4; ++i) CHECK((sigmoid[i] >= 0 && sigmoid[i] < 3e-39f));
  for (std::size_t i = 4; i < far.size(); ++i) CHECK(sigmoid[i] == 1);
  for (const std::uint32_t gelu : {FORGE_ACT_GELU_TANH, FORGE_ACT_GELU_ERF}) {
    const std::vector<float> y = applied(gelu, {-1000, -50, 50, 1000});
    CHECK(y[0] == 0);
    CHECK(y[1] == 0);
    CHECK(y[2] == 50);
    CHECK(y[3] == 1000);
  }
  CHECK(applied(FORGE_ACT_SILU, {50, 1000}) == std::vector<float>{50, 1000});
  CHECK(applied(FORGE_ACT_RELU, {-1, -0.0f, 2}) == std::vector<float>{0, 0, 2});
  for (std::uint32_t a = FORGE_ACT_SILU; a <= FORGE_ACT_RELU; ++a)
    CHECK(std::isnan(applied(a, {std::nanf("")})[0]));
  std::vector<float> capped(3);
  const std::vector<float> x = {-1e30f, 0, 1e30f};
  tested().soft_cap(30, x.data(), capped.data(), 3);
  CHECK(capped == std::vector<float>{-30, 0, 30});
}

TEST_CASE("kernels: GELU and SiLU on a fine grid") {
  NEEDS_PROCESSOR();
  const std::vector<float> x = range(-12.0f, 12.0f, 200001);
  const auto check = [&](std::uint32_t activation, auto exact) {
    const std::vector<float> y = applied(activation, x);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      worst = std::max(
          worst, std::abs(y[i] - exact(double{x[i]})) / std::max(0.01, std::abs(double{x[i]})));
    INFO("error relative to x: " << worst);
    CHECK(worst < 5e-7);  // math.hpp: tanh 2e-7 and erf 1.5e-7 absolute, times x, and roundings
  };
  check(FORGE_ACT_GELU_ERF, [](double v) { return 0.5 * v * std::erfc(-v / std::sqrt(2.0)); });
  check(FORGE_ACT_GELU_TANH, [](double v) {
    return 0.5 * v *
           (1 + std::tanh(std::sqrt(2 / 3.14159265358979324) * (v + 0.044715 * v * v * v)));
  });
  check(FORGE_ACT_SILU, [](double v) { return v / (1 + std::exp(-v)); });
}

// A partial vector at the end computes what a whole one does, and writes no further.
TEST_CASE("kernels: the length of a row changes no element and writes nothing beyond") {
  NEEDS_PROCESSOR();
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  std::vector<float> x(100), z(100);
  for (float& v : x) v = normal(random);
  for (float& v : z) v = normal(random);
  const auto with_length = [&](std::size_t n, int which) {
    std::vector<float> y(x.size(), 77);
    switch (which) {
      case 0:
        tested().gated(FORGE_ACT_SILU, x.data(), z.data(), y.data(), n);
        break;
      case 1:
        tested().add(x.data(), z.data(), y.data(), n);
        break;
      case 2:
        tested().multiply(x.data(), z.data(), y.data(), n);
        break;
      case 3:
        tested().scale(0.3f, x.data(), y.data(), n);
        break;
      default:
        tested().soft_cap(2, x.data(), y.data(), n);
    }
    return y;
  };
  for (int which = 0; which < 5; ++which) {
    const std::vector<float> whole = with_length(100, which);
    for (std::size_t n = 0; n <= 100; ++n) {
      const std::vector<float> part = with_length(n, which);
      REQUIRE(std::memcmp(part.data(), whole.data(), n * sizeof(float)) == 0);
      for (std::size_t i = n; i < 100; ++i) REQUIRE(part[i] == 77);
    }
  }
}

struct Quantized {
  std::vector<std::int8_t> q;
  std::vector<float> scale;
  std::vector<std::int32_t> aux[4];
};

// With every kind of aux at a time.
Quantized quantize(const std::vector<float>& x) {
  Quantized out;
  out.q.resize(x.size());
  out.scale.resize(x.size() / kActBlock);
  QuantizedRow row = {};
  row.q = out.q.data();
  row.scale = out.scale.data();
  const AuxKind kinds[] = {
      {Aux::kOffset32, 8}, {Aux::kOffset16, 32}, {Aux::kMin32, 0}, {Aux::kMin16, 0}};
  row.n_aux = 4;
  for (std::size_t i = 0; i < 4; ++i) {
    out.aux[i].resize(aux_elements(kinds[i], x.size()));
    row.kinds[i] = kinds[i];
    row.aux[i] = out.aux[i].data();
  }
  tested().quantize_row(x.data(), x.size(), row);
  return out;
}

TEST_CASE("kernels: quantized activations are the nearest steps, with their sums beside them") {
  NEEDS_PROCESSOR();
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  std::vector<float> x(32 * 40);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = normal(random) * std::pow(10.0f, static_cast<float>(i / 32) - 20);
  const Quantized got = quantize(x);
  for (std::size_t b = 0; b < x.size() / 32; ++b) {
    float largest = 0;
    for (std::size_t i = 0; i < 32; ++i) largest = std::max(largest, std::abs(x[b * 32 + i]));
    const float levels = largest / got.scale[b];
    INFO("block " << b);
    CHECK(levels > 123.9f);
    CHECK(levels < 127.1f);
    int sums[2] = {0, 0};
    for (std::size_t i = 0; i < 32; ++i) {
      const int q = got.q[b * 32 + i];
      CHECK(std::abs(q) <= 127);
      // Half a step, and what dividing in f32 may add where two steps are as near.
      CHECK(std::abs(double{x[b * 32 + i]} - double{got.scale[b]} * q) <=
            double{got.scale[b]} * 0.50001);
      sums[i / 16] += q;
    }
    CHECK(got.aux[0][b] == -8 * (sums[0] + sums[1]));
    CHECK(got.aux[1][2 * b] == -32 * sums[0]);
    CHECK(got.aux[1][2 * b + 1] == -32 * sums[1]);
    const auto as_float = [](std::int32_t bits) {
      float f;
      std::memcpy(&f, &bits, sizeof(f));
      return f;
    };
    CHECK(as_float(got.aux[2][b]) == got.scale[b] * static_cast<float>(sums[0] + sums[1]));
    CHECK(as_float(got.aux[3][2 * b]) == got.scale[b] * static_cast<float>(sums[0]));
    CHECK(as_float(got.aux[3][2 * b + 1]) == got.scale[b] * static_cast<float>(sums[1]));
  }
}

TEST_CASE("kernels: zeros, numbers too small to count, and whole numbers quantize as they should") {
  NEEDS_PROCESSOR();
  std::vector<float> x(32 * 4, 0.0f);
  for (std::size_t i = 0; i < 32; ++i) {
    x[32 + i] = static_cast<float>(int(i) * 8 - 124);  // 127 among them: exact
    x[64 + i] = i == 3 ? 1e-40f : 0.0f;                // its reciprocal is no f32
    x[96 + i] = i % 2 == 0 ? 3e38f : -3e38f;
  }
  x[32] = -127;
  const Quantized got = quantize(x);
  CHECK(got.scale[0] == 0);
  CHECK(got.scale[1] == 1);
  for (std::size_t i = 0; i < 32; ++i) {
    CHECK(got.q[i] == 0);
    CHECK(got.q[32 + i] == static_cast<int>(x[32 + i]));
    CHECK(double{got.scale[2]} * got.q[64 + i] <= 1.1e-40);
    CHECK(double{got.scale[2]} * got.q[64 + i] >= -1.1e-40);
    CHECK(std::abs(double{got.scale[3]} * got.q[96 + i] - double{x[96 + i]}) < 3e36);
  }
  CHECK(got.scale[2] == 0);
  CHECK(got.aux[0][2] == 0);
}

TEST_CASE("kernels: an activation that is no number makes every product of its row none") {
  NEEDS_PROCESSOR();
  for (std::size_t at = 0; at < 32; ++at) {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
      std::vector<float> x(32, 0.5f);
      x[at] = bad;
      INFO("element " << at);
      CHECK(std::isnan(quantize(x).scale[0]));
      std::vector<float> zeros(64, 0.0f);
      zeros[at] = bad;
      CHECK(std::isnan(quantize(zeros).scale[0]));
      CHECK(std::isnan(quantize(zeros).scale[1]));
    }
  }
}

// A matrix of random numbers in the kernel's type, and rows of inputs in every form.
struct Matmul {
  Matmul(const KernelTable& table, const MatmulKernel& of, std::uint32_t rows)
      : kernel(of),
        n_rows(rows),
        n_in(of.input == Input::kInt8 ? 2 * std::max(of.format.block, 32u) : 301),
        n_out(2 * table.tile_rows + 3),
        stride(n_out + 5),
        n_aux(aux_elements(of.aux, n_in)) {
    const forge_codec_v1* codec = process_codecs().view().find(kernel.type);
    REQUIRE(codec != nullptr);
    std::mt19937 random(kernel.type + 1);
    std::normal_distribution<float> normal;
    w.resize(std::size_t{n_out} * n_in);
    x.resize(std::size_t{n_rows} * n_in);
    for (float& v : w) v = normal(random);
    for (float& v : x) v = normal(random);
    std::vector<std::uint8_t> blocks(w.size() / codec->block_elements * codec->block_bytes);
    REQUIRE(codec->quantize(w.data(), nullptr, n_out, n_in, blocks.data(), nullptr) == FORGE_OK);
    codec->dequantize(blocks.data(), w.data(), w.size());
    lines.resize(3 * kernel.format.tile_size(n_in) / sizeof(CacheLine));
    RepackArgs repack;
    repack.format = kernel.format;
    repack.rows = blocks.data();
    repack.row_bytes = blocks.size() / n_out;
    repack.n_in = n_in;
    repack.n_out = n_out;
    repack.tile_end = 3;
    repack.tiles = lines.data()->bytes;
    kernel.repack(repack);
    q.resize(x.size());
    scale.resize(n_rows * (n_in / 32) + 1);
    aux.resize(n_rows * n_aux + 1);
    bf16.resize(n_rows * bf16_stride());
    for (std::uint32_t r = 0; r < n_rows; ++r) {
      const float* const in = x.data() + std::size_t{r} * n_in;
      if (kernel.input == Input::kBf16)
        table.bfloat16.round_row(in, n_in, bf16.data() + r * bf16_stride());
      if (kernel.input != Input::kInt8) continue;
      QuantizedRow row = {};
      row.q = q.data() + std::size_t{r} * n_in;
      row.scale = scale.data() + r * (n_in / 32);
      row.n_aux = n_aux == 0 ? 0 : 1;
      row.kinds[0] = kernel.aux;
      row.aux[0] = aux.data() + r * n_aux;
      table.quantize_row(in, n_in, row);
    }
  }

  std::size_t bf16_stride() const { return (n_in + 1) / 2 * 2; }

  // n rows from `first` on, tiles [tile, end); y as all rows of all tiles.
  void run(std::vector<float>& y, std::uint32_t first, std::uint32_t n, std::uint32_t tile,
           std::uint32_t end) const {
    MatmulArgs a;
    a.format = kernel.format;
    a.weight.tiles = lines.data()->bytes;
    a.n_in = n_in;
    a.n_out = n_out;
    a.n_rows = n;
    a.q = q.data() + std::size_t{first} * n_in;
    a.q_stride = n_in;
    a.scale = scale.data() + first * (n_in / 32);
    a.scale_stride = n_in / 32;
    a.aux = aux.data() + first * n_aux;
    a.aux_stride = n_aux;
    a.x = x.data() + std::size_t{first} * n_in;
    a.x_stride = n_in;
    a.bf16 = bf16.data() + first * bf16_stride();
    a.bf16_stride = bf16_stride();
    a.y = y.data() + first * stride;
    a.y_stride = stride;
    a.tile_begin = tile;
    a.tile_end = end;
    kernel.run(a);
  }

  // What output o of row 0 is, and what it may be off by.
  void check(std::uint32_t o, float got) const {
    double exact = 0;
    double squares = 0;   // of weights
    double products = 0;  // squares of products
    for (std::uint32_t k = 0; k < n_in; ++k) {
      const double weight = w[std::size_t{o} * n_in + k];
      const double product = weight * x[k];
      exact += product;
      squares += weight * weight;
      products += product * product;
    }
    // f32 sums; eight standard deviations of rounding inputs to steps of at most 4 / 124 (no |x|
    // here is above 4) or to BF16, 2^-9 each.
    double bound = 1e-5 * std::sqrt(squares * n_in);
    if (kernel.input == Input::kInt8)
      bound = 8 * (4.0 / 124) / std::sqrt(12.0) * std::sqrt(squares);
    if (kernel.input == Input::kBf16) bound += 8 * 0x1p-9 / std::sqrt(3.0) * std::sqrt(products);
    INFO("output " << o << ": " << got << " where " << exact << " is right");
    REQUIRE(std::abs(got - exact) <= bound);
  }

  const MatmulKernel& kernel;
  const std::uint32_t n_rows, n_in, n_out;
  const std::size_t stride, n_aux;
  std::vector<float> w, x, scale;
  std::vector<CacheLine> lines;
  std::vector<std::int8_t> q;
  std::vector<std::int32_t> aux;
  std::vector<std::uint16_t> bf16;
};

// Every kernel: rows 1 .. 20, tiles one by one; the same bits as all at once, and nothing else
// written.
void check_matmul(const KernelTable& table, const MatmulKernel& kernel) {
  INFO(kernel.name);
  constexpr std::uint32_t kRows = 20;
  const Matmul m(table, kernel, kRows);
  std::vector<float> whole(kRows * m.stride, 77);
  m.run(whole, 0, kRows, 0, 3);
  for (std::uint32_t n = 1; n <= kRows; ++n) {
    std::vector<float> parts(kRows * m.stride, 77);
    for (std::uint32_t tile = 0; tile < 3; ++tile) {
      for (std::uint32_t first = 0; first < kRows; first += n)
        m.run(parts, first, std::min(n, kRows - first), 2 - tile, 3 - tile);
    }
    REQUIRE(std::memcmp(parts.data(), whole.data(), whole.size() * sizeof(float)) == 0);
  }
  for (std::uint32_t r = 0; r < kRows; ++r) {
    for (std::size_t i = m.n_out; i < m.stride; ++i) REQUIRE(whole[r * m.stride + i] == 77);
  }
  for (std::uint32_t o = 0; o < m.n_out; ++o) m.check(o, whole[o]);
}

TEST_CASE("kernels: matmul by tiles and by rows gives the bits of the whole") {
  NEEDS_PROCESSOR();
  static_cast<void>(process_codecs());
  for (const KernelTable* table : tables()) {
    for (const MatmulKernel& kernel : table->matmul) check_matmul(*table, kernel);
  }
}

TEST_CASE("kernels: more rows than a pass takes get the bits of each alone") {
  NEEDS_PROCESSOR();
  static_cast<void>(process_codecs());
  constexpr std::uint32_t kRows = 259;  // kPanelPass and three
  for (const KernelTable* table : tables()) {
    for (const MatmulKernel& kernel : table->matmul) {
      INFO(kernel.name);
      const Matmul m(*table, kernel, kRows);
      std::vector<float> whole(kRows * m.stride, 77), alone(kRows * m.stride, 77);
      m.run(whole, 0, kRows, 0, 3);
      for (std::uint32_t r = 0; r < kRows; ++r) m.run(alone, r, 1, 0, 3);
      REQUIRE(std::memcmp(whole.data(), alone.data(), whole.size() * sizeof(float)) == 0);
    }
  }
}

std::uint16_t nearest_bfloat16(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  const std::uint32_t low = bits & 0xffff;
  bits >>= 16;
  return static_cast<std::uint16_t>(bits + (low > 0x8000 || (low == 0x8000 && bits % 2 == 1)));
}

TEST_CASE("kernels: rows become the nearest BF16, halfway to even, and none with a NaN") {
  NEEDS_PROCESSOR();
  if (tested().bfloat16.round_row == nullptr) return;
  for (std::size_t n = 1; n <= 70; ++n) {
    std::mt19937 random(static_cast<std::uint32_t>(n));
    std::vector<float> x(n);
    for (float& v : x) {
      auto bits = static_cast<std::uint32_t>(random() & 0xbfffffff);
      if (random() % 2 == 0) bits >>= 3;
      if (random() % 2 == 0) bits = bits >> 15 << 15;  // halfway;
      std::memcpy(&v, &bits, sizeof(v));
    }
    for (float& v : x) v = std::isfinite(v) ? v : 1.5f;
    const std::size_t padded = (n + 1) / 2 * 2;
    std::vector<std::uint16_t> got(padded + 1, 0x7777);
    tested().bfloat16.round_row(x.data(), n, got.data());
    for (std::size_t i = 0; i < n; ++i) {
      INFO(x[i]);
      REQUIRE(got[i] == nearest_bfloat16(x[i]));
    }
    if (padded > n) REQUIRE(got[n] == 0);
    REQUIRE(got[padded] == 0x7777);
    for (const float bad : {std::nanf(""), -std::numeric_limits<float>::infinity()}) {
      x[n / 2] = bad;
      tested().bfloat16.round_row(x.data(), n, got.data());
      REQUIRE(std::count(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(n), 0x7fc0) ==
              static_cast<std::ptrdiff_t>(n));
    }
  }
}

TEST_CASE("kernels: the pack's own check of itself passes") {
  NEEDS_PROCESSOR();
  static_cast<void>(process_codecs());
  for (const KernelTable* table : tables()) {
    const Status status = check_kernels(*table);
    INFO(status.message());
    CHECK(status.ok());
  }
}

}  // namespace
}  // namespace forge::cpu
