// Golden vectors in tests/data/codecs; its README says what they are.
#ifndef FORGE_TESTS_UNIT_CODEC_GOLDEN_HPP_
#define FORGE_TESTS_UNIT_CODEC_GOLDEN_HPP_

#include <cmath>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/host_services.hpp"
#include "core/codec/standard.hpp"
#include "forge/sdk/status.hpp"

namespace forge::golden {

inline constexpr std::size_t kRows = 16;
inline constexpr std::size_t kCols = 512;

// index.json's rel_rms_error; 0 where we decode only.
struct Vector {
  const char* name;
  double rel_rms_error;
};
inline constexpr Vector kVectors[] = {
    {"Q4_0", 0.02724},  {"Q4_1", 0.05904}, {"Q5_0", 0.07606},   {"Q5_1", 0.04198},
    {"Q8_0", 0.01264},  {"Q2_K", 0.13361}, {"Q3_K", 0.12668},   {"Q4_K", 0.04684},
    {"Q5_K", 0.03348},  {"Q6_K", 0.01949}, {"IQ4_NL", 0.07026}, {"IQ4_XS", 0.07592},
    {"MXFP4", 0.17704}, {"IQ2_S", 0},      {"IQ3_S", 0},        {"IQ3_XXS", 0},
};

inline std::vector<char> read_bytes(const std::string& name) {
  std::ifstream file(FORGE_TEST_DATA "/codecs/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<float> read_floats(const std::string& name) {
  const std::vector<char> bytes = read_bytes(name);
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

// The standard codec of that name; nullptr when there is none.
inline const forge_codec_v1* codec(const std::string& name) {
  for (const forge_codec_v1* candidate : standard_codecs())
    if (candidate->name == name) return candidate;
  return nullptr;
}

// The standard codecs that can encode.
inline std::vector<const forge_codec_v1*> encoders() {
  std::vector<const forge_codec_v1*> found;
  for (const forge_codec_v1* candidate : standard_codecs())
    if (candidate->quantize != nullptr) found.push_back(candidate);
  return found;
}

inline std::size_t encoded_size(const forge_codec_v1& codec, std::size_t n) {
  return n / codec.block_elements * codec.block_bytes;
}

inline Status quantize(const forge_codec_v1& codec, const std::vector<float>& x,
                       const float* importance, std::size_t n_rows, std::vector<char>& blocks) {
  blocks.assign(encoded_size(codec, x.size()), '\x55');
  forge_message message;
  return from_abi(codec.quantize(x.data(), importance, n_rows, n_rows == 0 ? 0 : x.size() / n_rows,
                                 blocks.data(), &message),
                  message);
}

inline std::vector<float> dequantize(const forge_codec_v1& codec, const std::vector<char>& blocks) {
  std::vector<float> out(blocks.size() / codec.block_bytes * codec.block_elements);
  codec.dequantize(blocks.data(), out.data(), out.size());
  return out;
}

// sum w * (a - b)^2; w == nullptr: 1.
inline double squared_error(const std::vector<float>& a, const std::vector<float>& b,
                            const float* w = nullptr) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += (w == nullptr ? 1.0 : double{w[i]}) * std::pow(double{a[i]} - double{b[i]}, 2);
  return sum;
}

}  // namespace forge::golden

#endif  // FORGE_TESTS_UNIT_CODEC_GOLDEN_HPP_
