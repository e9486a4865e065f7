// core/codec/fit/float4.hpp: four floats at a time.
//
// The vector extension of GCC and Clang: SSE on baseline x86-64, correct everywhere. Sums are kept
// in four lanes and added up in one fixed order, so results are the same on every compiler.
#ifndef FORGE_CORE_CODEC_FIT_FLOAT4_HPP_
#define FORGE_CORE_CODEC_FIT_FLOAT4_HPP_

#include <cstring>

namespace forge::codec {

using Float4 __attribute__((vector_size(16))) = float;

// p [4], any alignment.
inline Float4 load4(const float* p) {
  Float4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

inline float total(Float4 v) { return (v[0] + v[2]) + (v[1] + v[3]); }

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FIT_FLOAT4_HPP_
