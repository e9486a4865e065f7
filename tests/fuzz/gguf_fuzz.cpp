// Opens any bytes as a GGUF file and reads everything an accepted file gives out.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "core/gguf/file.hpp"
#include "tests/unit/gguf/walk.hpp"

namespace {

constexpr std::align_val_t kAlignment{64};

struct Release {
  void operator()(std::byte* data) const { ::operator delete(data, kAlignment); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer's buffer has no alignment that a file in memory must have.
  const std::unique_ptr<std::byte, Release> copy(
      static_cast<std::byte*>(::operator new(size == 0 ? 1 : size, kAlignment)));
  if (size != 0) std::memcpy(copy.get(), data, size);
  const auto file = forge::gguf::File::from_memory({copy.get(), size}, "f");
  if (file.ok()) {
    volatile const std::uint64_t sum = forge::gguf::testing::Walk().file(*file);
    static_cast<void>(sum);
    return 0;
  }
  // An error is a sentence with a place, and never a slip of the reader itself.
  const std::string_view message = file.status().message();
  const bool has_place =
      message.find("byte ") != message.npos || message.find("key '") != message.npos;
  if (!has_place || file.code() == forge::Code::kInternal) std::abort();
  return 0;
}
