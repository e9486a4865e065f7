#include "core/gguf/mapping.hpp"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "core/gguf/file.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using test::TemporaryFolder;
using testing::Bytes;

TEST_CASE("what cannot be mapped is an error that says why") {
  const TemporaryFolder folder;
  CHECK(File::open(folder.in("none.gguf")).code() == Code::kNotFound);
  CHECK(File::open(folder.in("none.gguf")).status().message() ==
        "cannot open '" + folder.in("none.gguf") + "': No such file or directory");
  CHECK(
      File::open(folder.path()).status().message().ends_with("it is a folder, not a regular file"));
  CHECK(File::open("/dev/null").code() == Code::kInvalidArgument);
  CHECK(File::open("").code() == Code::kNotFound);
  CHECK(File::open(folder.file("empty.gguf", ""))
            .status()
            .message()
            .ends_with("byte 0: the file is empty"));

  const std::string pipe = folder.in("pipe.gguf");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(File::open(pipe).status().message().ends_with(
      "it is a device or a pipe, not a regular file"));

  const std::string secret = folder.file("secret.gguf", "GGUF");
  REQUIRE(::chmod(secret.c_str(), 0) == 0);
  if (::geteuid() != 0) CHECK(File::open(secret).code() == Code::kPermissionDenied);
}

// Resident bytes of the mapping that holds `address`, from /proc/self/smaps; -1 without an answer.
long resident_bytes(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (const std::size_t dash = word.find('-'); dash != std::string::npos) {
      const auto begin = std::stoull(word, nullptr, 16);
      const auto end = std::stoull(word.substr(dash + 1), nullptr, 16);
      inside = begin <= wanted && wanted < end;
    } else if (inside && word == "Rss:") {
      long kilobytes = 0;
      words >> kilobytes;
      return kilobytes * 1024;
    }
  }
  return -1;
}

TEST_CASE("advice is accepted for any tensor and changes no byte") {
  // Two tensors of 3 and 5 pages, neither at a page's start.
  Bytes b;
  b.header(2, 0).tensor("a", {3072}, 0, 0).tensor("b", {5120}, 0, 3072 * 4);
  b.align(32);
  for (int i = 0; i < 3072 + 5120; ++i) b.f32(static_cast<float>(i));
  const TemporaryFolder folder;
  const Result<File> file = File::open(folder.file("m.gguf", b.text()));
  REQUIRE(file.ok());
  const auto sum = [&](std::uint32_t index) {
    const auto* data = static_cast<const float*>(file->tensors()[index].data);
    double total = 0;
    for (std::uint64_t i = 0; i < element_count(file->tensors()[index]); ++i) total += data[i];
    return total;
  };
  const double sum_a = sum(0);
  const double sum_b = sum(1);
  for (const Advice advice : {Advice::kWillNeed, Advice::kSequential, Advice::kRandom,
                              Advice::kDontNeed, Advice::kNormal}) {
    CHECK(file->advise_all(advice).ok());
    // What is left of a file that is not needed: the page that the data shares with the header.
    if (advice == Advice::kDontNeed && ::sysconf(_SC_PAGESIZE) == 4096)
      CHECK(resident_bytes(file->tensors()[0].data) <= 4096);
    for (const forge_tensor_v1& tensor : file->tensors())
      CHECK(file->advise(*file->tensors().data(tensor), advice).ok());
    CHECK(sum(0) == sum_a);
    CHECK(sum(1) == sum_b);
  }
}

TEST_CASE("advice about other memory is refused, and ignored for files in memory") {
  const TemporaryFolder folder;
  const Result<File> file = File::open(folder.file("m.gguf", testing::small_file()));
  REQUIRE(file.ok());
  const std::byte other[64] = {};
  CHECK(file->advise(other, Advice::kDontNeed).code() == Code::kInternal);
  CHECK(file->advise({}, Advice::kDontNeed).ok());

  const testing::AlignedCopy copy(testing::small_file());
  const Result<File> memory = File::from_memory(copy.bytes(), "f");
  REQUIRE(memory.ok());
  CHECK(memory->advise_all(Advice::kDontNeed).ok());
  CHECK(memory->advise(copy.bytes(), Advice::kDontNeed).ok());
  CHECK(copy.bytes()[0] == std::byte{'G'});
}

}  // namespace
}  // namespace forge::gguf
