// plugins/hip/device/target_amdgcn.hpp: see target.hpp. RDNA3 (gfx11) and RDNA4 (gfx12), wave32,
// compiled by plain clang: everything here is a builtin of the compiler.
#ifndef FORGE_PLUGINS_HIP_DEVICE_TARGET_AMDGCN_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_TARGET_AMDGCN_HPP_

#if defined(__gfx1200__) || defined(__gfx1201__)
#define FORGE_GFX12 1
#else
#define FORGE_GFX12 0
#endif

#define FORGE_FP8_ROWS (FORGE_GFX12 ? 128 : 0)
#define FORGE_DEVICE static inline __attribute__((device, always_inline))
#define FORGE_METHOD __attribute__((device, always_inline))
#define FORGE_LDS(type, name, count) static __attribute__((shared)) type name[count]
#define FORGE_KERNEL(name, Args, threads)                                                      \
  extern "C" __attribute__((global, amdgpu_flat_work_group_size(threads, threads))) void name( \
      Args a)
#define FORGE_STREAM_KERNEL(name, Args, threads) FORGE_KERNEL(name, Args, threads)
#define FORGE_DENSE_KERNEL(name, Args, threads) FORGE_KERNEL(name, Args, threads)
#define FORGE_PRAGMA(text) _Pragma(#text)
#define FORGE_UNROLL(n) FORGE_PRAGMA(unroll n)
#define FORGE_UNROLL_ALL _Pragma("unroll")

namespace forge::hip::device {

FORGE_DEVICE uint32_t thread() { return __builtin_amdgcn_workitem_id_x(); }
FORGE_DEVICE uint32_t block_x() { return __builtin_amdgcn_workgroup_id_x(); }
FORGE_DEVICE uint32_t block_y() { return __builtin_amdgcn_workgroup_id_y(); }
FORGE_DEVICE uint32_t block_z() { return __builtin_amdgcn_workgroup_id_z(); }

FORGE_DEVICE void barrier() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

// Of the lanes of a wave: what they wrote to LDS is seen by each other afterwards.
FORGE_DEVICE void wave_barrier() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
  __builtin_amdgcn_wave_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
}

// Within 16 lanes by DPP; across them by v_permlanex16. LLVM 19 moves the latter into a divergent
// block that follows it, where its source lane is off (llvm-project PR 142962); the empty asm pins
// it.
template <int kMask>
FORGE_DEVICE uint32_t shuffle_xor_word(uint32_t v) {
  if constexpr (kMask < 16) {
    return static_cast<uint32_t>(
        __builtin_amdgcn_update_dpp(0, static_cast<int>(v), 0x160 + kMask, 0xf, 0xf, true));
  } else {
    uint32_t x = __builtin_amdgcn_permlanex16(v, v, 0x76543210, 0xfedcba98, false, false);
    asm volatile("" : "+v"(x));
    return x;
  }
}

template <int kMask, class T>
FORGE_DEVICE T shuffle_xor(T v) {
  return __builtin_bit_cast(T, shuffle_xor_word<kMask>(__builtin_bit_cast(uint32_t, v)));
}

// A value that the compiler knows nothing about from here on, and has to have made.
template <class T>
FORGE_DEVICE void opaque(T& v) {
  asm volatile("" : "+v"(v));
}

// Keeps the compiler from loading far ahead, which costs registers.
FORGE_DEVICE void schedule_here() { __builtin_amdgcn_sched_barrier(0); }

FORGE_DEVICE float max_of(float a, float b) { return __builtin_fmaxf(a, b); }
FORGE_DEVICE float abs_of(float a) { return __builtin_fabsf(a); }
FORGE_DEVICE float fma_of(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
FORGE_DEVICE float exp2_of(float x) { return __builtin_amdgcn_exp2f(x); }
// There is no instruction for it.
inline constexpr bool kHasPrefetch = false;
FORGE_DEVICE void prefetch(const void*) {}

FORGE_DEVICE float sqrt_of(float x) { return __builtin_sqrtf(x); }
FORGE_DEVICE float round_of(float x) { return __builtin_rintf(x); }

FORGE_DEVICE float float_of_half(uint16_t h) {
  return static_cast<float>(__builtin_bit_cast(_Float16, h));
}
FORGE_DEVICE uint16_t half_of_float(float f) {
  return __builtin_bit_cast(uint16_t, static_cast<_Float16>(f));
}
FORGE_DEVICE float float_of_bits(uint32_t b) { return __builtin_bit_cast(float, b); }
FORGE_DEVICE uint32_t bits_of_float(float f) { return __builtin_bit_cast(uint32_t, f); }

typedef _Float16 ForgeHalf2 __attribute__((ext_vector_type(2)));

FORGE_DEVICE uint32_t add_halves(uint32_t a, uint32_t b) {
  return __builtin_bit_cast(uint32_t,
                            __builtin_bit_cast(ForgeHalf2, a) + __builtin_bit_cast(ForgeHalf2, b));
}
FORGE_DEVICE uint32_t multiply_halves(uint32_t a, uint32_t b) {
  return __builtin_bit_cast(uint32_t,
                            __builtin_bit_cast(ForgeHalf2, a) * __builtin_bit_cast(ForgeHalf2, b));
}
FORGE_DEVICE uint32_t fma_halves(uint32_t a, uint32_t b, uint32_t c) {
  return __builtin_bit_cast(uint32_t, __builtin_elementwise_fma(__builtin_bit_cast(ForgeHalf2, a),
                                                                __builtin_bit_cast(ForgeHalf2, b),
                                                                __builtin_bit_cast(ForgeHalf2, c)));
}
template <int kUpper>
FORGE_DEVICE uint32_t spread_bytes(uint32_t v, uint32_t fill) {
  return __builtin_amdgcn_perm(fill, v, kUpper ? 0x04030402u : 0x04010400u);
}

// c + sum of 4 products of bytes; b's are signed, a's if kSigned.
template <bool kSigned>
FORGE_DEVICE int32_t dot4(uint32_t a, uint32_t b, int32_t c) {
  return __builtin_amdgcn_sudot4(kSigned, static_cast<int>(a), true, static_cast<int>(b), c, false);
}

// Bytes of a table of 16 picked by the bytes of `index`, each 0 to 15.
FORGE_DEVICE uint32_t lookup16(const uint32_t (&table)[4], uint32_t index) {
  const uint32_t seven = index & 0x07070707u;
  const uint32_t low = __builtin_amdgcn_perm(table[1], table[0], seven);
  const uint32_t high = __builtin_amdgcn_perm(table[3], table[2], seven);
  const uint32_t mask = ((index >> 3) & 0x01010101u) * 255u;
  return (low & ~mask) | (high & mask);
}

typedef int ForgeInt2 __attribute__((ext_vector_type(2)));
typedef int ForgeInt4 __attribute__((ext_vector_type(4)));
typedef int ForgeInt8 __attribute__((ext_vector_type(8)));
typedef float ForgeFloat8 __attribute__((ext_vector_type(8)));
typedef _Float16 ForgeHalf8 __attribute__((ext_vector_type(8)));
typedef _Float16 ForgeHalf16 __attribute__((ext_vector_type(16)));

// gfx11: lanes l and l + 16 hold the same 16 k of row (column) l & 15; element i of C is row 2 i +
// (l >> 4). Lane l therefore holds row (l & 15) / 2 + 8 (l & 1) of A, which makes element i row i +
// 8 (l >> 4). gfx12: lane l holds 8 k, those from 8 (l >> 4); C's element i is row i + 8 (l >> 4).
// Rationale for one C on both: the rows of a lane are neighbours, so their scales are one load.
struct TileLayout {
  static constexpr int kColumns = 16, kARows = 1, kCRows = 8, kCColumns = 1, kElements = 8;
  static __attribute__((device, always_inline)) uint32_t a_row(int) {
    const uint32_t l = thread() & 15;
    return FORGE_GFX12 ? l : (l >> 1) + 8 * (l & 1);
  }
  static __attribute__((device, always_inline)) uint32_t b_column() { return thread() & 15; }
  static __attribute__((device, always_inline)) uint32_t c_row(int i) {
    return static_cast<uint32_t>(i) + 8 * ((thread() >> 4) & 1);
  }
  static __attribute__((device, always_inline)) uint32_t c_column(int) { return thread() & 15; }
};

struct Int8Tile : TileLayout {
  static constexpr int kRun = FORGE_GFX12 ? 2 : 4;
  typedef uint32_t Words __attribute__((ext_vector_type(kRun)));
  static __attribute__((device, always_inline)) uint32_t first() {
    return FORGE_GFX12 ? 2 * ((thread() >> 4) & 1) : 0;
  }
  // What the sums of a lane's elements start from, made once. The compiler does not get to know
  // that they are constants: else it moves them into registers for every product.
  struct Start {
    ForgeInt8 of;
  };
  static __attribute__((device, always_inline)) Start start_from(int32_t v) {
    Start start;
    for (int i = 0; i < 8; ++i) start.of[i] = v;
    asm volatile("" : "+v"(start.of));
    return start;
  }
  static __attribute__((device, always_inline)) Start start_from(const int32_t (&sums)[8]) {
    Start start;
    for (int i = 0; i < 8; ++i) start.of[i] = sums[i];
    return start;
  }
  // One product of 16 k: out = start + a * b. A is signed if kSigned.
  template <bool kSigned>
  static __attribute__((device, always_inline)) void multiply(int32_t (&out)[8],
                                                              const uint32_t (&a)[kRun],
                                                              const uint32_t (&b)[kRun],
                                                              const Start& start) {
    ForgeInt8 acc = start.of;
    add<kSigned>(acc, a, b);
    for (int i = 0; i < 8; ++i) out[i] = acc[i];
  }
  // Two of them.
  template <bool kSigned>
  static __attribute__((device, always_inline)) void multiply2(
      int32_t (&out)[8], const uint32_t (&a0)[kRun], const uint32_t (&a1)[kRun],
      const uint32_t (&b0)[kRun], const uint32_t (&b1)[kRun], const Start& start) {
    ForgeInt8 acc = start.of;
    add<kSigned>(acc, a0, b0);
    add<kSigned>(acc, a1, b1);
    for (int i = 0; i < 8; ++i) out[i] = acc[i];
  }
  // The lane's row of A in both halves of a block: rows of 32 bytes, `stride` bytes apart, in LDS.
  static __attribute__((device, always_inline)) void load_a(uint32_t (&half0)[kRun],
                                                            uint32_t (&half1)[kRun],
                                                            const uint8_t* rows, uint32_t stride) {
    const uint8_t* row = rows + a_row(0) * stride + 4 * first();
    const auto low = *reinterpret_cast<const Words*>(row);
    const auto high = *reinterpret_cast<const Words*>(row + 16);
    for (int i = 0; i < kRun; ++i) {
      half0[i] = low[i];
      half1[i] = high[i];
    }
  }
  // The lane's columns of two neighbouring tiles of B: rows of 32 bytes, `stride` bytes apart, in
  // LDS.
  static __attribute__((device, always_inline)) void load_two(uint32_t (&b0)[2][kRun],
                                                              uint32_t (&b1)[2][kRun],
                                                              const uint8_t* rows,
                                                              uint32_t stride) {
    FORGE_UNROLL_ALL
    for (int t = 0; t < 2; ++t) {
      const uint8_t* row =
          rows + (16 * static_cast<uint32_t>(t) + b_column()) * stride + 4 * first();
      const auto low = *reinterpret_cast<const Words*>(row);
      const auto high = *reinterpret_cast<const Words*>(row + 16);
      for (int i = 0; i < kRun; ++i) {
        b0[t][i] = low[i];
        b1[t][i] = high[i];
      }
    }
  }

 private:
  template <bool kSigned>
  static __attribute__((device, always_inline)) void add(ForgeInt8& acc, const uint32_t (&a)[kRun],
                                                         const uint32_t (&b)[kRun]) {
#if FORGE_GFX12
    const ForgeInt2 x = {static_cast<int>(a[0]), static_cast<int>(a[1])};
    const ForgeInt2 y = {static_cast<int>(b[0]), static_cast<int>(b[1])};
    acc = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32_gfx12(kSigned, x, true, y, acc, false);
#else
    const ForgeInt4 x = {static_cast<int>(a[0]), static_cast<int>(a[1]), static_cast<int>(a[2]),
                         static_cast<int>(a[3])};
    const ForgeInt4 y = {static_cast<int>(b[0]), static_cast<int>(b[1]), static_cast<int>(b[2]),
                         static_cast<int>(b[3])};
    acc = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(kSigned, x, true, y, acc, false);
#endif
  }
};

struct HalfTile : TileLayout {
  static constexpr int kRun = FORGE_GFX12 ? 4 : 8;
  static __attribute__((device, always_inline)) uint32_t first() {
    return FORGE_GFX12 ? 4 * ((thread() >> 4) & 1) : 0;
  }
  static __attribute__((device, always_inline)) void multiply(float (&c)[8],
                                                              const uint32_t (&a)[kRun],
                                                              const uint32_t (&b)[kRun]) {
    ForgeFloat8 acc;
    for (int i = 0; i < 8; ++i) acc[i] = c[i];
#if FORGE_GFX12
    acc = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32_gfx12(__builtin_bit_cast(ForgeHalf8, a),
                                                           __builtin_bit_cast(ForgeHalf8, b), acc);
#else
    acc = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(__builtin_bit_cast(ForgeHalf16, a),
                                                     __builtin_bit_cast(ForgeHalf16, b), acc);
#endif
    for (int i = 0; i < 8; ++i) c[i] = acc[i];
  }
};

#if FORGE_GFX12
// Four floats of at most 448 as E4M3.
FORGE_DEVICE uint32_t fp8_of(float a, float b, float c, float d) {
  const int low = __builtin_amdgcn_cvt_pk_fp8_f32(a, b, 0, false);
  return static_cast<uint32_t>(__builtin_amdgcn_cvt_pk_fp8_f32(c, d, low, true));
}

// u * d + m of each unsigned byte of a word.
FORGE_DEVICE uint32_t fp8_of_bytes(uint32_t bytes, float d, float m) {
  float v[4];
  for (uint32_t i = 0; i < 4; ++i) v[i] = fma_of(static_cast<float>(bytes >> 8 * i & 255), d, m);
  return fp8_of(v[0], v[1], v[2], v[3]);
}

// Operands as Int8Tile has them.
struct Fp8Tile : TileLayout {
  static constexpr int kRun = Int8Tile::kRun;
  // c += both products of 16 k.
  static __attribute__((device, always_inline)) void multiply2(float (&c)[8],
                                                               const uint32_t (&a0)[kRun],
                                                               const uint32_t (&a1)[kRun],
                                                               const uint32_t (&b0)[kRun],
                                                               const uint32_t (&b1)[kRun]) {
    ForgeFloat8 acc;
    for (int i = 0; i < 8; ++i) acc[i] = c[i];
    acc = __builtin_amdgcn_wmma_f32_16x16x16_fp8_fp8_w32_gfx12(
        __builtin_bit_cast(ForgeInt2, a0), __builtin_bit_cast(ForgeInt2, b0), acc);
    acc = __builtin_amdgcn_wmma_f32_16x16x16_fp8_fp8_w32_gfx12(
        __builtin_bit_cast(ForgeInt2, a1), __builtin_bit_cast(ForgeInt2, b1), acc);
    for (int i = 0; i < 8; ++i) c[i] = acc[i];
  }
};
#endif

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_TARGET_AMDGCN_HPP_
