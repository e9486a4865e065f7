// plugins/cpu-avx512/traits.hpp: AVX-512 (F, BW, DQ, VL) with VNNI, as the kernels' vocabulary.
//
// 16 lanes. Instruction reference: https://www.intel.com/content/www/us/en/docs/intrinsics-guide
#ifndef FORGE_PLUGINS_CPU_AVX512_TRAITS_HPP_
#define FORGE_PLUGINS_CPU_AVX512_TRAITS_HPP_

#include <immintrin.h>

#include <cstdint>
#include <cstring>

// Rows of x in a micro tile of quantized weights. 8: 8 weights + 8 sums + 8 integer sums of 32
// registers. With more, weights are unpacked and read for more rows at a time, and some of the sums
// or weights are in the cache. A plain number, as it is a part of the kernels' names.
#define FORGE_AVX512_ROWS 8

namespace forge::cpu {

struct Avx512 {
  static constexpr const char* kName = "avx512vnni";
  static constexpr int kWidth = 16;             // lanes of F and I
  static constexpr bool kUnsignedBytes = true;  // dot() takes 8-bit weights with 128 added
  static constexpr int kPairLimit = 0;          // dot() sums in 32 bits
  static constexpr int kQueryTile = 8;          // queries attention holds in registers at a time
  static constexpr int kRegisters = 32;
  // Of a panel (panel.hpp): two tiles share each load of an activation. 8 sums, as many integer
  // sums, two weights and one activation of 32 registers.
  static constexpr int kPanelTiles = 2, kPanelRows = 4;

  using F = __m512;   // f32
  using I = __m512i;  // i32
  using B = __m512i;  // bytes: 4 per lane of I

  static F zero() { return _mm512_setzero_ps(); }
  static F set1(float x) { return _mm512_set1_ps(x); }
  static F load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, F x) { _mm512_storeu_ps(p, x); }
  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F div(F a, F b) { return _mm512_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }    // a * b + c
  static F fnma(F a, F b, F c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a * b
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
  static F min(F a, F b) { return _mm512_min_ps(a, b); }
  static F abs(F a) { return _mm512_abs_ps(a); }
  static F round(F a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }

  // a - round(a), exactly.
  static F rounding_error(F a) {
    return _mm512_reduce_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }

  static F load_half(const std::uint16_t* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static void store_half(std::uint16_t* p, F x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                        _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
  static I load_u16(const std::uint16_t* p) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static I load_u8(const std::uint8_t* p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }

  static I zero_i() { return _mm512_setzero_si512(); }
  static I set1_i(std::int32_t x) { return _mm512_set1_epi32(x); }
  static I add_i(I a, I b) { return _mm512_add_epi32(a, b); }
  static I sub_i(I a, I b) { return _mm512_sub_epi32(a, b); }
  static I and_i(I a, I b) { return _mm512_and_si512(a, b); }
  static I or_i(I a, I b) { return _mm512_or_si512(a, b); }
  template <int N>
  static I shift_right(I a) {
    return _mm512_srli_epi32(a, N);
  }
  template <int N>
  static I shift_left(I a) {
    return _mm512_slli_epi32(a, N);
  }
  template <int N>
  static I shift_right_signed(I a) {
    return _mm512_srai_epi32(a, N);
  }
  // Byte N of each lane, signed.
  template <int N>
  static I signed_byte(I a) {
    return _mm512_srai_epi32(_mm512_slli_epi32(a, 24 - 8 * N), 24);
  }
  // 0 where x < bound, else y (NaN too).
  static F zero_below(F y, F x, F bound) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, bound, _CMP_NLT_UQ), y);
  }
  static F with_sign_of(F magnitude, F sign) {
    const F bit = _mm512_set1_ps(-0.0f);
    return _mm512_or_ps(_mm512_andnot_ps(bit, magnitude), _mm512_and_ps(bit, sign));
  }
  static F to_float(I a) { return _mm512_cvtepi32_ps(a); }
  static F bits_to_float(I a) { return _mm512_castsi512_ps(a); }
  static I float_to_bits(F a) { return _mm512_castps_si512(a); }
  static I round_to_int(F a) { return _mm512_cvtps_epi32(a); }

  static B load_bytes(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static B set1_byte(std::uint8_t x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  // (a & mask) | b
  static B and_or(B a, B mask, B b) { return _mm512_ternarylogic_epi32(a, mask, b, 0xea); }
  // table[low four bits of each byte]; bytes must be 0..15
  static B lookup(B indices, const std::uint8_t* table) {
    const __m128i t = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(t), indices);
  }
  // Shifts bytes by N bits within 16-bit units; the caller masks what crosses.
  template <int N>
  static B shift_right_16(B a) {
    return _mm512_srli_epi16(a, N);
  }
  template <int N>
  static B shift_left_16(B a) {
    return _mm512_slli_epi16(a, N);
  }

  // Per lane: acc + the four products of unsigned bytes of w (0..127, or any for dot_wide) and the
  // four signed bytes at x. Exact.
  static I dot(I acc, B w, const std::int8_t* x) { return _mm512_dpbusd_epi32(acc, w, four(x)); }
  // The same for 8-bit weights as kUnsignedBytes says they are stored.
  static I dot_wide(I acc, B w, const std::int8_t* x) { return dot(acc, w, x); }

  // The even and the odd bytes as signed 16-bit words, two per lane.
  static I words_even(B a) { return _mm512_srai_epi16(_mm512_slli_epi16(a, 8), 8); }
  static I words_odd(B a) { return _mm512_srai_epi16(a, 8); }
  // The two words at x in every lane.
  static I two_words(const std::int16_t* x) {
    std::int32_t bits;
    std::memcpy(&bits, x, 4);
    return _mm512_set1_epi32(bits);
  }
  // Per lane: acc + the two products of a's and b's words. Exact where the sum is an i32.
  static I dot_words(I acc, I a, I b) { return _mm512_dpwssd_epi32(acc, a, b); }

  // Per lane: acc + the two products of w's and x's BF16 numbers, added one after the other.
  // Subnormal numbers count as zeros. The processor may lack it: AVX512_BF16 is no part of what the
  // pack is compiled for.
  static F dot_bfloat16(F acc, I w, I x) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(acc) : "v"(w), "v"(x));
    return acc;
  }

  // Has x in a register from here on.
  template <class T>
  static void hold(T& x) {
    asm("" : "+v"(x));
  }

  // Whether any bit is set.
  static bool any(I a) { return _mm512_test_epi32_mask(a, a) != 0; }

  static float reduce_max(F a) { return _mm512_reduce_max_ps(a); }
  // Halves added pairwise, one fixed tree.
  static float reduce_add(F a) {
    const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    const __m128 p = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(p, _mm_shuffle_ps(p, p, 1)));
  }

  // Lane i: v[i]'s lanes by op, neighbours two apart first, then one, four and eight. One order for
  // all lanes.
  template <class Op>
  static F fold(const F (&v)[kWidth], const Op& op) {
    F quads[4];
    for (std::size_t i = 0; i < 4; ++i) {
      const F* const w = v + 4 * i;
      const F ab = op(_mm512_unpacklo_ps(w[0], w[1]), _mm512_unpackhi_ps(w[0], w[1]));
      const F cd = op(_mm512_unpacklo_ps(w[2], w[3]), _mm512_unpackhi_ps(w[2], w[3]));
      quads[i] = op(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
    }
    const F low = op(_mm512_shuffle_f32x4(quads[0], quads[1], 0x88),
                     _mm512_shuffle_f32x4(quads[0], quads[1], 0xdd));
    const F high = op(_mm512_shuffle_f32x4(quads[2], quads[3], 0x88),
                      _mm512_shuffle_f32x4(quads[2], quads[3], 0xdd));
    return op(_mm512_shuffle_f32x4(low, high, 0x88), _mm512_shuffle_f32x4(low, high, 0xdd));
  }
  // a < b ? x : y; NaN is not less.
  static F where_less(F a, F b, F x, F y) {
    return _mm512_mask_mov_ps(y, _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), x);
  }

  // n < kWidth lanes; the rest reads as 0 and is not written.
  static F load_partial(const float* p, std::size_t n) { return _mm512_maskz_loadu_ps(mask(n), p); }
  static void store_partial(float* p, F x, std::size_t n) { _mm512_mask_storeu_ps(p, mask(n), x); }

  // 32 rounded values of two registers as signed bytes.
  static void store_bytes(std::int8_t* p, I a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(a));
  }
  // kWidth values as signed words.
  static void store_words(std::int16_t* p, I a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtsepi32_epi16(a));
  }
  // Even and odd elements of 2 * kWidth consecutive floats, and back.
  static void load_pairs(const float* p, F& even, F& odd) {
    const F a = load(p);
    const F b = load(p + kWidth);
    const I e = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const I o = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    even = _mm512_permutex2var_ps(a, e, b);
    odd = _mm512_permutex2var_ps(a, o, b);
  }
  static void store_pairs(float* p, F even, F odd) {
    const I low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const I high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    store(p, _mm512_permutex2var_ps(even, low, odd));
    store(p + kWidth, _mm512_permutex2var_ps(even, high, odd));
  }

  // For moving bits about. Each 128-bit part l of a register: the 16 bytes at p + l * stride.
  static I load_quads(const std::uint8_t* p, std::size_t stride) {
    I a = _mm512_castsi128_si512(quad(p));
    a = _mm512_inserti32x4(a, quad(p + stride), 1);
    a = _mm512_inserti32x4(a, quad(p + 2 * stride), 2);
    return _mm512_inserti32x4(a, quad(p + 3 * stride), 3);
  }
  // Within each 128-bit part, from the low or the high halves of a and b: a, b, a, b.
  static I unpack_low_32(I a, I b) { return _mm512_unpacklo_epi32(a, b); }
  static I unpack_high_32(I a, I b) { return _mm512_unpackhi_epi32(a, b); }
  static I unpack_low_64(I a, I b) { return _mm512_unpacklo_epi64(a, b); }
  static I unpack_high_64(I a, I b) { return _mm512_unpackhi_epi64(a, b); }
  static I xor_i(I a, I b) { return _mm512_xor_si512(a, b); }
  static void store_i(std::uint8_t* p, I a) { _mm512_storeu_si512(p, a); }
  // Past the caches; p is aligned to a register. Others may read it after fence().
  static void stream_i(std::uint8_t* p, I a) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(p), a);
  }
  static void fence() { _mm_sfence(); }
  // The low word, or the lowest byte, of each lane.
  static void store_low_words(std::uint8_t* p, I a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(a));
  }
  static void store_low_bytes(std::uint8_t* p, I a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a));
  }

 private:
  static __m128i quad(const std::uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static I four(const std::int8_t* x) {
    std::int32_t bits;
    std::memcpy(&bits, x, 4);
    return _mm512_set1_epi32(bits);
  }
  static __mmask16 mask(std::size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_AVX512_TRAITS_HPP_
