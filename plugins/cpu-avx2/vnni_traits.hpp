// plugins/cpu-avx2/vnni_traits.hpp: AVX2 with the products of AVX-VNNI (Alder Lake, Zen 5 and
// later), as the kernels' vocabulary.
#ifndef FORGE_PLUGINS_CPU_AVX2_VNNI_TRAITS_HPP_
#define FORGE_PLUGINS_CPU_AVX2_VNNI_TRAITS_HPP_

#include "plugins/cpu-avx2/traits.hpp"

namespace forge::cpu {

struct AvxVnni : Avx2 {
  static constexpr const char* kName = "avxvnni";
  static constexpr bool kUnsignedBytes = true;  // dot() takes 8-bit weights with 128 added
  static constexpr int kPairLimit = 0;          // dot() sums in 32 bits
  // Of a panel (panel.hpp): two tiles share each load of an activation, though not all sums stay in
  // registers. Measured against one tile, and against two rows (docs/benchmarks.md).
  static constexpr int kPanelTiles = 2, kPanelRows = 4;

  // Per lane: acc + the four products of unsigned bytes of w and the four signed bytes at x. Exact.
  static I dot(I acc, B w, const std::int8_t* x) {
    return _mm256_dpbusd_avx_epi32(acc, w, four(x));
  }
  static I dot_wide(I acc, B w, const std::int8_t* x) { return dot(acc, w, x); }
  // Per lane: acc + the two products of a's and b's words. Exact where the sum is an i32.
  static I dot_words(I acc, I a, I b) { return _mm256_dpwssd_avx_epi32(acc, a, b); }
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_AVX2_VNNI_TRAITS_HPP_
