// plugins/cpu/kernels/formats.hpp: quantized weights as the matmul kernels read them.
//
// A format is a tag type. Weights lie in tiles of R = Isa::kWidth rows (api.hpp: TileFormat);
// within a block, "dword array a[n]" means n times R dwords: dword i of row 0, of row 1, ..., so
// that one register holds the same four bytes of R rows. repack.hpp builds this from GGUF's blocks,
// whose layouts are in docs/codecs.md.
//
// Every format gives
//   kType, kBlock (elements), kAux, kHead and kQuants (bytes per row and block)
//   kLargest              the largest weight byte, where weights are not kWide
//   kSlowToUnpack         where it is so though blocks are small
//   begin(head)           reads the block's scales
//   weights<J>(quants, w) the 32 weights of sub-block J as 8 registers: w[i] = elements 4i .. 4i+3
//   of R rows scale<J>(), and scale2<J>() where a scale holds for 16 elements only; min<J>() where
//   it has mins
#ifndef FORGE_PLUGINS_CPU_KERNELS_FORMATS_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_FORMATS_HPP_

#include <cstdint>

#include "forge/abi/tensor.h"
#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Four packed nibble registers: low nibbles are elements 0..15, high ones 16..31.
template <class Isa>
inline void nibbles(const std::uint8_t* quants, typename Isa::B* w) {
  const typename Isa::B mask = Isa::set1_byte(0x0f);
  for (int i = 0; i < 4; ++i) {
    const typename Isa::B packed = Isa::load_bytes(quants + i * 4 * Isa::kWidth);
    w[i] = Isa::and_i(packed, mask);
    w[i + 4] = Isa::and_i(Isa::template shift_right_16<4>(packed), mask);
  }
}

// Eight registers of bytes, one nibble of which belongs to the sub-block.
template <class Isa, bool kHigh>
inline void nibbles_of(const std::uint8_t* quants, typename Isa::B* w) {
  const typename Isa::B mask = Isa::set1_byte(0x0f);
  for (int i = 0; i < 8; ++i) {
    const typename Isa::B packed = Isa::load_bytes(quants + i * 4 * Isa::kWidth);
    w[i] = Isa::and_i(kHigh ? Isa::template shift_right_16<4>(packed) : packed, mask);
  }
}

// Moves bit `From` of each byte to bit `To`, in place of whatever is there; the rest is masked away
// and `low` is or-ed in.
template <class Isa, int From, int To>
inline typename Isa::B place_bits(typename Isa::B bits, std::uint8_t mask, typename Isa::B low) {
  const typename Isa::B m = Isa::set1_byte(mask);
  if constexpr (From >= To) {
    return Isa::and_or(Isa::template shift_right_16<From - To>(bits), m, low);
  } else {
    return Isa::and_or(Isa::template shift_left_16<To - From>(bits), m, low);
  }
}

// ---------------------------------------------------------------- 32 elements, one scale

// head: f16 d[R]. quants: dword qs[4].  w = d * (q - 8)
template <class Isa>
struct Q4_0 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q4_0;
  static constexpr int kLargest = 15;
  static constexpr std::uint32_t kBlock = 32, kHead = 2, kQuants = 16;
  static constexpr AuxKind kAux = {Aux::kOffset32, 8};
  using F = typename Isa::F;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    d = Isa::load_half(reinterpret_cast<const std::uint16_t*>(head));
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    nibbles<Isa>(quants, w);
  }
  template <int J>
  F scale() const {
    return d;
  }
  F d;
};

// head: f16 d[R], f16 m[R]. quants: dword qs[4].  w = d * q + m
template <class Isa>
struct Q4_1 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q4_1;
  static constexpr int kLargest = 15;
  static constexpr std::uint32_t kBlock = 32, kHead = 4, kQuants = 16;
  static constexpr AuxKind kAux = {Aux::kMin32, 0};
  using F = typename Isa::F;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    const auto* h = reinterpret_cast<const std::uint16_t*>(head);
    d = Isa::load_half(h);
    m = Isa::load_half(h + Isa::kWidth);
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    nibbles<Isa>(quants, w);
  }
  template <int J>
  F scale() const {
    return d;
  }
  template <int J>
  F min() const {
    return m;
  }
  F d, m;
};

// Fifth bits: byte b, bit i of a row's dword belongs to element 4i + b.
template <class Isa>
inline void add_fifth_bits(const std::uint8_t* bits, typename Isa::B* w) {
  const typename Isa::B h = Isa::load_bytes(bits);
  w[0] = place_bits<Isa, 0, 4>(h, 0x10, w[0]);
  w[1] = place_bits<Isa, 1, 4>(h, 0x10, w[1]);
  w[2] = place_bits<Isa, 2, 4>(h, 0x10, w[2]);
  w[3] = place_bits<Isa, 3, 4>(h, 0x10, w[3]);
  w[4] = place_bits<Isa, 4, 4>(h, 0x10, w[4]);
  w[5] = place_bits<Isa, 5, 4>(h, 0x10, w[5]);
  w[6] = place_bits<Isa, 6, 4>(h, 0x10, w[6]);
  w[7] = place_bits<Isa, 7, 4>(h, 0x10, w[7]);
}

// head: f16 d[R]. quants: dword qs[4], dword fifth[1].  w = d * (q - 16)
template <class Isa>
struct Q5_0 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q5_0;
  static constexpr bool kSlowToUnpack = true;
  static constexpr int kLargest = 31;
  static constexpr std::uint32_t kBlock = 32, kHead = 2, kQuants = 20;
  static constexpr AuxKind kAux = {Aux::kOffset32, 16};
  using F = typename Isa::F;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    d = Isa::load_half(reinterpret_cast<const std::uint16_t*>(head));
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    nibbles<Isa>(quants, w);
    add_fifth_bits<Isa>(quants + 16 * Isa::kWidth, w);
  }
  template <int J>
  F scale() const {
    return d;
  }
  F d;
};

// head: f16 d[R], f16 m[R]. quants: dword qs[4], dword fifth[1].  w = d * q + m
template <class Isa>
struct Q5_1 : Q4_1<Isa> {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q5_1;
  static constexpr bool kSlowToUnpack = true;
  static constexpr int kLargest = 31;
  static constexpr std::uint32_t kQuants = 20;

  template <int J>
  void weights(const std::uint8_t* quants, typename Isa::B* w) const {
    nibbles<Isa>(quants, w);
    add_fifth_bits<Isa>(quants + 16 * Isa::kWidth, w);
  }
};

// 8-bit weights: as they are, or with 128 added, see Isa::kUnsignedBytes.
template <class Isa>
constexpr AuxKind wide_aux() {
  return Isa::kUnsignedBytes ? AuxKind{Aux::kOffset32, 128} : AuxKind{Aux::kNone, 0};
}

// head: f16 d[R]. quants: dword qs[8].  w = d * q
template <class Isa>
struct Q8_0 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q8_0;
  static constexpr std::uint32_t kBlock = 32, kHead = 2, kQuants = 32;
  static constexpr AuxKind kAux = wide_aux<Isa>();
  static constexpr bool kWide = true;
  using F = typename Isa::F;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    d = Isa::load_half(reinterpret_cast<const std::uint16_t*>(head));
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    for (int i = 0; i < 8; ++i) w[i] = Isa::load_bytes(quants + i * 4 * Isa::kWidth);
  }
  template <int J>
  F scale() const {
    return d;
  }
  F d;
};

// The sixteen values of IQ4_NL and IQ4_XS, plain and with 128 added.
alignas(16) inline constexpr std::int8_t kIq4Values[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
template <class Isa>
struct Iq4Table {
  alignas(16) std::uint8_t bytes[16];
  constexpr Iq4Table() : bytes() {
    for (int i = 0; i < 16; ++i)
      bytes[i] = static_cast<std::uint8_t>(kIq4Values[i] + (Isa::kUnsignedBytes ? 128 : 0));
  }
};

template <class Isa>
inline constexpr Iq4Table<Isa> kIq4Table;

// head: f16 d[R]. quants: dword qs[4].  w = d * table[q]
template <class Isa>
struct Iq4Nl : Q4_0<Isa> {
  static constexpr std::uint32_t kType = FORGE_TYPE_IQ4_NL;
  static constexpr bool kSlowToUnpack = true;
  static constexpr AuxKind kAux = wide_aux<Isa>();
  static constexpr bool kWide = true;

  template <int J>
  void weights(const std::uint8_t* quants, typename Isa::B* w) const {
    nibbles<Isa>(quants, w);
    for (int i = 0; i < 8; ++i) w[i] = Isa::lookup(w[i], kIq4Table<Isa>.bytes);
  }
};

// Twice the values of E2M1, plus 12 so that none is negative.
alignas(16) inline constexpr std::uint8_t kMxfp4Table[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                                             12, 11, 10, 9,  8,  6,  4,  0};

// head: byte e[R], an exponent. quants: dword qs[4].  w = 2^(e - 128) * (table[q] - 12)
template <class Isa>
struct Mxfp4 {
  static constexpr std::uint32_t kType = FORGE_TYPE_MXFP4;
  static constexpr bool kSlowToUnpack = true;
  static constexpr int kLargest = 24;
  static constexpr std::uint32_t kBlock = 32, kHead = 1, kQuants = 16;
  static constexpr AuxKind kAux = {Aux::kOffset32, 12};
  using F = typename Isa::F;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    // Exponent field e reads as 2^(e - 127), but e = 0 (which means 2^-127) as 0 and 255 as
    // infinity.
    const typename Isa::I e = Isa::load_u8(head);
    const F power = Isa::bits_to_float(Isa::template shift_left<23>(e));
    const F tiny = Isa::set1(0x1p-127f);
    d = Isa::min(Isa::mul(Isa::set1(0.5f), Isa::max(power, tiny)), Isa::set1(0x1p127f));
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    nibbles<Isa>(quants, w);
    for (int i = 0; i < 8; ++i) w[i] = Isa::lookup(w[i], kMxfp4Table);
  }
  template <int J>
  F scale() const {
    return d;
  }
  F d;
};

// ---------------------------------------------------------------- 256 elements, scales per 32

// The 6-bit scales and mins of Q4_K and Q5_K: dword s[3] is the block's twelve bytes. Fills scales
// and mins as bytes j = 0..3 and 4..7 of two dwords each.
template <class Isa>
struct SixBitScales {
  using F = typename Isa::F;
  using I = typename Isa::I;

  void begin(const std::uint8_t* head) {
    const auto* h = reinterpret_cast<const std::uint16_t*>(head);
    const F d = Isa::load_half(h);
    const F dmin = Isa::load_half(h + Isa::kWidth);
    const std::uint8_t* s = head + 4 * Isa::kWidth;
    const I s0 = Isa::load_bytes(s);
    const I s1 = Isa::load_bytes(s + 4 * Isa::kWidth);
    const I s2 = Isa::load_bytes(s + 8 * Isa::kWidth);
    const I six = Isa::set1_i(0x3f3f3f3f);
    const I four = Isa::set1_i(0x0f0f0f0f);
    const I top = Isa::set1_i(0x30303030);
    const I high_scales = Isa::and_or(Isa::template shift_right<2>(s0), top, Isa::and_i(s2, four));
    const I high_mins = Isa::and_or(Isa::template shift_right<2>(s1), top,
                                    Isa::and_i(Isa::template shift_right<4>(s2), four));
    spread(Isa::and_i(s0, six), d, scales);
    spread(high_scales, d, scales + 4);
    spread(Isa::and_i(s1, six), dmin, mins);
    spread(high_mins, dmin, mins + 4);
    for (F& m : mins) m = Isa::sub(Isa::zero(), m);
  }

  static void spread(I bytes, F d, F* out) {
    const I low = Isa::set1_i(0xff);
    out[0] = Isa::mul(d, Isa::to_float(Isa::and_i(bytes, low)));
    out[1] = Isa::mul(d, Isa::to_float(Isa::and_i(Isa::template shift_right<8>(bytes), low)));
    out[2] = Isa::mul(d, Isa::to_float(Isa::and_i(Isa::template shift_right<16>(bytes), low)));
    out[3] = Isa::mul(d, Isa::to_float(Isa::template shift_right<24>(bytes)));
  }

  F scales[8], mins[8];  // d * scale, -(dmin * min)
};

// head: f16 d[R], f16 dmin[R], dword s[3]. quants: dword qs[32].  w = d * sc * q - dmin * m
template <class Isa>
struct Q4_K : SixBitScales<Isa> {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q4_K;
  static constexpr int kLargest = 15;
  static constexpr std::uint32_t kBlock = 256, kHead = 16, kQuants = 128;
  static constexpr AuxKind kAux = {Aux::kMin32, 0};
  using F = typename Isa::F;
  using B = typename Isa::B;

  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    nibbles_of<Isa, J % 2 == 1>(quants + J / 2 * 32 * Isa::kWidth, w);
  }
  template <int J>
  F scale() const {
    return this->scales[J];
  }
  template <int J>
  F min() const {
    return this->mins[J];
  }
};

// head: as Q4_K. quants: dword qs[32], dword qh[8]: bit j of byte l is the fifth bit of element 32j
// + l.
template <class Isa>
struct Q5_K : Q4_K<Isa> {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q5_K;
  static constexpr int kLargest = 31;
  static constexpr std::uint32_t kQuants = 160;

  template <int J>
  void weights(const std::uint8_t* quants, typename Isa::B* w) const {
    nibbles_of<Isa, J % 2 == 1>(quants + J / 2 * 32 * Isa::kWidth, w);
    for (int i = 0; i < 8; ++i) {
      const typename Isa::B h = Isa::load_bytes(quants + (128 + 4 * i) * Isa::kWidth);
      w[i] = place_bits<Isa, J, 4>(h, 0x10, w[i]);
    }
  }
};

// head: f16 d[R], u16 scales_h[R], dword scales_l[1]. quants: dword qs[32].
//   w = d * (ls - 32) * table[q], ls of sub-block j: nibble j of scales_l, bits 2j of scales_h on
//   top
template <class Isa>
struct Iq4Xs {
  static constexpr std::uint32_t kType = FORGE_TYPE_IQ4_XS;
  static constexpr std::uint32_t kBlock = 256, kHead = 8, kQuants = 128;
  static constexpr AuxKind kAux = wide_aux<Isa>();
  static constexpr bool kWide = true;
  using F = typename Isa::F;
  using I = typename Isa::I;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    const F d = Isa::load_half(reinterpret_cast<const std::uint16_t*>(head));
    const I low = Isa::load_bytes(head + 4 * Isa::kWidth);
    const I high = Isa::load_u16(reinterpret_cast<const std::uint16_t*>(head) + Isa::kWidth);
    each<0>(d, low, high);
    each<1>(d, low, high);
    each<2>(d, low, high);
    each<3>(d, low, high);
    each<4>(d, low, high);
    each<5>(d, low, high);
    each<6>(d, low, high);
    each<7>(d, low, high);
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    nibbles<Isa>(quants + J * 16 * Isa::kWidth, w);
    for (int i = 0; i < 8; ++i) w[i] = Isa::lookup(w[i], kIq4Table<Isa>.bytes);
  }
  template <int J>
  F scale() const {
    return scales[J];
  }

  F scales[8];

 private:
  template <int J>
  void each(F d, I low, I high) {
    const I l = Isa::and_i(Isa::template shift_right<4 * J>(low), Isa::set1_i(0x0f));
    const I h = Isa::and_i(Isa::template shift_right<2 * J>(high), Isa::set1_i(0x03));
    const I ls = Isa::sub_i(Isa::or_i(l, Isa::template shift_left<4>(h)), Isa::set1_i(32));
    scales[J] = Isa::mul(d, Isa::to_float(ls));
  }
};

// ---------------------------------------------------------------- 256 elements, scales per 16

// head: f16 d[R], dword scales[4] (signed bytes). quants: dword ql[32], dword qh[16].
//   w = d * sc * (q - 32)
template <class Isa>
struct Q6_K {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q6_K;
  static constexpr int kLargest = 63;
  static constexpr std::uint32_t kBlock = 256, kHead = 18, kQuants = 192;
  static constexpr AuxKind kAux = {Aux::kOffset16, 32};
  static constexpr bool kPerSixteen = true;
  using F = typename Isa::F;
  using I = typename Isa::I;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    const F d = Isa::load_half(reinterpret_cast<const std::uint16_t*>(head));
    for (int i = 0; i < 4; ++i) {
      const I bytes = Isa::load_bytes(head + (2 + 4 * i) * Isa::kWidth);
      scales[4 * i] = Isa::mul(d, Isa::to_float(Isa::template signed_byte<0>(bytes)));
      scales[4 * i + 1] = Isa::mul(d, Isa::to_float(Isa::template signed_byte<1>(bytes)));
      scales[4 * i + 2] = Isa::mul(d, Isa::to_float(Isa::template signed_byte<2>(bytes)));
      scales[4 * i + 3] = Isa::mul(d, Isa::to_float(Isa::template signed_byte<3>(bytes)));
    }
  }
  // Sub-block j of half n = j / 4: nibbles of ql[64n + 32 (j & 1) ..], bits 2 (j % 4) of qh[32n
  // ..].
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    constexpr int kHalf = J / 4;
    constexpr int kPart = J % 4;
    nibbles_of<Isa, kPart >= 2>(quants + (64 * kHalf + 32 * (kPart % 2)) * Isa::kWidth, w);
    for (int i = 0; i < 8; ++i) {
      const B h = Isa::load_bytes(quants + (128 + 32 * kHalf + 4 * i) * Isa::kWidth);
      w[i] = place_bits<Isa, 2 * kPart, 4>(h, 0x30, w[i]);
    }
  }
  template <int J>
  F scale() const {
    return scales[2 * J];
  }
  template <int J>
  F scale2() const {
    return scales[2 * J + 1];
  }

  F scales[16];
};

// head: f16 d[R], dword s[3] (sixteen 6-bit scales). quants: dword qs[16], dword hmask[8].
//   w = d * (sc - 32) * (q - 4), the third bit of element 32j + l: bit j of hmask[l]
template <class Isa>
struct Q3_K {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q3_K;
  static constexpr int kLargest = 7;
  static constexpr std::uint32_t kBlock = 256, kHead = 14, kQuants = 96;
  static constexpr AuxKind kAux = {Aux::kOffset16, 4};
  static constexpr bool kPerSixteen = true;
  using F = typename Isa::F;
  using I = typename Isa::I;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    const F d = Isa::load_half(reinterpret_cast<const std::uint16_t*>(head));
    const std::uint8_t* s = head + 2 * Isa::kWidth;
    const I s0 = Isa::load_bytes(s);
    const I s1 = Isa::load_bytes(s + 4 * Isa::kWidth);
    const I s2 = Isa::load_bytes(s + 8 * Isa::kWidth);
    const I four = Isa::set1_i(0x0f0f0f0f);
    const I two = Isa::set1_i(0x03030303);
    const auto join = [&](I low, I high) {
      return Isa::or_i(Isa::and_i(low, four), Isa::template shift_left<4>(Isa::and_i(high, two)));
    };
    spread(join(s0, s2), d, scales);
    spread(join(s1, Isa::template shift_right<2>(s2)), d, scales + 4);
    spread(join(Isa::template shift_right<4>(s0), Isa::template shift_right<4>(s2)), d, scales + 8);
    spread(join(Isa::template shift_right<4>(s1), Isa::template shift_right<6>(s2)), d,
           scales + 12);
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    const B two = Isa::set1_byte(0x03);
    for (int i = 0; i < 8; ++i) {
      const B packed = Isa::load_bytes(quants + (32 * (J / 4) + 4 * i) * Isa::kWidth);
      const B h = Isa::load_bytes(quants + (64 + 4 * i) * Isa::kWidth);
      const B low = Isa::and_i(Isa::template shift_right_16<2 * (J % 4)>(packed), two);
      w[i] = place_bits<Isa, J, 2>(h, 0x04, low);
    }
  }
  template <int J>
  F scale() const {
    return scales[2 * J];
  }
  template <int J>
  F scale2() const {
    return scales[2 * J + 1];
  }

  F scales[16];

 private:
  static void spread(I bytes, F d, F* out) {
    const I low = Isa::set1_i(0xff);
    const I bias = Isa::set1_i(32);
    const auto one = [&](I byte) { return Isa::mul(d, Isa::to_float(Isa::sub_i(byte, bias))); };
    out[0] = one(Isa::and_i(bytes, low));
    out[1] = one(Isa::and_i(Isa::template shift_right<8>(bytes), low));
    out[2] = one(Isa::and_i(Isa::template shift_right<16>(bytes), low));
    out[3] = one(Isa::template shift_right<24>(bytes));
  }
};

// head: f16 d[R], f16 dmin[R], dword scales[4]. quants: dword qs[16].
//   w = d * (s & 15) * q - dmin * (s >> 4)
template <class Isa>
struct Q2_K {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q2_K;
  static constexpr int kLargest = 3;
  static constexpr std::uint32_t kBlock = 256, kHead = 20, kQuants = 64;
  static constexpr AuxKind kAux = {Aux::kMin16, 0};
  static constexpr bool kPerSixteen = true;
  using F = typename Isa::F;
  using I = typename Isa::I;
  using B = typename Isa::B;

  void begin(const std::uint8_t* head) {
    const auto* h = reinterpret_cast<const std::uint16_t*>(head);
    const F d = Isa::load_half(h);
    const F dmin = Isa::sub(Isa::zero(), Isa::load_half(h + Isa::kWidth));
    const I low = Isa::set1_i(0x0f0f0f0f);
    for (int i = 0; i < 4; ++i) {
      const I bytes = Isa::load_bytes(head + (4 + 4 * i) * Isa::kWidth);
      SixBitScales<Isa>::spread(Isa::and_i(bytes, low), d, scales + 4 * i);
      SixBitScales<Isa>::spread(Isa::and_i(Isa::template shift_right<4>(bytes), low), dmin,
                                mins + 4 * i);
    }
  }
  template <int J>
  void weights(const std::uint8_t* quants, B* w) const {
    const B two = Isa::set1_byte(0x03);
    for (int i = 0; i < 8; ++i) {
      const B packed = Isa::load_bytes(quants + (32 * (J / 4) + 4 * i) * Isa::kWidth);
      w[i] = Isa::and_i(Isa::template shift_right_16<2 * (J % 4)>(packed), two);
    }
  }
  template <int J>
  F scale() const {
    return scales[2 * J];
  }
  template <int J>
  F scale2() const {
    return scales[2 * J + 1];
  }
  template <int J>
  F min() const {
    return mins[2 * J];
  }
  template <int J>
  F min2() const {
    return mins[2 * J + 1];
  }

  F scales[16], mins[16];
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_FORMATS_HPP_
