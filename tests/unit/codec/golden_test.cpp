#include "tests/unit/codec/golden.hpp"

#include <set>

#include "tests/catch.hpp"

namespace forge {
namespace {

TEST_CASE("decoding equals the golden vectors bit for bit, at any alignment") {
  for (const golden::Vector& vector : golden::kVectors) {
    INFO(vector.name);
    const forge_codec_v1* codec = golden::codec(vector.name);
    REQUIRE(codec != nullptr);
    const std::vector<char> blocks = golden::read_bytes(std::string(vector.name) + ".blocks");
    const std::vector<float> expected = golden::read_floats(std::string(vector.name) + ".f32");
    REQUIRE(expected.size() == golden::kRows * golden::kCols);
    REQUIRE(blocks.size() == golden::encoded_size(*codec, expected.size()));
    for (const std::size_t shift : {0u, 1u, 3u}) {
      std::vector<char> shifted(shift, '\0');
      shifted.insert(shifted.end(), blocks.begin(), blocks.end());
      std::vector<float> actual(expected.size());
      codec->dequantize(shifted.data() + shift, actual.data(), actual.size());
      REQUIRE(std::memcmp(actual.data(), expected.data(), expected.size() * sizeof(float)) == 0);
    }
  }
}

TEST_CASE("encoding is at most 2 % worse than the golden vectors") {
  for (const golden::Vector& vector : golden::kVectors) {
    if (vector.rel_rms_error == 0) continue;
    INFO(vector.name);
    const forge_codec_v1* codec = golden::codec(vector.name);
    REQUIRE(codec != nullptr);
    const std::vector<float> source = golden::read_floats(std::string(vector.name) + ".src");
    std::vector<char> blocks;
    REQUIRE(golden::quantize(*codec, source, nullptr, golden::kRows, blocks).ok());
    const std::vector<float> decoded = golden::dequantize(*codec, blocks);

    double mean = 0;
    for (const float x : source) mean += x / static_cast<double>(source.size());
    const double spread =
        golden::squared_error(source, std::vector<float>(source.size(), static_cast<float>(mean)));
    const double error = std::sqrt(golden::squared_error(source, decoded) / spread);
    CHECK(error <= 1.02 * vector.rel_rms_error);
    // Far better would mean that the numbers are not what they are thought to be.
    CHECK(error >= 0.5 * vector.rel_rms_error);
  }
}

TEST_CASE("every standard codec but the plain ones has golden vectors") {
  std::set<std::string> covered = {"F32", "F16", "BF16"};
  for (const golden::Vector& vector : golden::kVectors) covered.insert(vector.name);
  for (const forge_codec_v1* codec : standard_codecs()) CHECK(covered.count(codec->name) == 1);
  CHECK(covered.size() == standard_codecs().size());
}

}  // namespace
}  // namespace forge
