// Every row's segments are somebody's item, once, and in an order in which nobody waits for a later
// one.
#include "plugins/cpu/runtime/attention_work.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "plugins/cpu/kernels/api.hpp"
#include "tests/catch.hpp"

namespace forge::cpu {
namespace {

struct Part {
  std::uint32_t n_past, n_rows;
};

std::vector<forge_sequence_v1> sequences_of(const std::vector<Part>& parts) {
  std::vector<forge_sequence_v1> sequences;
  std::uint32_t row = 0;
  for (const Part& part : parts) {
    forge_sequence_v1 s = {};
    s.struct_size = sizeof(s);
    s.first_row = row;
    s.n_rows = part.n_rows;
    s.n_past = part.n_past;
    sequences.push_back(s);
    row += part.n_rows;
  }
  return sequences;
}

AttentionWork work_of(const std::vector<forge_sequence_v1>& sequences, std::uint32_t n_heads,
                      std::uint32_t n_kv_heads, std::uint32_t window) {
  std::vector<const forge_sequence_v1*> pointers;
  for (const forge_sequence_v1& s : sequences) pointers.push_back(&s);
  forge_batch_v1 batch = {};
  batch.struct_size = sizeof(batch);
  batch.n_sequences = static_cast<std::uint32_t>(pointers.size());
  batch.sequences = pointers.data();
  AttentionWork work(n_heads, n_kv_heads, window);
  work.cut(batch);
  return work;
}

TEST_CASE("attention work: every row and head meets each of its segments once, in order") {
  const std::vector<std::vector<Part>> batches = {
      {{0, 1}},
      {{8191, 1}},
      {{0, 600}, {511, 1}, {512, 1}, {3000, 17}},
      {{500, 24}, {1023, 2}},
  };
  for (const auto& [heads, kv_heads] : {std::pair{16u, 8u}, {14u, 2u}, {5u, 5u}, {40u, 1u}}) {
    for (const std::uint32_t window : {0u, 1u, 33u, 512u, 4000u}) {
      for (const auto& parts : batches) {
        const std::vector<forge_sequence_v1> sequences = sequences_of(parts);
        const AttentionWork work = work_of(sequences, heads, kv_heads, window);
        std::map<std::tuple<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> met;
        for (std::size_t i = 0; i < work.n_items(); ++i) {
          const AttentionWork::Item item = work.item(i);
          REQUIRE(item.kv_head < kv_heads);
          const AttentionWork::Block& block = work.block(item.block);
          REQUIRE(block.n_rows <= attention_rows(heads / kv_heads));
          REQUIRE(item.segment >= block.first_segment);
          REQUIRE(item.segment <= block.last_segment);
          REQUIRE(block.position - block.sequence->n_past == block.row - block.sequence->first_row);
          for (std::uint32_t r = 0; r < block.n_rows; ++r)
            met[{block.row + r, item.kv_head}].push_back(item.segment);
        }
        std::uint32_t n_rows = 0;
        for (const forge_sequence_v1& s : sequences) {
          for (std::uint32_t i = 0; i < s.n_rows; ++i) {
            const std::uint32_t position = s.n_past + i;
            const std::uint32_t first =
                window != 0 && position + 1 > window ? position + 1 - window : 0;
            for (std::uint32_t h = 0; h < kv_heads; ++h) {
              const auto& segments = met.at({s.first_row + i, h});
              REQUIRE(std::is_sorted(segments.begin(), segments.end()));
              REQUIRE(std::adjacent_find(segments.begin(), segments.end()) == segments.end());
              // The row's own, and perhaps those of rows beside it.
              REQUIRE(segments.front() <= first / kSegment);
              REQUIRE(segments.back() >= position / kSegment);
              REQUIRE(segments.size() == segments.back() - segments.front() + 1);
            }
          }
          n_rows += s.n_rows;
        }
        CHECK(met.size() == std::size_t{n_rows} * kv_heads);
      }
    }
  }
}

TEST_CASE("attention work: one row with a long past is work for many threads") {
  const auto sequences = sequences_of({{8191, 1}});
  CHECK(work_of(sequences, 8, 1, 0).n_items() == 16);
  CHECK(work_of(sequences, 16, 8, 0).n_items() == 128);
  CHECK(work_of(sequences, 16, 8, 600).n_items() == 16);  // two segments
}

TEST_CASE("attention work: a prompt's neighbours share a segment's keys and values") {
  const auto sequences = sequences_of({{1024, 48}});
  const AttentionWork work = work_of(sequences, 16, 8, 0);
  REQUIRE(work.n_items() == 3u * 8 * 4);  // segments, heads, blocks of 12 rows
  for (std::uint32_t i = 0; i < 4; ++i) {
    const AttentionWork::Item item = work.item(i);
    CHECK(item.segment == 0);
    CHECK(item.kv_head == 0);
    CHECK(item.block == i);
  }
}

}  // namespace
}  // namespace forge::cpu
