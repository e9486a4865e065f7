#include "plugins/hip/runtime/attention_work.hpp"

#include <array>
#include <vector>

#include "tests/catch.hpp"

namespace forge::hip {
namespace {

constexpr std::uint32_t kSegment = kSegmentBlocks * FORGE_KV_BLOCK_TOKENS;  // positions

// Sequences of {n_rows, n_past}.
class TestBatch {
 public:
  explicit TestBatch(const std::vector<std::array<std::uint32_t, 2>>& sequences) {
    for (const auto& [n_rows, n_past] : sequences) {
      forge_sequence_v1 s = {};
      s.struct_size = sizeof(s);
      s.first_row = record_.n_rows;
      s.n_rows = n_rows;
      s.n_past = n_past;
      records_.push_back(s);
      record_.n_rows += n_rows;
    }
    for (const forge_sequence_v1& s : records_) pointers_.push_back(&s);
    record_.n_sequences = static_cast<std::uint32_t>(pointers_.size());
    record_.sequences = pointers_.data();
  }
  const forge_batch_v1& get() const { return record_; }

 private:
  std::vector<forge_sequence_v1> records_;
  std::vector<const forge_sequence_v1*> pointers_;
  forge_batch_v1 record_ = {};
};

TEST_CASE("hip attention: every row is in one item, with no more rows than a tile holds") {
  const TestBatch batch({{70, 13}, {1, 200}, {5, 0}, {16, 31}});
  for (const std::uint32_t columns : {8u, 16u}) {
    for (const std::uint32_t group : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 12u, 16u, 24u}) {
      INFO("group of " << group << ", " << columns << " columns");
      const AttentionShape shape = {group * 2, 2, 64, 0};
      const AttentionCut cut = cut_attention(shape, columns, 1, batch.get());
      CHECK(cut.heads_per_tile * cut.n_chunks >= group);
      CHECK(cut.heads_per_tile * (cut.n_chunks - 1) < group);
      std::uint32_t next = 0;
      REQUIRE(cut.merge_first.size() == batch.get().n_rows);
      for (const AttentionItem& item : cut.items) {
        CHECK(item.first == next);
        CHECK(item.n >= 1);
        CHECK(item.n * cut.heads_per_tile <= columns);
        next += item.n;
        const auto sequence_of = [&](std::uint32_t row) {
          return row < 70 ? 0 : row < 71 ? 1 : row < 76 ? 2 : 3;
        };
        CHECK(sequence_of(item.first) == sequence_of(item.first + item.n - 1));
        for (std::uint32_t r = 0; r < item.n; ++r)
          CHECK(cut.merge_first[item.first + r] == cut.merge_first[item.first]);
      }
      CHECK(next == batch.get().n_rows);
      CHECK(cut.merge_first[0] == 13);
      CHECK(cut.merge_first[70] == 200);
      CHECK(cut.merge_first[71] == 0);
      CHECK(cut.merge_first[76] == 31);
    }
  }
}

TEST_CASE("hip attention: one row of each sequence puts as many heads as it can in a tile") {
  const TestBatch batch({{1, 4}, {1, 9}});
  const AttentionCut cut = cut_attention({14, 2, 64, 0}, 16, 1, batch.get());
  CHECK(cut.rows_apart);
  CHECK(cut.heads_per_tile == 7);
  CHECK(cut.n_chunks == 1);
  CHECK(cut.items.size() == 2);
  // 12 heads in tiles of 8 columns: two halves, not 8 and 4.
  CHECK(cut_attention({12, 1, 64, 0}, 8, 1, batch.get()).heads_per_tile == 6);
  CHECK_FALSE(cut_attention({14, 2, 64, 0}, 16, 1, TestBatch({{2, 0}}).get()).rows_apart);
}

TEST_CASE("hip attention: many rows fill the tiles") {
  const TestBatch batch({{64, 0}});
  // 7 heads: 7 x 2 of 16 columns against 1 x 16.
  CHECK(cut_attention({7, 1, 64, 0}, 16, 1, batch.get()).heads_per_tile == 1);
  CHECK(cut_attention({8, 1, 64, 0}, 16, 1, batch.get()).heads_per_tile == 8);
  CHECK(cut_attention({4, 1, 64, 0}, 16, 1, batch.get()).heads_per_tile == 4);
}

TEST_CASE("hip attention: a long context is split until the device is busy") {
  const AttentionShape shape = {32, 8, 128, 0};
  const TestBatch batch({{1, 20 * kSegment}});  // 21 segments, 8 workgroups without splits
  const AttentionCut idle = cut_attention(shape, 16, 1000, batch.get());
  CHECK(idle.n_splits == 32);
  CHECK(idle.max_segments == 32);
  const AttentionCut small = cut_attention(shape, 16, 32, batch.get());
  CHECK(small.n_splits == 4);
  CHECK(small.max_segments == 32);
  const AttentionCut full = cut_attention(shape, 16, 8, batch.get());
  CHECK(full.n_splits == 1);
  // A position that changes nothing of the cut changes nothing of what is launched.
  const AttentionCut next =
      cut_attention(shape, 16, 1000, TestBatch({{1, 20 * kSegment + 1}}).get());
  CHECK(next.n_splits == idle.n_splits);
  CHECK(next.max_segments == idle.max_segments);
}

TEST_CASE("hip attention: a window is split from where it begins") {
  const AttentionShape shape = {32, 8, 128, 2 * kSegment};
  // Positions from 18 segments and one on: three segments, the first and the last in part.
  const AttentionCut cut = cut_attention(shape, 16, 1000, TestBatch({{1, 20 * kSegment}}).get());
  CHECK(cut.max_segments == 4);
}

TEST_CASE("hip attention: partial results that do not fit are not made") {
  const AttentionShape shape = {32, 8, 128, 0};
  const std::uint32_t most = kPartialSegments * kSegment;
  CHECK(cut_attention(shape, 16, 1000, TestBatch({{1, most - 1}}).get()).n_splits > 1);
  CHECK(cut_attention(shape, 16, 1000, TestBatch({{1, most}}).get()).n_splits == 1);
}

}  // namespace
}  // namespace forge::hip
