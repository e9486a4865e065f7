// 10,000 damaged files, the same ones in every run.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/gguf/file.hpp"
#include "tests/catch.hpp"
#include "tests/unit/gguf/byte_builder.hpp"
#include "tests/unit/gguf/walk.hpp"

namespace forge::gguf {
namespace {

using testing::AlignedCopy;
using testing::Bytes;

// Files with something of everything, and what is not padding in each of them.
std::vector<std::string> bases() {
  Bytes values;
  values.header(0, 8).key("general.alignment", 4).u32(64);
  values.key("a.bools", 9).u32(7).u64(9).raw("\x01\x01\x01\x01\x01\x01\x01\x01\x01");
  values.key("a.nested", 9).u32(9).u64(2).u32(8).u64(2).str("x").str("yz").u32(4).u64(1).u32(7);
  values.key("a.strings", 9).u32(8).u64(4).str("a").str("bc").str("").str("d");
  values.key("a.f64", 12).put(2.5).key("a.i8", 1).u8(0x80).key("a.u64", 10).u64(~0ull);
  values.key("split.count", 2).put(std::uint16_t{1});
  Bytes tensors;
  tensors.header(5, 1).key("general.architecture", 8).str("qwen2");
  tensors.tensor("token_embd.weight", {32, 4}, 8, 0).tensor("a", {256}, 12, 160);
  tensors.tensor("b", {8, 2, 2, 2}, 0, 320).tensor("c", {7}, 99, 576).tensor("d", {3, 3}, 1, 608);
  tensors.align(32).zeros(640);
  return {testing::small_file(2), testing::small_file(3), values.text(), tensors.text()};
}

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string damage(std::string text) {
    const std::uint32_t n_changes = 1 + below(3);
    for (std::uint32_t i = 0; i < n_changes && !text.empty(); ++i) change(text);
    return text;
  }

 private:
  // std::uniform_int_distribution is not the same everywhere; this is.
  std::uint32_t below(std::size_t n) { return static_cast<std::uint32_t>(random_() % n); }

  void change(std::string& text) {
    const std::size_t at = below(text.size());
    switch (below(8)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.resize(at);
        break;
      case 3:
        inflate(text, at);
        break;
      case 4:
        splice(text, at);
        break;
      case 5:
        text.erase(at, 1 + below(16));
        break;
      case 6:
        text.insert(at, text.substr(below(text.size()), 1 + below(64)));
        break;
      default:
        small_number(text, at);
        break;
    }
  }

  // A length, count, dimension or offset becomes huge, or the largest of some width.
  void inflate(std::string& text, std::size_t at) {
    const std::uint64_t numbers[] = {~0ull,         ~0ull >> 1,    1ull << 63, 1ull << 32,
                                     0xffffffffull, 0x7fffffffull, 1ull << 61, text.size(),
                                     1ull << 20,    65536};
    overwrite(text, at, numbers[below(std::size(numbers))], 8);
  }
  void small_number(std::string& text, std::size_t at) { overwrite(text, at, below(48), 4); }
  static void overwrite(std::string& text, std::size_t at, std::uint64_t number, std::size_t size) {
    std::memcpy(text.data() + at, &number, std::min(size, text.size() - at));
  }
  // One part of the file over another.
  void splice(std::string& text, std::size_t at) {
    const std::size_t from = below(text.size());
    const std::size_t size =
        std::min({std::size_t{1} + below(40), text.size() - at, text.size() - from});
    std::memmove(text.data() + at, text.data() + from, size);
  }

  std::mt19937 random_;
};

bool names_a_place(const std::string& message) {
  return message.find("byte ") != std::string::npos || message.find("key '") != std::string::npos;
}

TEST_CASE("ten thousand damaged files each give an error with a place or can be walked through") {
  const std::vector<std::string> originals = bases();
  for (const std::string& original : originals) {
    const AlignedCopy copy(original);
    INFO(File::from_memory(copy.bytes(), "f").status().message());
    REQUIRE(File::from_memory(copy.bytes(), "f").ok());
  }
  Mutator mutator(20240229);
  std::uint64_t sum = 0;
  int n_good = 0;
  for (std::size_t i = 0; i < 10000; ++i) {
    const AlignedCopy copy(mutator.damage(originals[i % originals.size()]));
    const Result<File> file = File::from_memory(copy.bytes(), "f");
    if (file.ok()) {
      ++n_good;
      sum += testing::Walk().file(*file);
    } else if (!names_a_place(file.status().message()) || file.code() == Code::kInternal) {
      FAIL_CHECK("case " << i << ": " << file.status().message());
    }
  }
  INFO(n_good << " of 10000 still open; sum " << sum);
  // Damage to names, values and data is not an error; damage to structure is.
  CHECK(n_good > 1000);
  CHECK(n_good < 6000);
}

}  // namespace
}  // namespace forge::gguf
