#include "core/gguf/split.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "core/gguf/file.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using test::TemporaryFolder;
using testing::AlignedCopy;
using testing::Bytes;

// Part `index` of `count`: one F32 tensor [4] named `name`, filled with `value`; the types of the
// keys are those that llama-gguf-split writes (u16, u16, i32).
std::string part(std::uint16_t index, std::uint16_t count, std::int32_t n_tensors,
                 std::string_view name, float value) {
  Bytes b;
  b.header(1, index == 0 ? 4 : 3);
  if (index == 0) b.key("general.architecture", 8).str("llama");
  b.key("split.no", 2).put(index);
  b.key("split.count", 2).put(count);
  b.key("split.tensors.count", 5).put(n_tensors);
  b.tensor(name, {4}, 0, 0).align(32);
  for (int i = 0; i < 4; ++i) b.f32(value);
  return b.align(32).text();
}

struct Model {
  Model() {
    folder.file("m-00001-of-00003.gguf", part(0, 3, 3, "a", 1));
    folder.file("m-00002-of-00003.gguf", part(1, 3, 3, "b", 2));
    folder.file("m-00003-of-00003.gguf", part(2, 3, 3, "c", 3));
  }
  std::string part_path(int number) const {
    return folder.in(fmt::format("m-{:05}-of-00003.gguf", number));
  }
  TemporaryFolder folder;
};

bool contains(const Status& status, std::string_view text) {
  return status.message().find(text) != std::string::npos;
}

TEST_CASE("names of parts") {
  const std::optional<SplitName> name = parse_split_name("/x/big-model-00002-of-00013.gguf");
  REQUIRE(name);
  CHECK(name->prefix == "/x/big-model");
  CHECK(name->index == 1);
  CHECK(name->count == 13);
  CHECK(split_path(*name, 0) == "/x/big-model-00001-of-00013.gguf");
  CHECK(split_path(*name, 12) == "/x/big-model-00013-of-00013.gguf");
  for (const char* other :
       {"m.gguf", "m-00001-of-00003.bin", "m-0001-of-00003.gguf", "m-00000-of-00003.gguf",
        "m-00004-of-00003.gguf", "m-0000x-of-00003.gguf", "m-00001-0f-00003.gguf", "of-00003.gguf",
        "00001-of-00003.gguf", ""})
    CHECK_FALSE(parse_split_name(other));
}

TEST_CASE("opening any part opens all of them") {
  const Model model;
  const int number = GENERATE(1, 2, 3);
  const Result<File> file = File::open(model.part_path(number));
  INFO(file.status().message());
  REQUIRE(file.ok());
  CHECK(file->path() == model.part_path(1));
  CHECK(*file->metadata().get_string("general.architecture") == "llama");
  REQUIRE(file->parts().size() == 3);
  REQUIRE(file->tensors().size() == 3);
  const char* names[] = {"a", "b", "c"};
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(file->tensors().index_of(names[i]) == i);
    CHECK(file->tensors().placement(i).part == i);
    CHECK(static_cast<const float*>(file->tensors()[i].data)[3] == static_cast<float>(i + 1));
    CHECK(file->parts()[i].path == model.part_path(static_cast<int>(i) + 1));
    CHECK(file->parts()[i].n_tensors == 1);
  }
  CHECK(file->total_bytes() ==
        file->parts()[0].size + file->parts()[1].size + file->parts()[2].size);
}

TEST_CASE("a missing part is named") {
  const Model model;
  ::unlink(model.part_path(2).c_str());
  const Status one = File::open(model.part_path(3)).status();
  CHECK(one.code() == Code::kNotFound);
  CHECK(one.message() ==
        fmt::format("'{}' is missing; the model is in 3 files, which must be in one folder",
                    model.part_path(2)));
  ::unlink(model.part_path(1).c_str());
  const Status two = File::open(model.part_path(3)).status();
  CHECK(contains(
      two, fmt::format("'{}' is missing, and 1 more part of the model;", model.part_path(1))));
}

TEST_CASE("a renamed part is refused with the name it should have") {
  const Model model;
  const std::string path = model.folder.file("part-two.gguf", part(1, 3, 3, "b", 2));
  const Status status = File::open(path).status();
  CHECK(status.code() == Code::kInvalidArgument);
  CHECK(contains(status,
                 "the file is part 2 of 3 of a model, but its name does not end in "
                 "'-00002-of-00003.gguf'"));
}

TEST_CASE("parts that do not belong together are refused") {
  const Model model;
  SECTION("a part in another's place") {
    model.folder.file("m-00002-of-00003.gguf", part(2, 3, 3, "b", 2));
    CHECK(contains(File::open(model.part_path(1)).status(),
                   "split.no and split.count say part 3 of 3, its name says part 2 of 3"));
  }
  SECTION("a whole model in a part's place") {
    model.folder.file("m-00002-of-00003.gguf", testing::small_file());
    CHECK(contains(File::open(model.part_path(1)).status(),
                   "split.no and split.count say part 1 of 1, its name says part 2 of 3"));
  }
  SECTION("one tensor twice") {
    model.folder.file("m-00003-of-00003.gguf", part(2, 3, 3, "a", 2));
    const Status status = File::open(model.part_path(1)).status();
    CHECK(contains(status, "two tensors are named 'a': #0 (data at byte"));
    CHECK(contains(status, "m-00003-of-00003.gguf')"));
  }
  SECTION("another number of tensors than promised") {
    model.folder.file("m-00001-of-00003.gguf", part(0, 3, 4, "a", 1));
    CHECK(contains(File::open(model.part_path(1)).status(),
                   "'split.tensors.count' says 4 tensors, the 3 parts have 3"));
  }
  SECTION("a damaged part is named") {
    model.folder.file("m-00003-of-00003.gguf", "GGUF");
    const Status status = File::open(model.part_path(1)).status();
    CHECK(status.code() == Code::kDataLoss);
    CHECK(status.message().starts_with(fmt::format("'{}': byte 4: ", model.part_path(3))));
  }
}

TEST_CASE("split keys that are wrong") {
  const auto open = [](std::uint16_t index, std::uint16_t count) {
    const AlignedCopy copy(part(index, count, 1, "a", 1));
    return File::from_memory(copy.bytes(), "f").status();
  };
  CHECK(open(0, 1).ok());
  CHECK(open(0, 0).ok());
  CHECK(contains(open(3, 3), "metadata key 'split.no' is 3 and 'split.count' is 3"));
  CHECK(contains(open(0, 3),
                 "'split.count' says that the model is in 3 files, which cannot be "
                 "opened from memory"));
  Bytes b;
  b.header(0, 2).key("split.count", 2).put(std::uint16_t{2}).key("split.no", 8).str("1");
  const AlignedCopy copy(b);
  CHECK(contains(File::from_memory(copy.bytes(), "f").status(), "'split.no' (value at byte"));
}

}  // namespace
}  // namespace forge::gguf
