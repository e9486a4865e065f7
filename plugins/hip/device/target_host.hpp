// plugins/hip/device/target_host.hpp: see target.hpp. The host compiler, for the simulator: each
// lane is a call of the kernel on a stack of its own. FORGE_SIM_GFX (11 or 12) says whose matrix
// fragments are copied: each lane sees exactly the elements that it would see on that GPU.
#ifndef FORGE_PLUGINS_HIP_DEVICE_TARGET_HOST_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_TARGET_HOST_HPP_

#include <bit>
#include <cmath>
#include <cstring>

#include "forge/sdk/half.hpp"
#include "tests/hipsim/lanes.hpp"

#ifndef FORGE_SIM_GFX
#error "FORGE_SIM_GFX says which GPU's matrix fragments are simulated: 11 or 12"
#endif
#define FORGE_GFX12 (FORGE_SIM_GFX == 12)
#define FORGE_FP8_ROWS (FORGE_GFX12 ? 128 : 0)
#define FORGE_SIM_TARGET (FORGE_GFX12 ? "gfx1201" : "gfx1100")

#define FORGE_DEVICE [[maybe_unused]] static inline
#define FORGE_METHOD
#define FORGE_LDS(type, name, count) static thread_local type name[count]
#define FORGE_KERNEL(name, Args, threads)                                                        \
  static void name(const Args& a);                                                               \
  [[maybe_unused]] static const bool name##_known =                                              \
      (hipsim::register_kernel({FORGE_SIM_TARGET, #name,                                         \
                                [](const void* args) { name(*static_cast<const Args*>(args)); }, \
                                sizeof(Args)}),                                                  \
       true);                                                                                    \
  static void name(const Args& a)
#define FORGE_STREAM_KERNEL(name, Args, threads) FORGE_KERNEL(name, Args, threads)
#define FORGE_DENSE_KERNEL(name, Args, threads) FORGE_KERNEL(name, Args, threads)
#define FORGE_UNROLL(n)
#define FORGE_UNROLL_ALL

namespace forge::hip::device {

FORGE_DEVICE uint32_t thread() { return hipsim::thread(); }
FORGE_DEVICE uint32_t block_x() { return hipsim::block(0); }
FORGE_DEVICE uint32_t block_y() { return hipsim::block(1); }
FORGE_DEVICE uint32_t block_z() { return hipsim::block(2); }
FORGE_DEVICE void barrier() { hipsim::barrier(); }
FORGE_DEVICE void wave_barrier() {
  const char nothing = 0;
  hipsim::wave_gather(&nothing, 1);
}

template <int kMask, class T>
FORGE_DEVICE T shuffle_xor(T v) {
  return static_cast<const T*>(hipsim::wave_gather(&v, sizeof(v)))[(thread() % 32) ^ kMask];
}

template <class T>
FORGE_DEVICE void opaque(T&) {}

// Keeps the compiler from loading far ahead, which costs registers.
FORGE_DEVICE void schedule_here() {}

FORGE_DEVICE float max_of(float a, float b) { return std::fmax(a, b); }
FORGE_DEVICE float abs_of(float a) { return std::fabs(a); }
FORGE_DEVICE float fma_of(float a, float b, float c) { return std::fma(a, b, c); }
FORGE_DEVICE float exp2_of(float x) { return std::exp2(x); }
// There is no instruction for it.
inline constexpr bool kHasPrefetch = false;
FORGE_DEVICE void prefetch(const void*) {}

FORGE_DEVICE float sqrt_of(float x) { return std::sqrt(x); }
FORGE_DEVICE float round_of(float x) { return std::nearbyint(x); }
FORGE_DEVICE float float_of_half(uint16_t h) { return forge::half_to_float(h); }
FORGE_DEVICE uint16_t half_of_float(float f) { return forge::float_to_half(f); }
FORGE_DEVICE float float_of_bits(uint32_t b) { return std::bit_cast<float>(b); }
FORGE_DEVICE uint32_t bits_of_float(float f) { return std::bit_cast<uint32_t>(f); }

// What f makes of the two halves of words; a product of halves is exact as a float.
template <class F>
FORGE_DEVICE uint32_t by_halves(const F& f) {
  const auto one = [&](uint32_t shift) {
    return uint32_t{half_of_float(f(
               [&](uint32_t word) { return float_of_half(static_cast<uint16_t>(word >> shift)); }))}
           << shift;
  };
  return one(0) | one(16);
}
FORGE_DEVICE uint32_t add_halves(uint32_t a, uint32_t b) {
  return by_halves([&](const auto& of) { return of(a) + of(b); });
}
FORGE_DEVICE uint32_t multiply_halves(uint32_t a, uint32_t b) {
  return by_halves([&](const auto& of) { return of(a) * of(b); });
}
FORGE_DEVICE uint32_t fma_halves(uint32_t a, uint32_t b, uint32_t c) {
  return by_halves([&](const auto& of) { return std::fma(of(a), of(b), of(c)); });
}
template <int kUpper>
FORGE_DEVICE uint32_t spread_bytes(uint32_t v, uint32_t fill) {
  v >>= 16 * kUpper;
  return (v & 255) | (v & 0xff00) << 8 | fill << 8 | fill << 24;
}

template <bool kSigned>
FORGE_DEVICE int32_t dot4(uint32_t a, uint32_t b, int32_t c) {
  for (int i = 0; i < 4; ++i) {
    const auto x = static_cast<uint8_t>(a >> 8 * i);
    const auto y = static_cast<int8_t>(b >> 8 * i);
    c += (kSigned ? static_cast<int8_t>(x) : static_cast<int32_t>(x)) * y;
  }
  return c;
}

FORGE_DEVICE uint32_t lookup16(const uint32_t (&table)[4], uint32_t index) {
  uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    const uint32_t at = index >> 8 * i & 15;
    out |= (table[at / 4] >> 8 * (at % 4) & 255) << 8 * i;
  }
  return out;
}

struct TileLayout {
  static constexpr int kColumns = 16, kARows = 1, kCRows = 8, kCColumns = 1, kElements = 8;
  static uint32_t row_of(uint32_t l) { return FORGE_GFX12 ? l & 15 : (l & 15) / 2 + 8 * (l & 1); }
  static uint32_t a_row(int) { return row_of(thread()); }
  static uint32_t b_column() { return thread() & 15; }
  static uint32_t c_row(int i) { return static_cast<uint32_t>(i) + 8 * (thread() >> 4 & 1); }
  static uint32_t c_column(int) { return thread() & 15; }

 protected:
  // What all lanes hold, put together: words [16 rows or columns][kWords] of A and B. gfx11 holds
  // everything twice, gfx12 one half in each half of the wave.
  template <int kRun, int kWords>
  struct Operands {
    uint32_t a[16][kWords], b[16][kWords];
  };
  template <int kRun, int kWords>
  static Operands<kRun, kWords> gather(const uint32_t (&a)[kRun], const uint32_t (&b)[kRun]) {
    uint32_t mine[2 * kRun];
    std::memcpy(mine, a, sizeof(a));
    std::memcpy(mine + kRun, b, sizeof(b));
    const auto* all = static_cast<const uint32_t*>(hipsim::wave_gather(mine, sizeof(mine)));
    Operands<kRun, kWords> operands;
    for (uint32_t l = 0; l < 32; ++l) {
      const uint32_t* lane = all + l * 2 * kRun;
      // On gfx11 lanes 16 to 31 must agree with 0 to 15, or the hardware would not do what is
      // meant.
      const uint32_t at = kRun == kWords ? 0 : kRun * (l / 16);
      for (int i = 0; i < kRun; ++i) {
        const bool again = kRun == kWords && l >= 16;
        uint32_t& to_a = operands.a[row_of(l)][at + static_cast<uint32_t>(i)];
        uint32_t& to_b = operands.b[l & 15][at + static_cast<uint32_t>(i)];
        to_a = again && to_a != lane[i] ? kDisagree : lane[i];
        to_b = again && to_b != lane[kRun + i] ? kDisagree : lane[kRun + i];
      }
    }
    return operands;
  }
  static constexpr uint32_t kDisagree = 0x7f7f7f7f;  // makes the product visibly wrong
};

struct Int8Tile : TileLayout {
  static constexpr int kRun = FORGE_GFX12 ? 2 : 4;
  static uint32_t first() { return FORGE_GFX12 ? 2 * (thread() >> 4 & 1) : 0; }
  struct Start {
    int32_t of[8];
  };
  static Start start_from(int32_t v) { return {{v, v, v, v, v, v, v, v}}; }
  static Start start_from(const int32_t (&sums)[8]) {
    Start start;
    std::memcpy(start.of, sums, sizeof(sums));
    return start;
  }
  template <bool kSigned>
  static void multiply(int32_t (&out)[8], const uint32_t (&a)[kRun], const uint32_t (&b)[kRun],
                       const Start& start) {
    std::memcpy(out, start.of, sizeof(out));
    add<kSigned>(out, a, b);
  }
  template <bool kSigned>
  static void multiply2(int32_t (&out)[8], const uint32_t (&a0)[kRun], const uint32_t (&a1)[kRun],
                        const uint32_t (&b0)[kRun], const uint32_t (&b1)[kRun],
                        const Start& start) {
    std::memcpy(out, start.of, sizeof(out));
    add<kSigned>(out, a0, b0);
    add<kSigned>(out, a1, b1);
  }
  static void load_a(uint32_t (&half0)[kRun], uint32_t (&half1)[kRun], const uint8_t* rows,
                     uint32_t stride) {
    const uint8_t* row = rows + a_row(0) * stride + 4 * first();
    std::memcpy(half0, row, sizeof(half0));
    std::memcpy(half1, row + 16, sizeof(half1));
  }
  static void load_two(uint32_t (&b0)[2][kRun], uint32_t (&b1)[2][kRun], const uint8_t* rows,
                       uint32_t stride) {
    for (uint32_t t = 0; t < 2; ++t) {
      const uint8_t* row = rows + (16 * t + b_column()) * stride + 4 * first();
      std::memcpy(b0[t], row, sizeof(b0[t]));
      std::memcpy(b1[t], row + 16, sizeof(b1[t]));
    }
  }

 private:
  template <bool kSigned>
  static void add(int32_t (&c)[8], const uint32_t (&a)[kRun], const uint32_t (&b)[kRun]) {
    const auto all = gather<kRun, 4>(a, b);
    for (int e = 0; e < 8; ++e) {
      for (int w = 0; w < 4; ++w)
        c[e] = dot4<kSigned>(all.a[c_row(e)][w], all.b[c_column(0)][w], c[e]);
    }
  }
};

struct HalfTile : TileLayout {
  static constexpr int kRun = FORGE_GFX12 ? 4 : 8;
  static uint32_t first() { return FORGE_GFX12 ? 4 * (thread() >> 4 & 1) : 0; }
  static void multiply(float (&c)[8], const uint32_t (&a)[kRun], const uint32_t (&b)[kRun]) {
    const auto all = gather<kRun, 8>(a, b);
    float column[16];
    for (uint32_t k = 0; k < 16; ++k) column[k] = half(all.b[c_column(0)], k);
    for (int e = 0; e < 8; ++e) {
      float sum = c[e];
      for (uint32_t k = 0; k < 16; ++k) sum += half(all.a[c_row(e)], k) * column[k];
      c[e] = sum;
    }
  }

 private:
  static float half(const uint32_t (&words)[8], uint32_t k) {
    return float_of_half(static_cast<uint16_t>(words[k / 2] >> 16 * (k % 2)));
  }
};

#if FORGE_FP8_ROWS
// E4M3 as OCP's "8-bit Floating Point Specification" 1.0 has it: 1 sign, 4 exponent bits (bias 7),
// 3 of the fraction; no infinities, the largest number is 448. To nearest, ties to even.
FORGE_DEVICE uint32_t fp8_of_float(float v) {
  const uint32_t sign = std::signbit(v) ? 0x80 : 0;
  const float a = std::fmin(std::fabs(v), 448.0f);
  const int exponent = a < 0x1p-6f ? -6 : std::ilogb(a);
  const float eighths = std::nearbyint(std::ldexp(a, 3 - exponent));  // 8 .. 16; below: subnormal
  // 16 eighths are 8 of the next exponent, and 8 of the smallest are its first normal number.
  return sign | static_cast<uint32_t>(static_cast<int>(eighths) + 8 * (exponent + 6));
}
FORGE_DEVICE float float_of_fp8(uint32_t byte) {
  const int exponent = static_cast<int>(byte >> 3 & 15), fraction = static_cast<int>(byte & 7);
  const float a = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -9)
                                : std::ldexp(static_cast<float>(8 + fraction), exponent - 10);
  return (byte & 0x80) != 0 ? -a : a;
}

FORGE_DEVICE uint32_t fp8_of(float a, float b, float c, float d) {
  return fp8_of_float(a) | fp8_of_float(b) << 8 | fp8_of_float(c) << 16 | fp8_of_float(d) << 24;
}

FORGE_DEVICE uint32_t fp8_of_bytes(uint32_t bytes, float d, float m) {
  const auto of = [&](int i) { return fma_of(static_cast<float>(bytes >> 8 * i & 255), d, m); };
  return fp8_of(of(0), of(1), of(2), of(3));
}

struct Fp8Tile : TileLayout {
  static constexpr int kRun = Int8Tile::kRun;
  static void multiply2(float (&c)[8], const uint32_t (&a0)[kRun], const uint32_t (&a1)[kRun],
                        const uint32_t (&b0)[kRun], const uint32_t (&b1)[kRun]) {
    add(c, a0, b0);
    add(c, a1, b1);
  }

 private:
  static float at(const uint32_t (&words)[4], uint32_t k) {
    return float_of_fp8(words[k / 4] >> 8 * (k % 4) & 255);
  }
  static void add(float (&c)[8], const uint32_t (&a)[kRun], const uint32_t (&b)[kRun]) {
    const auto all = gather<kRun, 4>(a, b);
    float column[16];
    for (uint32_t k = 0; k < 16; ++k) column[k] = at(all.b[c_column(0)], k);
    for (int e = 0; e < 8; ++e) {
      for (uint32_t k = 0; k < 16; ++k) c[e] += at(all.a[c_row(e)], k) * column[k];
    }
  }
};
#endif

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_TARGET_HOST_HPP_
