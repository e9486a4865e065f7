#include "plugins/hip/runtime/residency.hpp"

#include "tests/catch.hpp"

namespace forge::hip {
namespace {

constexpr PackTraits kThree = {.id = "three",
                               .code_object = nullptr,
                               .columns = 8,
                               .skinny_rows = 16,
                               .workgroups_per_unit = 16,
                               .gated_groups = 3,
                               .unit_lds = 228 * 1024};

}  // namespace

// Times of gate and up on an H200 (132 multiprocessors), in us with three and with two workgroups
// at a time: 29.0 and 25.1 for Llama-3.1-8B's 448, 25.5 and 28.7 for Qwen2.5-7B's 592, 20.1
// and 23.8 for Qwen3-8B's 384.
TEST_CASE("residency: a few workgroups are not left for a round of their own") {
  CHECK(time_of_rounds(448, 132, 2) < time_of_rounds(448, 132, 3));
  CHECK(time_of_rounds(592, 132, 2) > time_of_rounds(592, 132, 3));
  CHECK(time_of_rounds(384, 132, 2) > time_of_rounds(384, 132, 3));

  // LDS that two take and three do not, with up to 36 KB of the kernels' own.
  const std::uint32_t lds = unused_lds(kThree, 448, 132);
  CHECK(3 * lds >= kThree.unit_lds);
  CHECK(2 * (lds + 36 * 1024) <= kThree.unit_lds);
  CHECK(unused_lds(kThree, 592, 132) == 0);
  CHECK(unused_lds(kThree, 384, 132) == 0);
}

TEST_CASE("residency: devices of which nothing is known are left alone") {
  PackTraits unknown = kThree;
  unknown.gated_groups = 0;
  CHECK(unused_lds(unknown, 448, 132) == 0);
  CHECK(unused_lds(kThree, 448, 0) == 0);
}

}  // namespace forge::hip
