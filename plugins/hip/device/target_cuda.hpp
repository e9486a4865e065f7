// plugins/hip/device/target_cuda.hpp: see target.hpp. NVIDIA, compute capability 8.0 and later.
#ifndef FORGE_PLUGINS_HIP_DEVICE_TARGET_CUDA_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_TARGET_CUDA_HPP_

#include <cuda_fp16.h>

#define FORGE_FP8_ROWS 64
#define FORGE_DEVICE static __device__ __forceinline__
#define FORGE_METHOD __device__ __forceinline__
#define FORGE_LDS(type, name, count) __shared__ type name[count]
#define FORGE_KERNEL(name, Args, threads) \
  extern "C" __global__ void __launch_bounds__(threads) name(const __grid_constant__ Args a)
// Reads weights once, and needs many waves for that.
#define FORGE_STREAM_KERNEL(name, Args, threads) \
  extern "C" __global__ void __launch_bounds__(threads, 3) name(const __grid_constant__ Args a)
#define FORGE_DENSE_KERNEL(name, Args, threads) \
  extern "C" __global__ void __launch_bounds__(threads, 2) name(const __grid_constant__ Args a)
#define FORGE_PRAGMA(text) _Pragma(#text)
#define FORGE_UNROLL(n) FORGE_PRAGMA(unroll n)
#define FORGE_UNROLL_ALL _Pragma("unroll")

namespace forge::hip::device {

FORGE_DEVICE uint32_t thread() { return threadIdx.x; }
FORGE_DEVICE uint32_t block_x() { return blockIdx.x; }
FORGE_DEVICE uint32_t block_y() { return blockIdx.y; }
FORGE_DEVICE uint32_t block_z() { return blockIdx.z; }
FORGE_DEVICE void barrier() { __syncthreads(); }
FORGE_DEVICE void wave_barrier() { __syncwarp(); }

template <int kMask, class T>
FORGE_DEVICE T shuffle_xor(T v) {
  return __shfl_xor_sync(0xffffffffu, v, kMask);
}

// Begins to bring a line of kLine bytes into the cache that all multiprocessors share.
inline constexpr bool kHasPrefetch = true;
FORGE_DEVICE void prefetch(const void* p) { asm volatile("prefetch.global.L2 [%0];" : : "l"(p)); }

// A value that the compiler knows nothing about from here on, and has to have made.
FORGE_DEVICE void opaque(uint32_t& v) { asm volatile("" : "+r"(v)); }
FORGE_DEVICE void opaque(int32_t& v) { asm volatile("" : "+r"(v)); }
FORGE_DEVICE void opaque(float& v) { asm volatile("" : "+f"(v)); }

// Keeps the compiler from loading far ahead, which costs registers.
FORGE_DEVICE void schedule_here() {}

FORGE_DEVICE float max_of(float a, float b) { return fmaxf(a, b); }
FORGE_DEVICE float abs_of(float a) { return fabsf(a); }
FORGE_DEVICE float fma_of(float a, float b, float c) { return __fmaf_rn(a, b, c); }
FORGE_DEVICE float exp2_of(float x) { return exp2f(x); }
FORGE_DEVICE float sqrt_of(float x) { return __fsqrt_rn(x); }
FORGE_DEVICE float round_of(float x) { return rintf(x); }
FORGE_DEVICE float float_of_half(uint16_t h) { return __half2float(__ushort_as_half(h)); }
FORGE_DEVICE uint16_t half_of_float(float f) { return __half_as_ushort(__float2half_rn(f)); }
FORGE_DEVICE float float_of_bits(uint32_t b) { return __uint_as_float(b); }
FORGE_DEVICE uint32_t bits_of_float(float f) { return __float_as_uint(f); }

FORGE_DEVICE uint32_t add_halves(uint32_t a, uint32_t b) {
  asm("add.rn.f16x2 %0, %0, %1;" : "+r"(a) : "r"(b));
  return a;
}
FORGE_DEVICE uint32_t multiply_halves(uint32_t a, uint32_t b) {
  asm("mul.rn.f16x2 %0, %0, %1;" : "+r"(a) : "r"(b));
  return a;
}
FORGE_DEVICE uint32_t fma_halves(uint32_t a, uint32_t b, uint32_t c) {
  asm("fma.rn.f16x2 %0, %0, %1, %2;" : "+r"(a) : "r"(b), "r"(c));
  return a;
}
template <int kUpper>
FORGE_DEVICE uint32_t spread_bytes(uint32_t v, uint32_t fill) {
  return __byte_perm(v, fill, kUpper ? 0x4342 : 0x4140);
}

template <bool kSigned>
FORGE_DEVICE int32_t dot4(uint32_t a, uint32_t b, int32_t c) {
  int32_t d;
  if constexpr (kSigned)
    asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
  else
    asm("dp4a.u32.s32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
  return d;
}

FORGE_DEVICE uint32_t lookup16(const uint32_t (&table)[4], uint32_t index) {
  uint32_t pick = (index | (index >> 4)) & 0x00ff00ffu;  // four nibbles next to each other
  pick = (pick | (pick >> 8)) & 0xffffu;
  const uint32_t low = __byte_perm(table[0], table[1], pick & 0x7777u);
  const uint32_t high = __byte_perm(table[2], table[3], pick & 0x7777u);
  const uint32_t mask = ((index >> 3) & 0x01010101u) * 255u;
  return (low & ~mask) | (high & mask);
}

// mma.m16n8: with g = lane / 4 and t = lane % 4, a lane holds rows g and g + 8 of A, column g of B,
// and of C rows g and g + 8 at columns 2 t and 2 t + 1.
struct TileLayout {
  static constexpr int kColumns = 8, kARows = 2, kCRows = 2, kCColumns = 2, kElements = 4;
  static __device__ __forceinline__ uint32_t a_row(int i) {
    return ((thread() >> 2) & 7) + 8 * static_cast<uint32_t>(i);
  }
  static __device__ __forceinline__ uint32_t b_column() { return (thread() >> 2) & 7; }
  static __device__ __forceinline__ uint32_t c_row(int i) { return a_row(i); }
  static __device__ __forceinline__ uint32_t c_column(int j) {
    return 2 * (thread() & 3) + static_cast<uint32_t>(j);
  }
};

struct Int8Tile : TileLayout {
  static constexpr int kRun = 1;
  static __device__ __forceinline__ uint32_t first() { return thread() & 3; }
  // What the sums of a lane's elements start from, made once. Four values that the assembler does
  // not know to be the same (workgroups have one dimension): else it copies one into four registers
  // for every product.
  struct Start {
    int32_t of[4];
  };
  static __device__ __forceinline__ Start start_from(int32_t v) {
    return {{v + static_cast<int32_t>(threadIdx.y), v + static_cast<int32_t>(threadIdx.z),
             v - 1 + static_cast<int32_t>(blockDim.y), v - 1 + static_cast<int32_t>(blockDim.z)}};
  }
  static __device__ __forceinline__ Start start_from(const int32_t (&sums)[4]) {
    return {{sums[0], sums[1], sums[2], sums[3]}};
  }
  template <bool kSigned>
  static __device__ __forceinline__ void multiply(int32_t (&out)[4], const uint32_t (&a)[2],
                                                  const uint32_t (&b)[1], const Start& start) {
    if constexpr (kSigned)
      asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
          "{%7,%8,%9,%10};"
          : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
          : "r"(a[0]), "r"(a[1]), "r"(b[0]), "r"(start.of[0]), "r"(start.of[1]), "r"(start.of[2]),
            "r"(start.of[3]));
    else
      asm("mma.sync.aligned.m16n8k16.row.col.s32.u8.s8.s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
          "{%7,%8,%9,%10};"
          : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
          : "r"(a[0]), "r"(a[1]), "r"(b[0]), "r"(start.of[0]), "r"(start.of[1]), "r"(start.of[2]),
            "r"(start.of[3]));
  }
  template <bool kSigned>
  static __device__ __forceinline__ void multiply2(int32_t (&out)[4], const uint32_t (&a0)[2],
                                                   const uint32_t (&a1)[2], const uint32_t (&b0)[1],
                                                   const uint32_t (&b1)[1], const Start& start) {
    if constexpr (kSigned)
      asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
          "{%10,%11,%12,%13};"
          : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
          : "r"(a0[0]), "r"(a0[1]), "r"(a1[0]), "r"(a1[1]), "r"(b0[0]), "r"(b1[0]),
            "r"(start.of[0]), "r"(start.of[1]), "r"(start.of[2]), "r"(start.of[3]));
    else
      asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
          "{%10,%11,%12,%13};"
          : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
          : "r"(a0[0]), "r"(a0[1]), "r"(a1[0]), "r"(a1[1]), "r"(b0[0]), "r"(b1[0]),
            "r"(start.of[0]), "r"(start.of[1]), "r"(start.of[2]), "r"(start.of[3]));
  }
  // ldmatrix: lanes 8 m .. 8 m + 7 say where the 8 rows of 16 bytes of matrix m lie; a lane gets
  // word t of row g of each.
  static __device__ __forceinline__ void load_two(uint32_t (&b0)[2][1], uint32_t (&b1)[2][1],
                                                  const uint8_t* rows, uint32_t stride) {
    const uint32_t l = thread() & 31;
    const uint8_t* row = rows + ((l >> 4) * 8 + (l & 7)) * stride + (l >> 3 & 1) * 16;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(b0[0][0]), "=r"(b1[0][0]), "=r"(b0[1][0]), "=r"(b1[1][0])
                 : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
                 : "memory");
  }
  // A's words of both halves of a block from rows of 32 bytes, `stride` bytes apart, in LDS; in the
  // registers' order for multiply2.
  static __device__ __forceinline__ void load_a(uint32_t (&half0)[2], uint32_t (&half1)[2],
                                                const uint8_t* rows, uint32_t stride) {
    const uint32_t l = thread() & 31;
    const uint8_t* row = rows + (l & 15) * stride + (l >> 4) * 16;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(half0[0]), "=r"(half0[1]), "=r"(half1[0]), "=r"(half1[1])
                 : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
                 : "memory");
  }
};

// Words of A: row g words 2t, 2t+1, then row g + 8; the instruction's k order is another, but the
// same for B.
struct HalfTile : TileLayout {
  static constexpr int kRun = 2;
  static __device__ __forceinline__ uint32_t first() { return 2 * (thread() & 3); }
  static __device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[2]), "r"(a[1]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

// Four floats of at most 448 as E4M3.
FORGE_DEVICE uint32_t fp8_of(float a, float b, float c, float d) {
  uint16_t low, high;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(low) : "f"(b), "f"(a));
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(high) : "f"(d), "f"(c));
  return static_cast<uint32_t>(low) | static_cast<uint32_t>(high) << 16;
}

// u * d + m of each unsigned byte of a word, by way of halves: 0x6400 + u is the half 1024 + u.
FORGE_DEVICE uint32_t fp8_of_bytes(uint32_t bytes, float d, float m) {
  const uint32_t d2 = half_of_float(d) * 0x10001u, m2 = half_of_float(m) * 0x10001u;
  const uint32_t low = fma_halves(add_halves(spread_bytes<0>(bytes, 0x64), 0xe400e400u), d2, m2);
  const uint32_t high = fma_halves(add_halves(spread_bytes<1>(bytes, 0x64), 0xe400e400u), d2, m2);
  uint16_t to[2];
  asm("cvt.rn.satfinite.e4m3x2.f16x2 %0, %1;" : "=h"(to[0]) : "r"(low));
  asm("cvt.rn.satfinite.e4m3x2.f16x2 %0, %1;" : "=h"(to[1]) : "r"(high));
  return static_cast<uint32_t>(to[0]) | static_cast<uint32_t>(to[1]) << 16;
}

struct Fp8Tile : TileLayout {
  static constexpr int kRun = Int8Tile::kRun;
  static __device__ __forceinline__ void multiply2(float (&c)[4], const uint32_t (&a0)[2],
                                                   const uint32_t (&a1)[2], const uint32_t (&b0)[1],
                                                   const uint32_t (&b1)[1]) {
    asm("mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
        "{%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a0[0]), "r"(a0[1]), "r"(a1[0]), "r"(a1[1]), "r"(b0[0]), "r"(b1[0]));
  }
};

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_TARGET_CUDA_HPP_
