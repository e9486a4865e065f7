#include "host/cli/progress.hpp"

#include "tests/catch.hpp"

namespace forge::cli {
namespace {

using namespace std::chrono_literals;

Progress::Clock::time_point g_now{};
Progress::Clock::time_point now() { return g_now; }

// What a Progress prints to something that is no terminal.
class Output {
 public:
  Output() : stream_(open_memstream(&data_, &size_)) {}
  ~Output() {
    std::fclose(stream_);
    std::free(data_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  std::FILE* stream() { return stream_; }
  std::string text() {
    std::fflush(stream_);
    return {data_, size_};
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

TEST_CASE("amounts are short") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1.00 KiB");
  CHECK(format_bytes(12 * 1024 * 1024 + 300 * 1024) == "12.3 MiB");
  CHECK(format_bytes(std::uint64_t{340} << 30) == "340 GiB");
  CHECK(format_bytes(UINT64_MAX) == "16777216 TiB");
}

TEST_CASE("the bar fits its width and is full at the end") {
  CHECK(progress_bar("Load", 1, 2, Unit::kCount, 30) == "Load [####....]   50 %  1 of 2");
  CHECK(progress_bar("Load", 2, 2, Unit::kCount, 34).find('.') == std::string::npos);
  CHECK(progress_bar("Load", 3, 2, Unit::kCount, 34).find("100 %") != std::string::npos);
  CHECK(progress_bar("Load", 5, 0, Unit::kCount, 34) == "Load  5");
  CHECK(progress_bar("Load", 1, 2, Unit::kCount, 10) == "Load   50 %  1 of 2");
  for (std::size_t width = 40; width < 120; ++width) {
    CHECK(progress_bar("Loading", 123456, 7654321, Unit::kBytes, width).size() <= width);
  }
}

TEST_CASE("without a terminal there is a line now and then, and none for short work") {
  Output output;
  g_now = {};
  Progress progress("Loading", {Unit::kCount, false, output.stream(), &now});
  for (int i = 0; i < 4; ++i) {
    g_now += 1s;
    progress.update(1, 10);
  }
  CHECK(output.text().empty());
  for (int i = 0; i < 12; ++i) {
    g_now += 1s;
    progress.update(5, 10);
  }
  CHECK(output.text() == "Loading:  50 %  5 of 10\nLoading:  50 %  5 of 10\n");
  progress.finish();
  g_now += 1min;
  progress.update(10, 10);
  CHECK(output.text() == "Loading:  50 %  5 of 10\nLoading:  50 %  5 of 10\n");
}

TEST_CASE("quiet is quiet") {
  Output output;
  g_now = {};
  Progress progress("Loading", {Unit::kCount, true, output.stream(), &now});
  g_now += 1h;
  progress.update(1, 2);
  CHECK(output.text().empty());
}

}  // namespace
}  // namespace forge::cli
