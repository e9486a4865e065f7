// Blocks written and decoded by hand from the published layouts, so that a format cannot be wrong
// the same way in both directions.
#include <cstdint>
#include <map>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/codec/golden.hpp"

namespace forge {
namespace {

// Halves: 0.25 = 0x3400, 0.5 = 0x3800, 1 = 0x3c00, 2 = 0x4000, -1 = 0xbc00, little-endian.
struct Case {
  const char* name;
  std::map<std::size_t, std::uint8_t> bytes;  // by offset; the rest is 0
  std::map<std::size_t, float> values;        // by index
  // value of all elements in [first, last) that `values` does not name
  struct Rest {
    std::size_t first, last;
    float value;
  };
  std::vector<Rest> rest;
};

const Case kCases[] = {
    {"F32", {{2, 0x80}, {3, 0xbf}}, {{0, -1.0f}}, {}},
    {"F16", {{1, 0xbc}}, {{0, -1.0f}}, {}},
    {"BF16", {{0, 0x80}, {1, 0xbf}}, {{0, -1.0f}}, {}},
    {"Q8_0", {{1, 0x38}, {2, 0x81}, {33, 0x7f}}, {{0, -63.5f}, {31, 63.5f}}, {{0, 32, 0}}},
    {"Q4_0",
     {{1, 0x38}, {2, 0xf0}, {3, 0x88}, {17, 0x9a}},
     {{0, -4}, {16, 3.5f}, {1, 0}, {17, 0}, {15, 1}, {31, 0.5f}},
     {{0, 32, -4}}},
    {"Q4_1", {{1, 0x38}, {3, 0xbc}, {7, 0x2f}}, {{3, 6.5f}, {19, 0}}, {{0, 32, -1}}},
    {"Q5_0",
     {{1, 0x3c}, {2, 0x01}, {5, 0x80}, {21, 0xf1}},
     {{0, 0}, {15, -15}, {31, 15}},
     {{0, 32, -16}}},
    {"Q5_1", {{1, 0x34}, {3, 0x40}, {5, 0x02}, {17, 0x43}}, {{9, 6.75f}, {25, 3}}, {{0, 32, 2}}},
    // run 5: l 10, m 3; run 13: l 1
    {"Q2_K",
     {{5, 0x3a}, {13, 0x01}, {32, 0x20}, {79, 0x30}, {81, 0x38}, {83, 0x3c}},
     {{80, 7}, {223, 1.5f}},
     {{0, 80, 0}, {80, 96, -3}, {96, 256, 0}}},
    // run 9: s 33; all other runs: s 0 and code 0, so (0 - 32) * (0 - 4)
    {"Q3_K",
     {{22, 0x10}, {86, 0x03}, {97, 0x10}, {105, 0x20}, {109, 0x3c}},
     {{150, 3}},
     {{0, 144, 128}, {144, 160, -4}, {160, 256, 128}}},
    // run 2: l 63, m 5; run 6: l 33, m 18, whose upper bits are in the bytes of run 2
    {"Q4_K",
     {{1, 0x38}, {3, 0x3c}, {6, 0xbf}, {10, 0x45}, {14, 0x21}, {55, 0x0c}, {143, 0x0f}},
     {{71, 373}, {223, 229.5f}},
     {{0, 64, 0}, {64, 96, -5}, {96, 192, 0}, {192, 224, -18}, {224, 256, 0}}},
    {"Q5_K",
     {{1, 0x38},
      {3, 0x3c},
      {6, 0xbf},
      {10, 0x45},
      {14, 0x21},
      {23, 0x04},
      {47, 0x40},
      {87, 0x0c},
      {175, 0x0f}},
     {{71, 877}, {223, 493.5f}},
     {{0, 64, 0}, {64, 96, -5}, {96, 192, 0}, {192, 224, -18}, {224, 256, 0}}},
    // run 12: scale -3; element 200 has code 45
    {"Q6_K",
     {{72, 0xd0}, {168, 0x20}, {204, 0xfd}, {209, 0x38}},
     {{200, -19.5f}},
     {{0, 192, 0}, {192, 208, 48}, {208, 256, 0}}},
    {"IQ4_NL", {{1, 0x38}, {6, 0x0f}}, {{4, 56.5f}}, {{0, 32, -63.5f}}},
    // run 3: s 35; all other runs: s 0 and code 0, so (0 - 32) * -127
    {"IQ4_XS",
     {{1, 0x3c}, {2, 0x80}, {5, 0x30}, {58, 0xf9}},
     {{98, 39}, {114, 339}},
     {{0, 96, 4064}, {96, 128, -381}, {128, 256, 4064}}},
    {"MXFP4",
     {{0, 128}, {1, 0x7f}, {2, 0x21}},
     {{0, -12}, {16, 12}, {1, 1}, {17, 2}},
     {{0, 32, 0}}},
    {"MXFP4", {{0, 0}, {1, 0x91}}, {{0, 0x1p-128f}, {16, -0x1p-128f}}, {{0, 32, 0}}},
    {"MXFP4", {{0, 254}, {1, 0xa1}}, {{0, 0x1p126f}, {16, -0x1p127f}}, {{0, 32, 0}}},
};

TEST_CASE("blocks written by hand decode to numbers worked out by hand") {
  for (const Case& one : kCases) {
    const forge_codec_v1* codec = golden::codec(one.name);
    REQUIRE(codec != nullptr);
    std::vector<char> block(codec->block_bytes, '\0');
    for (const auto& [offset, byte] : one.bytes) block.at(offset) = static_cast<char>(byte);
    std::vector<float> expected(codec->block_elements);
    for (const Case::Rest& rest : one.rest)
      for (std::size_t i = rest.first; i < rest.last; ++i) expected.at(i) = rest.value;
    for (const auto& [index, value] : one.values) expected.at(index) = value;

    const std::vector<float> actual = golden::dequantize(*codec, block);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      INFO(one.name << " element " << i);
      REQUIRE(actual[i] == expected[i]);
    }
  }
}

}  // namespace
}  // namespace forge
