#include "forge/sdk/half.hpp"

#include <cmath>
#include <limits>

#include "tests/catch.hpp"

namespace forge {
namespace {

// Oracle: _Float16 arithmetic of the compiler, whose conversions are IEEE 754's.
TEST_CASE("half to float equals the compiler's conversion for all 65536 values") {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const auto bits = static_cast<std::uint16_t>(h);
    const auto expected = static_cast<float>(std::bit_cast<_Float16>(bits));
    const float actual = half_to_float(bits);
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(actual));
    } else {
      REQUIRE(std::bit_cast<std::uint32_t>(actual) == std::bit_cast<std::uint32_t>(expected));
    }
  }
}

TEST_CASE("float to half rounds to nearest even, as the compiler does") {
  // Every half's neighbourhood: exact, one f32 step either side, and the midpoint to the next half.
  for (std::uint32_t h = 0; h < 0x7c00; ++h) {
    const float x = half_to_float(static_cast<std::uint16_t>(h));
    const float next = h == 0x7bff ? 65536.0f : half_to_float(static_cast<std::uint16_t>(h + 1));
    const float middle = x + (next - x) / 2;
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float f : {x, std::nextafter(x, infinity), middle, std::nextafter(middle, 0.0f),
                          std::nextafter(middle, infinity)}) {
      REQUIRE(float_to_half(f) == std::bit_cast<std::uint16_t>(static_cast<_Float16>(f)));
      REQUIRE(float_to_half(-f) == std::bit_cast<std::uint16_t>(static_cast<_Float16>(-f)));
    }
  }
  CHECK(std::isnan(half_to_float(float_to_half(std::numeric_limits<float>::quiet_NaN()))));
}

TEST_CASE("bfloat16 rounds to nearest even") {
  CHECK(float_to_bfloat16(1.0f) == 0x3f80);
  CHECK(float_to_bfloat16(std::bit_cast<float>(0x3f808000u)) == 0x3f80);  // tie: even stays
  CHECK(float_to_bfloat16(std::bit_cast<float>(0x3f818000u)) == 0x3f82);  // tie: odd goes up
  CHECK(float_to_bfloat16(std::bit_cast<float>(0x3f808001u)) == 0x3f81);
  CHECK(std::isnan(bfloat16_to_float(float_to_bfloat16(std::numeric_limits<float>::quiet_NaN()))));
}

}  // namespace
}  // namespace forge
