#include "core/gguf/writer.hpp"

#include <fmt/core.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "core/gguf/file.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using test::TemporaryFolder;
using testing::AlignedCopy;
using testing::Bytes;

constexpr std::uint32_t kF32 = 0;
constexpr std::uint32_t kQ8_0 = 8;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST_CASE("a written file equals one put together by hand, byte for byte") {
  const std::string expected = testing::small_file();
  MetadataBuilder metadata;
  REQUIRE(metadata.set_string("general.architecture", "llama").ok());
  REQUIRE(metadata.set_u32("llama.block_count", 2).ok());
  const std::array<std::string_view, 3> tokens = {"a", "", "\xc3\xa9"};
  REQUIRE(metadata.set_array("tokenizer.ggml.tokens", encode_strings(tokens)).ok());

  const TemporaryFolder folder;
  const std::string path = folder.in("m.gguf");
  Result<Writer> writer = Writer::create(
      path, metadata, {{"token_embd.weight", {4, 2}, kF32}, {"output.weight", {32}, kQ8_0}}, {});
  INFO(writer.status().message());
  REQUIRE(writer.ok());
  CHECK(writer->total_bytes() == expected.size());
  for (int i = 0; i < 8; ++i) {  // in pieces
    const float value = static_cast<float>(i) + 0.5f;
    REQUIRE(writer->write("token_embd.weight", std::as_bytes(std::span(&value, 1))).ok());
  }
  const std::string block = std::string("\x00\x3c", 2).append(32, '\x07');
  REQUIRE(writer->write("output.weight", bytes(block)).ok());
  CHECK(writer->written_bytes() == expected.size());
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(writer->finish().ok());
  CHECK(test::read_file(path) == expected);
}

TEST_CASE("all types of metadata equal those put together by hand") {
  Bytes expected;
  expected.header(0, 16);
  expected.key("u8", 0).u8(200).key("i8", 1).put(std::int8_t{-100});
  expected.key("u16", 2).put(std::uint16_t{60000}).key("i16", 3).put(std::int16_t{-30000});
  expected.key("u32", 4).u32(7).key("i32", 5).put(std::int32_t{-7});
  expected.key("f32", 6).f32(0.1f).key("bool", 7).u8(1).key("str", 8).str("x");
  expected.key("u64", 10).u64(~0ull).key("i64", 11).put(std::int64_t{-8}).key("f64", 12).put(0.1);
  expected.key("f32s", 9).u32(6).u64(2).f32(1).f32(2);
  expected.key("bools", 9).u32(7).u64(2).u8(1).u8(0);
  expected.key("none", 9).u32(5).u64(0);
  expected.key("nested", 9).u32(9).u64(2).u32(0).u64(1).u8(9).u32(8).u64(1).str("y");
  expected.align(32);

  MetadataBuilder m;
  REQUIRE(m.set_u8("u8", 200).ok());
  REQUIRE(m.set_i8("i8", -100).ok());
  REQUIRE(m.set_u16("u16", 60000).ok());
  REQUIRE(m.set_i16("i16", -30000).ok());
  REQUIRE(m.set_u32("u32", 7).ok());
  REQUIRE(m.set_i32("i32", -7).ok());
  REQUIRE(m.set_f32("f32", 0.1f).ok());
  REQUIRE(m.set_bool("bool", true).ok());
  REQUIRE(m.set_string("str", "x").ok());
  REQUIRE(m.set_u64("u64", ~0ull).ok());
  REQUIRE(m.set_i64("i64", -8).ok());
  REQUIRE(m.set_f64("f64", 0.1).ok());
  REQUIRE(m.set_array("f32s", encode_array<float>(std::array{1.0f, 2.0f})).ok());
  REQUIRE(m.set_array("bools", encode_array<bool>(std::array{true, false})).ok());
  REQUIRE(m.set_array("none", encode_array<std::int32_t>({})).ok());
  const std::array<std::string_view, 1> y = {"y"};
  const std::array nested = {encode_array<std::uint8_t>(std::array<std::uint8_t, 1>{9}),
                             encode_strings(y)};
  REQUIRE(m.set_array("nested", encode_nested(nested)).ok());
  const Result<Layout> layout = plan_layout(m, {});
  REQUIRE(layout.ok());
  CHECK(layout->header == expected.text());

  SECTION("and copied from an open file they are the same again") {
    const AlignedCopy copy(expected);
    const Result<File> file = File::from_memory(copy.bytes(), "f");
    REQUIRE(file.ok());
    MetadataBuilder again;
    REQUIRE(again.set_all(file->metadata()).ok());
    CHECK(plan_layout(again, {})->header == expected.text());
  }
}

TEST_CASE("setting a key again replaces it in its place, and keys can be removed") {
  MetadataBuilder m;
  REQUIRE(m.set_u32("a", 1).ok());
  REQUIRE(m.set_u32("b", 2).ok());
  REQUIRE(m.set_u32("c", 3).ok());
  REQUIRE(m.set_string("a", "x").ok());
  CHECK(m.remove("b"));
  CHECK_FALSE(m.remove("b"));
  CHECK_FALSE(m.contains("b"));
  Bytes expected;
  expected.header(0, 2).key("a", 8).str("x").key("c", 4).u32(3).align(32);
  CHECK(plan_layout(m, {})->header == expected.text());
}

TEST_CASE("the alignment key rules the file") {
  MetadataBuilder m;
  REQUIRE(m.set_u32("general.alignment", 256).ok());
  CHECK(m.alignment() == 256);
  const TensorPlan tensors[] = {{"a", {3}, kF32}, {"b", {3}, kF32}};
  const Result<Layout> layout = plan_layout(m, tensors);
  REQUIRE(layout.ok());
  CHECK(layout->header.size() == 256);
  CHECK(layout->tensors[1].offset == 512);
  CHECK(layout->file_bytes == 768);
  CHECK(m.set_u32("general.alignment", 24).message() ==
        "metadata key 'general.alignment' is u32 24; a power of two from 8 to 1048576 is expected");
  CHECK_FALSE(m.set_string("general.alignment", "32").ok());
  CHECK(m.alignment() == 256);
  CHECK(m.remove("general.alignment"));
  CHECK(m.alignment() == 32);
}

TEST_CASE("what the reader would refuse is not written") {
  MetadataBuilder m;
  CHECK_FALSE(m.set_u8("", 1).ok());
  CHECK_FALSE(m.set_u8(std::string(65536, 'k'), 1).ok());
  ArrayEncoding deep = encode_array<std::uint8_t>({});
  for (int i = 0; i < 4; ++i) deep = encode_nested(std::array{deep});
  CHECK(m.set_array("deep", deep).message() ==
        "metadata key 'deep': arrays are nested 5 deep; 4 is the limit");

  constexpr std::uint64_t kLongest = std::numeric_limits<std::uint64_t>::max();
  const auto message = [&](const std::vector<TensorPlan>& tensors) {
    return plan_layout(m, tensors).status().message();
  };
  CHECK(message({{"", {1}, kF32}}) == "tensor '': its name is 0 bytes long; 1 to 255 are possible");
  CHECK(message({{"a", {}, kF32}}) == "tensor 'a': it has 0 dimensions; 1 to 4 are possible");
  CHECK(message({{"a", {1, 1, 1, 1, 1}, kF32}}).find("5 dimensions") != std::string::npos);
  CHECK(message({{"a", {4, 0}, kF32}}) == "tensor 'a': a dimension is 0");
  CHECK(message({{"a", {33}, kQ8_0}}).find("not a whole number") != std::string::npos);
  CHECK(message({{"a", {4}, 99}}) == "tensor 'a': unknown(99) is not a type known here");
  CHECK(message({{"a", {4}, kF32}, {"b", {4}, kF32}, {"a", {4}, kF32}}) ==
        "two tensors are named 'a'");
  CHECK_FALSE(message({{"a", {4, kLongest, kLongest}, kF32}}).empty());
  CHECK_FALSE(message({{"a", {1ull << 60}, kF32}, {"b", {1ull << 60}, kF32}}).empty());
}

TEST_CASE("bytes must come in order and completely") {
  const TemporaryFolder folder;
  const std::string path = folder.in("m.gguf");
  {
    Result<Writer> writer = Writer::create(path, {}, {{"a", {2}, kF32}, {"b", {2}, kF32}}, {});
    REQUIRE(writer.ok());
    CHECK(writer->write("b", bytes("12345678")).message() ==
          "bytes of tensor 'b' came when tensor 'a' had its turn");
    CHECK(writer->write("a", bytes("123456789")).message() == "tensor 'a' has 8 bytes, but 9 came");
    CHECK(writer->write("a", bytes("1234567")).ok());
    CHECK(writer->finish().message() == "tensor 'a' is not complete: 7 of 8 bytes were written");
    CHECK(writer->write("a", bytes("8")).ok());
    CHECK(writer->write("b", bytes("12345678")).ok());
    CHECK(writer->write("b", bytes("1")).message() ==
          "bytes of tensor 'b' came after the last tensor was complete");
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a type of a codec plugin can be written and read") {
  Writer::Options options;
  options.types = [](std::uint32_t type) -> std::optional<TypeInfo> {
    if (type != 0x10001) return std::nullopt;
    return TypeInfo{"MINE", 5, 3};
  };
  const TemporaryFolder folder;
  const std::string path = folder.in("m.gguf");
  Result<Writer> writer = Writer::create(path, {}, {{"a", {10}, 0x10001}}, options);
  REQUIRE(writer.ok());
  REQUIRE(writer->write("a", bytes("123456")).ok());
  REQUIRE(writer->finish().ok());
  const Result<File> file = File::open(path, {options.types});
  REQUIRE(file.ok());
  CHECK(file->tensors()[0].n_bytes == 6);
  CHECK(File::open(path)->tensors()[0].data == nullptr);
}

TEST_CASE("an existing file is kept unless it may be replaced") {
  const TemporaryFolder folder;
  const std::string path = folder.file("m.gguf", "old");
  CHECK(Writer::create(path, {}, {}, {}).code() == Code::kAlreadyExists);
  Writer::Options options;
  options.existing = AtomicFile::Existing::kReplace;
  Result<Writer> writer = Writer::create(path, {}, {}, options);
  REQUIRE(writer.ok());
  CHECK(test::read_file(path) == "old");
  REQUIRE(writer->finish().ok());
  CHECK(File::open(path).ok());
}

}  // namespace
}  // namespace forge::gguf
