#include "core/device/gfx_target.hpp"

#include "tests/catch.hpp"

namespace forge::device {
namespace {

TEST_CASE("gfx_target_version is decoded with hexadecimal low digits") {
  // Pairs as KFD and the compiler's target names have them on real machines.
  CHECK(gfx_name(110000) == "gfx1100");
  CHECK(gfx_name(120001) == "gfx1201");
  CHECK(gfx_name(100306) == "gfx1036");
  CHECK(gfx_name(110501) == "gfx1151");
  CHECK(gfx_name(90010) == "gfx90a");
  CHECK(gfx_name(90012) == "gfx90c");
  CHECK(gfx_name(90402) == "gfx942");
  CHECK(gfx_name(80003) == "gfx803");
}

TEST_CASE("numbers that are no version give no name") {
  CHECK(gfx_name(0).empty());
  CHECK(gfx_name(9999).empty());
  CHECK(gfx_name(111700).empty());   // minor 17 is no digit
  CHECK(gfx_name(110016).empty());   // stepping 16 is no digit
  CHECK(gfx_name(1000000).empty());  // major 100
  CHECK(gfx_name(~std::uint64_t{0}).empty());
}

TEST_CASE("only exact processors pass") {
  for (const char* good : {"gfx1100", "gfx1201", "gfx90a", "gfx803", "gfx1036"})
    CHECK(is_exact_processor(good));
  for (const char* bad : {"", "gfx", "gfx11", "gfx11-generic", "gfx942:xnack-", "GFX1100",
                          "gfx11000", "gfxa00", "gfx110g", "gfx1a00", " gfx1100"})
    CHECK_FALSE(is_exact_processor(bad));
}

TEST_CASE("every name that KFD gives is an exact processor") {
  for (const std::uint64_t version : {80003, 90010, 90402, 100306, 110000, 120001})
    CHECK(is_exact_processor(gfx_name(version)));
}

TEST_CASE("processors are integrated, discrete or either") {
  CHECK(kind_of_processor("gfx1036") == GpuKind::kIntegrated);
  CHECK(kind_of_processor("gfx1151") == GpuKind::kIntegrated);
  CHECK(kind_of_processor("gfx1100") == GpuKind::kDiscrete);
  CHECK(kind_of_processor("gfx1201") == GpuKind::kDiscrete);
  CHECK(kind_of_processor("gfx942") == GpuKind::kUnknown);  // MI300X is a card, MI300A is not
  CHECK(kind_of_processor("gfx1300") == GpuKind::kUnknown);
}

TEST_CASE("the revision tells products with one device id apart") {
  CHECK(product_name(0x744c, 0xc8) == "Radeon RX 7900 XTX");
  CHECK(product_name(0x744c, 0xcc) == "Radeon RX 7900 XT");
  CHECK(product_name(0x744c, 0x00).empty());
}

}  // namespace
}  // namespace forge::device
