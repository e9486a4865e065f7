// Where the CPU packs put a graph's values.
#include "plugins/cpu/runtime/plan.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "tests/catch.hpp"

namespace forge::cpu {
namespace {

TEST_CASE("cpu plan: rows are an odd number of cache lines apart") {
  CHECK(row_pitch(0) == 0);
  for (std::size_t n = 1; n < 5000; n += 7) {
    const std::size_t pitch = row_pitch(n);
    REQUIRE(pitch % 128 == 64);
    REQUIRE(pitch >= n);
    REQUIRE(pitch < n + 128);
  }
}

TEST_CASE("cpu plan: values that do not overlap stay apart with the pitch of their rows") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<forge_value_v1> values(1 + random() % 20);
    std::uint32_t high_water = 0;
    for (forge_value_v1& value : values) {
      value = {};
      value.rows = random() % 3 == 0 ? FORGE_ROWS_OUTPUTS : FORGE_ROWS_TOKENS;
      value.width = static_cast<std::uint32_t>(1 + random() % 300);
      value.arena_offset =
          random() % 5 == 0 ? FORGE_NONE : static_cast<std::uint32_t>(random() % 64 * 16);
      if (value.arena_offset != FORGE_NONE)
        high_water = std::max(high_water, value.arena_offset + (value.width + 15) / 16 * 16);
    }
    std::vector<const forge_value_v1*> pointers;
    for (const forge_value_v1& value : values) pointers.push_back(&value);
    forge_graph_v1 graph = {};
    graph.n_values = static_cast<std::uint32_t>(values.size());
    graph.values = pointers.data();
    graph.token_arena = graph.output_arena = high_water;
    for (const std::uint32_t rows :
         {std::uint32_t{FORGE_ROWS_TOKENS}, std::uint32_t{FORGE_ROWS_OUTPUTS}}) {
      const ArenaPlan plan(graph, rows);
      const auto placed = [&](const forge_value_v1& v) {
        return v.rows == rows && v.arena_offset != FORGE_NONE;
      };
      for (const forge_value_v1& a : values) {
        if (!placed(a)) continue;
        const std::size_t end = plan.offset_of(a) + row_pitch(sizeof(float) * a.width) / 4;
        REQUIRE(plan.offset_of(a) % 16 == 0);
        REQUIRE(end <= plan.size());
        for (const forge_value_v1& b : values) {
          if (placed(b) && a.arena_offset + a.width <= b.arena_offset)
            REQUIRE(end <= plan.offset_of(b));
        }
      }
    }
  }
}

}  // namespace
}  // namespace forge::cpu
