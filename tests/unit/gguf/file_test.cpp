#include "core/gguf/file.hpp"

#include <fmt/core.h>
#include <numeric>

#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using test::TemporaryFolder;
using testing::AlignedCopy;
using testing::small_file;

float float_at(const forge_tensor_v1& tensor, std::size_t i) {
  return static_cast<const float*>(tensor.data)[i];
}

TEST_CASE("versions 2 and 3 of a small file give the same metadata and tensors") {
  const std::uint32_t version = GENERATE(2u, 3u);
  const AlignedCopy copy(small_file(version));
  const Result<File> file = File::from_memory(copy.bytes(), "small.gguf");
  INFO(file.status().message());
  REQUIRE(file.ok());
  CHECK(file->path() == "small.gguf");
  CHECK(file->parts()[0].version == version);
  CHECK(file->total_bytes() == copy.bytes().size());
  CHECK(*file->metadata().get_string("general.architecture") == "llama");
  CHECK(*file->metadata().get_u64("llama.block_count") == 2);

  const TensorTable& tensors = file->tensors();
  REQUIRE(tensors.size() == 2);
  const forge_tensor_v1* embd = tensors.find("token_embd.weight");
  REQUIRE(embd != nullptr);
  CHECK(embd->struct_size == sizeof(forge_tensor_v1));
  CHECK(shape_text(*embd) == "[4, 2]");
  CHECK(embd->shape[2] == 1);
  CHECK(embd->n_bytes == 32);
  CHECK(float_at(*embd, 0) == 0.5f);
  CHECK(float_at(*embd, 7) == 7.5f);
  const forge_tensor_v1* output = tensors.find("output.weight");
  REQUIRE(output != nullptr);
  CHECK(tensors.type_name(output->type) == "Q8_0");
  CHECK(output->n_bytes == 34);
  CHECK(tensors.data(*output)->back() == std::byte{7});
  CHECK(tensors.find("output") == nullptr);
}

TEST_CASE("tensor data is not copied") {
  const AlignedCopy copy(small_file());
  const Result<File> file = File::from_memory(copy.bytes(), "small.gguf");
  REQUIRE(file.ok());
  for (std::uint32_t i = 0; i < file->tensors().size(); ++i) {
    const auto* data = static_cast<const std::byte*>(file->tensors()[i].data);
    CHECK(data == copy.bytes().data() + file->tensors().placement(i).offset);
    CHECK(reinterpret_cast<std::uintptr_t>(data) % 32 == 0);
  }
}

TEST_CASE("a file on disk is mapped, and views survive moving the File") {
  const TemporaryFolder folder;
  Result<File> opened = File::open(folder.file("m.gguf", small_file()));
  REQUIRE(opened.ok());
  const forge_tensor_v1* before = opened->tensors().find("token_embd.weight");
  const std::string_view name = *opened->metadata().get_string("general.architecture");
  const File file = std::move(opened).value();
  CHECK(file.tensors().find("token_embd.weight") == before);
  CHECK(float_at(*before, 3) == 3.5f);
  CHECK(name == "llama");
}

}  // namespace
}  // namespace forge::gguf
