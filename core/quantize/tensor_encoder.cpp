#include "core/quantize/tensor_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/base/guard.hpp"
#include "core/base/host_services.hpp"
#include "core/base/log.hpp"

namespace forge::quantize {
namespace {

// Numbers a thread takes at a time: enough to make taking cheap, little enough to share out small
// tensors and to stop soon.
constexpr std::uint64_t kPieceElements = 1u << 15;

// What the threads of one call share.
class Work {
 public:
  Work(const EncodeTask& task, std::uint64_t first_row, std::uint64_t n_rows, std::byte* out,
       const StopRequested& stop)
      : task_(task), first_row_(first_row), n_rows_(n_rows), out_(out), stop_(stop) {}

  std::uint64_t rows_per_piece() const {
    return std::max<std::uint64_t>(1, kPieceElements / std::max<std::uint64_t>(1, task_.n_cols));
  }

  // Takes pieces until there are none, or somebody failed.
  void run() {
    const Status status = guarded([this] { return take_pieces(); });
    if (!status.ok()) fail(0, status);
  }

  Status result() {
    const std::scoped_lock lock(mutex_);
    return failure_;
  }

 private:
  Status take_pieces() {
    std::vector<float> numbers;
    const std::uint64_t piece = rows_per_piece();
    while (!failed_.load()) {
      const std::uint64_t begin = next_.fetch_add(piece);
      if (begin >= n_rows_) return {};
      if (stop_ && stop_()) return cancelled("encoding was stopped");
      const std::uint64_t end = std::min(begin + piece, n_rows_);
      for (std::uint64_t row = begin; row < end;) {
        // Rows up to the end of the piece or of the matrix, whose importance they share.
        const std::uint64_t absolute = first_row_ + row;
        const std::uint64_t left = task_.rows_per_matrix - absolute % task_.rows_per_matrix;
        const std::uint64_t count = std::min(end - row, left);
        if (const Status status = encode(absolute, count, row, numbers); !status.ok()) {
          fail(absolute, status);
          return {};
        }
        row += count;
      }
    }
    return {};
  }

  Status encode(std::uint64_t row, std::uint64_t count, std::uint64_t out_row,
                std::vector<float>& numbers) {
    numbers.resize(count * task_.n_cols);
    task_.from->dequantize(task_.source + row * task_.source_row_bytes(), numbers.data(),
                           numbers.size());
    const float* importance =
        task_.importance.empty()
            ? nullptr
            : task_.importance.data() + row / task_.rows_per_matrix * task_.n_cols;
    forge_message message;
    const forge_status code =
        task_.to->quantize(numbers.data(), importance, count, task_.n_cols,
                           out_ + out_row * task_.target_row_bytes(), &message);
    return from_abi(code, message).with_prefix(fmt::format("in the rows from {}: ", row));
  }

  // Keeps the failure of the earliest row, so that the message does not depend on timing alone.
  void fail(std::uint64_t row, const Status& status) {
    const std::scoped_lock lock(mutex_);
    failed_.store(true);
    if (row >= failed_row_) return;
    failed_row_ = row;
    failure_ = status;
  }

  const EncodeTask& task_;
  const std::uint64_t first_row_;
  const std::uint64_t n_rows_;
  std::byte* const out_;
  const StopRequested& stop_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::uint64_t failed_row_ = std::numeric_limits<std::uint64_t>::max();
  Status failure_;
};

}  // namespace

Status encode_rows(const EncodeTask& task, std::uint64_t first_row, std::uint64_t n_rows,
                   std::byte* out, unsigned n_threads, const StopRequested& stop) {
  return guarded([&]() -> Status {
    Work work(task, first_row, n_rows, out, stop);
    const std::uint64_t pieces = (n_rows + work.rows_per_piece() - 1) / work.rows_per_piece();
    std::vector<std::jthread> helpers;
    try {
      while (helpers.size() + 1 < std::min<std::uint64_t>(n_threads, pieces))
        helpers.emplace_back([&work] { work.run(); });
    } catch (const std::system_error& error) {
      log::get("codec").debug("encoding on {} of {} threads: {}", helpers.size() + 1, n_threads,
                              error.what());
    }
    work.run();
    helpers.clear();  // joins
    return work.result();
  });
}

}  // namespace forge::quantize
