// The codec by itself: no host, no plugin. Then writes a GGUF file with one matrix for the tests
// that run the program.
//   q6u_test FILE
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "q6u.hpp"

namespace {

constexpr std::uint64_t kRows = 8;
constexpr std::uint64_t kCols = 256;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put_string(std::string& out, const std::string& text) {
  put<std::uint64_t>(out, text.size());
  out += text;
}

// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
std::string gguf_file(const std::vector<float>& x) {
  std::string out = "GGUF";
  put<std::uint32_t>(out, 3);  // version
  put<std::uint64_t>(out, 1);  // tensors
  put<std::uint64_t>(out, 1);  // metadata entries
  put_string(out, "general.architecture");
  put<std::uint32_t>(out, 8);  // a string
  put_string(out, "none");
  put_string(out, "blk.0.ffn_up.weight");
  put<std::uint32_t>(out, 2);  // dimensions
  put(out, kCols);
  put(out, kRows);
  put<std::uint32_t>(out, FORGE_TYPE_F32);
  put<std::uint64_t>(out, 0);  // offset
  out.resize((out.size() + 31) / 32 * 32);
  out.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(float));
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(kRows * kCols);
  for (float& v : x) v = normal(engine);

  const forge_codec_v1 codec = forge::sdk::codec_record<Q6U>();
  std::vector<char> blocks(x.size() / codec.block_elements * codec.block_bytes);
  std::vector<float> y(x.size());
  if (codec.quantize(x.data(), nullptr, kRows, kCols, blocks.data(), nullptr) != FORGE_OK) return 1;
  codec.dequantize(blocks.data(), y.data(), y.size());
  double error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) error += std::pow(double{x[i]} - double{y[i]}, 2);
  // 32 normal numbers span about 4.2 deviations; 63 steps of 4.2 / 63 leave step / sqrt(12) rms.
  const double relative = std::sqrt(error / static_cast<double>(x.size()));
  std::printf("relative error %.5f\n", relative);
  if (!(relative < 1.15 * 4.2 / 63 / std::sqrt(12.0))) return 1;

  x[7] = NAN;
  if (codec.quantize(x.data(), nullptr, kRows, kCols, blocks.data(), nullptr) !=
      FORGE_INVALID_ARGUMENT)
    return 1;
  x[7] = 1e9f;
  if (codec.quantize(x.data(), nullptr, kRows, kCols, blocks.data(), nullptr) != FORGE_OUT_OF_RANGE)
    return 1;

  if (argc < 2) return 0;
  std::ofstream file(argv[1], std::ios::binary);
  const std::string bytes = gguf_file(y);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file.good() ? 0 : 1;
}
