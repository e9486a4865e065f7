// plugins/cpu-avx2/traits.hpp: AVX2 with FMA and F16C (x86-64-v3), as the kernels' vocabulary.
//
// 8 lanes. Instruction reference: https://www.intel.com/content/www/us/en/docs/intrinsics-guide
#ifndef FORGE_PLUGINS_CPU_AVX2_TRAITS_HPP_
#define FORGE_PLUGINS_CPU_AVX2_TRAITS_HPP_

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace forge::cpu {

struct Avx2 {
  static constexpr const char* kName = "avx2";
  static constexpr int kWidth = 8;               // lanes of F and I
  static constexpr bool kUnsignedBytes = false;  // dot_wide() takes signed weights
  static constexpr int kPairLimit = 32767;       // of the 16-bit sums of dot_pairs()
  static constexpr int kQueryTile = 6;           // queries attention holds in registers at a time
  static constexpr int kRegisters = 16;
  static constexpr int kPanelTiles = 1, kPanelRows = 4;  // of a panel (panel.hpp)

  using F = __m256;   // f32
  using I = __m256i;  // i32
  using B = __m256i;  // bytes: 4 per lane of I

  static F zero() { return _mm256_setzero_ps(); }
  static F set1(float x) { return _mm256_set1_ps(x); }
  static F load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, F x) { _mm256_storeu_ps(p, x); }
  static F add(F a, F b) { return _mm256_add_ps(a, b); }
  static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static F div(F a, F b) { return _mm256_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }    // a * b + c
  static F fnma(F a, F b, F c) { return _mm256_fnmadd_ps(a, b, c); }  // c - a * b
  static F max(F a, F b) { return _mm256_max_ps(a, b); }
  static F min(F a, F b) { return _mm256_min_ps(a, b); }
  static F abs(F a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
  static F round(F a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

  // a - round(a), exactly.
  static F rounding_error(F a) { return sub(a, round(a)); }

  static F load_half(const std::uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static void store_half(std::uint16_t* p, F x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
  }
  static I load_u16(const std::uint16_t* p) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static I load_u8(const std::uint8_t* p) {
    std::int64_t bits;
    std::memcpy(&bits, p, 8);
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(bits));
  }

  static I zero_i() { return _mm256_setzero_si256(); }
  static I set1_i(std::int32_t x) { return _mm256_set1_epi32(x); }
  static I add_i(I a, I b) { return _mm256_add_epi32(a, b); }
  static I sub_i(I a, I b) { return _mm256_sub_epi32(a, b); }
  static I and_i(I a, I b) { return _mm256_and_si256(a, b); }
  static I or_i(I a, I b) { return _mm256_or_si256(a, b); }
  template <int N>
  static I shift_right(I a) {
    return _mm256_srli_epi32(a, N);
  }
  template <int N>
  static I shift_left(I a) {
    return _mm256_slli_epi32(a, N);
  }
  template <int N>
  static I shift_right_signed(I a) {
    return _mm256_srai_epi32(a, N);
  }
  // Byte N of each lane, signed.
  template <int N>
  static I signed_byte(I a) {
    return _mm256_srai_epi32(_mm256_slli_epi32(a, 24 - 8 * N), 24);
  }
  // 0 where x < bound, else y (NaN too).
  static F zero_below(F y, F x, F bound) {
    return _mm256_and_ps(_mm256_cmp_ps(x, bound, _CMP_NLT_UQ), y);
  }
  static F with_sign_of(F magnitude, F sign) {
    const F bit = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(bit, magnitude), _mm256_and_ps(bit, sign));
  }
  static F to_float(I a) { return _mm256_cvtepi32_ps(a); }
  static F bits_to_float(I a) { return _mm256_castsi256_ps(a); }
  static I float_to_bits(F a) { return _mm256_castps_si256(a); }
  static I round_to_int(F a) { return _mm256_cvtps_epi32(a); }

  static B load_bytes(const std::uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static B set1_byte(std::uint8_t x) { return _mm256_set1_epi8(static_cast<char>(x)); }
  // (a & mask) | b
  static B and_or(B a, B mask, B b) { return _mm256_or_si256(_mm256_and_si256(a, mask), b); }
  // table[low four bits of each byte]; bytes must be 0..15
  static B lookup(B indices, const std::uint8_t* table) {
    const __m128i t = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(t), indices);
  }
  // Shifts bytes by N bits within 16-bit units; the caller masks what crosses.
  template <int N>
  static B shift_right_16(B a) {
    return _mm256_srli_epi16(a, N);
  }
  template <int N>
  static B shift_left_16(B a) {
    return _mm256_slli_epi16(a, N);
  }

  // Per lane: acc + the four products of unsigned bytes of w (0..127: pairs fit 16 bits, 2 * 127 *
  // 127 < 2^15) and the four signed bytes at x. Exact.
  static I dot(I acc, B w, const std::int8_t* x) {
    return add_i(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(w, four(x)), _mm256_set1_epi16(1)));
  }
  // dot() in two parts: products of pairs in 16 bits, which can be added up before they are summed
  // in 32.
  static B dot_pairs(B w, const std::int8_t* x) { return _mm256_maddubs_epi16(w, four(x)); }
  static B add_pairs(B a, B b) { return _mm256_add_epi16(a, b); }
  static I sum_pairs(I acc, B pairs) {
    return add_i(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  // The same for signed 8-bit weights: |w| times x with w's sign. |w| <= 128 and |x| <= 127: a pair
  // is at most 2 * 128 * 127 = 32512 < 2^15.
  static I dot_wide(I acc, B w, const std::int8_t* x) {
    const __m256i products = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(four(x), w));
    return add_i(acc, _mm256_madd_epi16(products, _mm256_set1_epi16(1)));
  }

  // The even and the odd bytes as signed 16-bit words, two per lane.
  static I words_even(B a) { return _mm256_srai_epi16(_mm256_slli_epi16(a, 8), 8); }
  static I words_odd(B a) { return _mm256_srai_epi16(a, 8); }
  // The two words at x in every lane.
  static I two_words(const std::int16_t* x) {
    std::int32_t bits;
    std::memcpy(&bits, x, 4);
    return _mm256_set1_epi32(bits);
  }
  // Per lane: acc + the two products of a's and b's words. Exact where the sum is an i32.
  static I dot_words(I acc, I a, I b) { return add_i(acc, _mm256_madd_epi16(a, b)); }

  // Has x in a register from here on.
  template <class T>
  static void hold(T& x) {
    asm("" : "+x"(x));
  }

  // Whether any bit is set.
  static bool any(I a) { return _mm256_testz_si256(a, a) == 0; }

  static float reduce_max(F a) {
    const __m128 q = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 p = _mm_max_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_max_ss(p, _mm_shuffle_ps(p, p, 1)));
  }
  // Halves added pairwise, one fixed tree.
  static float reduce_add(F a) {
    const __m128 q = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 p = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(p, _mm_shuffle_ps(p, p, 1)));
  }

  // Lane i: v[i]'s lanes by op, neighbours two apart first, then one, then four. One order for all
  // lanes.
  template <class Op>
  static F fold(const F (&v)[kWidth], const Op& op) {
    F quads[2];
    for (std::size_t i = 0; i < 2; ++i) {
      const F* const w = v + 4 * i;
      const F ab = op(_mm256_unpacklo_ps(w[0], w[1]), _mm256_unpackhi_ps(w[0], w[1]));
      const F cd = op(_mm256_unpacklo_ps(w[2], w[3]), _mm256_unpackhi_ps(w[2], w[3]));
      quads[i] = op(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
    }
    return op(_mm256_permute2f128_ps(quads[0], quads[1], 0x20),
              _mm256_permute2f128_ps(quads[0], quads[1], 0x31));
  }
  // a < b ? x : y; NaN is not less.
  static F where_less(F a, F b, F x, F y) {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
  }

  // n < kWidth lanes; the rest reads as 0 and is not written.
  static F load_partial(const float* p, std::size_t n) { return _mm256_maskload_ps(p, mask(n)); }
  static void store_partial(float* p, F x, std::size_t n) { _mm256_maskstore_ps(p, mask(n), x); }

  // kWidth values as signed bytes.
  static void store_bytes(std::int8_t* p, I a) {
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
  }
  // kWidth values as signed words.
  static void store_words(std::int16_t* p, I a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                     _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1)));
  }
  // Even and odd elements of 2 * kWidth consecutive floats, and back.
  static void load_pairs(const float* p, F& even, F& odd) {
    const F a = load(p);
    const F b = load(p + kWidth);
    const F low = _mm256_permute2f128_ps(a, b, 0x20);
    const F high = _mm256_permute2f128_ps(a, b, 0x31);
    even = _mm256_shuffle_ps(low, high, 0x88);
    odd = _mm256_shuffle_ps(low, high, 0xdd);
  }
  static void store_pairs(float* p, F even, F odd) {
    const F low = _mm256_unpacklo_ps(even, odd);
    const F high = _mm256_unpackhi_ps(even, odd);
    store(p, _mm256_permute2f128_ps(low, high, 0x20));
    store(p + kWidth, _mm256_permute2f128_ps(low, high, 0x31));
  }

  // For moving bits about. Each 128-bit part l of a register: the 16 bytes at p + l * stride.
  static I load_quads(const std::uint8_t* p, std::size_t stride) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(quad(p)), quad(p + stride), 1);
  }
  // Within each 128-bit part, from the low or the high halves of a and b: a, b, a, b.
  static I unpack_low_32(I a, I b) { return _mm256_unpacklo_epi32(a, b); }
  static I unpack_high_32(I a, I b) { return _mm256_unpackhi_epi32(a, b); }
  static I unpack_low_64(I a, I b) { return _mm256_unpacklo_epi64(a, b); }
  static I unpack_high_64(I a, I b) { return _mm256_unpackhi_epi64(a, b); }
  static I xor_i(I a, I b) { return _mm256_xor_si256(a, b); }
  static void store_i(std::uint8_t* p, I a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a);
  }
  // Past the caches; p is aligned to a register. Others may read it after fence().
  static void stream_i(std::uint8_t* p, I a) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(p), a);
  }
  static void fence() { _mm_sfence(); }
  // The low word, or the lowest byte, of each lane.
  static void store_low_words(std::uint8_t* p, I a) {
    const I low = _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrow(low));
  }
  static void store_low_bytes(std::uint8_t* p, I a) {
    const __m128i words = narrow(_mm256_and_si256(a, _mm256_set1_epi32(0xff)));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
  }

 protected:
  static __m128i quad(const std::uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static __m128i narrow(I words) {
    return _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  }
  static I four(const std::int8_t* x) {
    std::int32_t bits;
    std::memcpy(&bits, x, 4);
    return _mm256_set1_epi32(bits);
  }
  static I mask(std::size_t n) {
    const I lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lanes);
  }
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_AVX2_TRAITS_HPP_
