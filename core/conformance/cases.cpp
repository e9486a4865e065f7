#include "core/conformance/cases.hpp"

#include <algorithm>

#include "core/codec/host_codecs.hpp"

namespace forge::conformance {

std::vector<const forge_codec_v1*> all_codecs() { return process_codecs().view().all(); }

std::string lower_name(const forge_codec_v1& codec) {
  std::string name = codec.name;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

std::string activation_name(std::uint32_t activation) {
  static constexpr const char* kNames[] = {"none",     "silu",    "gelu_tanh",
                                           "gelu_erf", "sigmoid", "relu"};
  return activation < std::size(kNames) ? kNames[activation] : std::to_string(activation);
}

std::vector<std::uint32_t> split_rows(std::uint32_t total) {
  if (total == 1) return {1};
  if (total == 2) return {1, 1};
  const std::uint32_t third = std::max(1u, (total - 1) / 3);
  return {1, total - 1 - third, third};
}

void fill_normal(std::uint64_t seed, std::uint32_t input, RowId row, std::span<float> out) {
  Random random(seed, {input, row.sequence, row.position});
  for (float& v : out) v = random.normal();
}

void fill_mixed(std::uint64_t seed, std::uint32_t input, RowId row, std::span<float> out) {
  Random random(seed, {input, row.sequence, row.position});
  constexpr std::size_t kBlock = 32;
  switch ((row.position + row.sequence) % 7) {
    case 1:
    case 4:
      for (float& v : out) v = static_cast<float>(static_cast<int>(random.below(255)) - 127);
      for (std::size_t at = 0; at < out.size(); at += kBlock) {
        const std::size_t n = std::min(kBlock, out.size() - at);
        out[at + random.below(static_cast<std::uint32_t>(n))] = random.below(2) == 0 ? 127 : -127;
      }
      break;
    case 3:
      std::fill(out.begin(), out.end(), 0.0f);
      break;
    case 5:
      for (float& v : out) v = random.normal();
      out[random.below(static_cast<std::uint32_t>(out.size()))] = 300;
      break;
    case 6:
      for (float& v : out) v = 1e-20f * random.normal();
      break;
    default:
      for (float& v : out) v = random.normal();
  }
}

}  // namespace forge::conformance
