#include "core/quantize/tensor_encoder.hpp"

#include <atomic>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "core/codec/registry.hpp"
#include "tests/catch.hpp"

namespace forge::quantize {
namespace {

const CodecView& codecs() {
  static const CodecRegistry registry;
  return registry.view();
}

std::vector<float> normal_numbers(std::size_t n) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float& v : x) v = normal(engine);
  return x;
}

EncodeTask make_task(const std::vector<float>& x, std::uint64_t n_cols, std::uint32_t type) {
  EncodeTask task;
  task.from = codecs().find(FORGE_TYPE_F32);
  task.to = codecs().find(type);
  task.source = reinterpret_cast<const std::byte*>(x.data());
  task.n_cols = n_cols;
  task.n_rows = x.size() / n_cols;
  task.rows_per_matrix = task.n_rows;
  return task;
}

std::vector<std::byte> encode(const EncodeTask& task, unsigned n_threads) {
  std::vector<std::byte> out(task.n_rows * task.target_row_bytes());
  const Status status = encode_rows(task, 0, task.n_rows, out.data(), n_threads, {});
  INFO(status.message());
  REQUIRE(status.ok());
  return out;
}

TEST_CASE("the encoding does not depend on the number of threads or on slabs") {
  // 300 rows of 512: ten pieces of work, the last not full.
  const std::vector<float> x = normal_numbers(300 * 512);
  const EncodeTask task = make_task(x, 512, FORGE_TYPE_Q4_K);
  const std::vector<std::byte> one = encode(task, 1);
  for (const unsigned threads : {2u, 3u, 16u}) CHECK(encode(task, threads) == one);

  std::vector<std::byte> slabs(one.size());
  for (std::uint64_t row = 0; row < 300; row += 100)
    REQUIRE(encode_rows(task, row, 100, slabs.data() + row * task.target_row_bytes(), 2, {}).ok());
  CHECK(slabs == one);

  // One call of the codec for all rows is the oracle.
  std::vector<std::byte> direct(one.size());
  REQUIRE(task.to->quantize(x.data(), nullptr, 300, 512, direct.data(), nullptr) == FORGE_OK);
  CHECK(direct == one);
}

TEST_CASE("each matrix of a stack has its own importance") {
  // Three matrices of 70 rows: pieces of 64 rows cross their borders.
  const std::vector<float> x = normal_numbers(3 * 70 * 512);
  std::vector<float> importance(3 * 512);
  for (std::size_t i = 0; i < importance.size(); ++i)
    importance[i] = (i / 512 + i) % 3 == 0 ? 100.0f : 1.0f;
  EncodeTask task = make_task(x, 512, FORGE_TYPE_Q4_0);
  task.rows_per_matrix = 70;
  task.importance = importance;
  const std::vector<std::byte> together = encode(task, 2);

  std::vector<std::byte> apart;
  for (std::size_t matrix = 0; matrix < 3; ++matrix) {
    std::vector<std::byte> out(70 * task.target_row_bytes());
    REQUIRE(task.to->quantize(x.data() + matrix * 70 * 512, importance.data() + matrix * 512, 70,
                              512, out.data(), nullptr) == FORGE_OK);
    apart.insert(apart.end(), out.begin(), out.end());
  }
  CHECK(together == apart);
  task.importance = {};
  CHECK(encode(task, 2) != apart);
}

TEST_CASE("a number that cannot be encoded is named, on any number of threads") {
  std::vector<float> x = normal_numbers(300 * 512);
  x[5 * 512 + 3] = std::numeric_limits<float>::infinity();
  const EncodeTask task = make_task(x, 512, FORGE_TYPE_Q8_0);
  std::vector<std::byte> out(task.n_rows * task.target_row_bytes());
  for (const unsigned threads : {1u, 4u}) {
    const Status status = encode_rows(task, 0, 300, out.data(), threads, {});
    CHECK(status.code() == Code::kInvalidArgument);
    CHECK(status.message().find("row 5, column 3 is inf") != std::string::npos);
  }
}

TEST_CASE("encoding stops when asked to") {
  const std::vector<float> x = normal_numbers(300 * 512);
  const EncodeTask task = make_task(x, 512, FORGE_TYPE_Q2_K);
  std::vector<std::byte> out(task.n_rows * task.target_row_bytes());
  std::atomic<int> asked = 0;
  const Status status = encode_rows(task, 0, 300, out.data(), 2, [&] { return ++asked > 3; });
  CHECK(status.code() == Code::kCancelled);
  CHECK(asked <= 6);  // at most one more answer for each thread
}

}  // namespace
}  // namespace forge::quantize
