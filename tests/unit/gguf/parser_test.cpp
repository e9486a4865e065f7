#include "core/gguf/parser.hpp"

#include <chrono>
#include <limits>

#include "core/gguf/file.hpp"
#include "tests/catch.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using testing::AlignedCopy;
using testing::Bytes;
using testing::small_file;

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

Status open_status(const std::string& text) {
  const AlignedCopy copy(text);
  return File::from_memory(copy.bytes(), "f").status();
}

// A file that is wrong in one place: what it is, and what is said about it.
struct Wrong {
  const char* what;
  std::string text;
  Code code;
  const char* message;  // a part of it
};

void check(const std::vector<Wrong>& cases) {
  for (const Wrong& wrong : cases) {
    const Status status = open_status(wrong.text);
    INFO(wrong.what << ": " << status.message());
    CHECK(status.code() == wrong.code);
    CHECK(status.message().find(wrong.message) != std::string::npos);
    CHECK(status.message().starts_with("'f': byte "));
  }
}

Bytes one_key(std::uint32_t type) {
  Bytes b;
  b.header(0, 1).key("some.key", type);
  return b;
}

// The data of one tensor starts at byte 96.
Bytes one_tensor(std::string_view name, std::initializer_list<std::uint64_t> shape,
                 std::uint32_t type, std::uint64_t offset) {
  Bytes b;
  b.header(1, 0).tensor(name, shape, type, offset).align(32);
  return b;
}

TEST_CASE("headers that are wrong") {
  Bytes swapped;
  swapped.raw("GGUF").u32(0x03000000).u64(0).u64(0);
  Bytes old;
  old.raw("GGUF").u32(1).u32(0).u32(0);
  Bytes future;
  future.header(0, 0, 4);
  Bytes tensors;
  tensors.header(kHuge, 0);
  Bytes keys;
  keys.header(0, 3).zeros(41);
  check({
      {"empty", "", Code::kDataLoss, "byte 0: the file is empty"},
      {"short magic", "GGU", Code::kInvalidArgument, "byte 0: not a GGUF file"},
      {"magic only", "GGUF", Code::kDataLoss,
       "byte 4: the file ends inside the version: 4 bytes are needed and 0 are left"},
      {"big-endian", swapped, Code::kUnimplemented,
       "byte 4: the file is big-endian (GGUF version 3)"},
      {"version 1", old, Code::kUnimplemented, "byte 4: GGUF version 1 is not supported"},
      {"version 4", future, Code::kUnimplemented,
       "byte 4: GGUF version 4 is not supported; this program reads versions 2 and 3"},
      {"too many tensors", tensors, Code::kDataLoss,
       "byte 8: the number of tensors says 18446744073709551615, each at least 25 bytes, but only "
       "0 bytes of the file are left"},
      {"one key too many for the file", keys, Code::kDataLoss,
       "byte 16: the number of metadata keys says 3, each at least 14 bytes, but only 41 bytes"},
  });
}

TEST_CASE("files of other formats are recognised") {
  const std::string padding(64, 'x');
  check({
      {"ggjt", std::string("tjgg").append(padding), Code::kInvalidArgument, "formats before GGUF"},
      {"reversed", std::string("FUGG").append(padding), Code::kInvalidArgument, "reversed order"},
      {"lfs", "version https://git-lfs.github.com/spec/v1\n", Code::kInvalidArgument,
       "git lfs pull"},
      {"html", "<!DOCTYPE html><html>", Code::kInvalidArgument, "it is a web page"},
      {"zip", std::string("PK\x03\x04").append(padding), Code::kInvalidArgument, "ZIP archive"},
      {"safetensors", std::string("\x40\0\0\0\0\0\0\0", 8) + "{\"__metadata__\"",
       Code::kInvalidArgument, "safetensors"},
      {"zeros", std::string(5000, '\0'), Code::kInvalidArgument, "it starts with zeros"},
      {"text", "hello world", Code::kInvalidArgument, "it does not start with \"GGUF\""},
  });
  CHECK(open_status("hello world").message() ==
        "'f': byte 0: not a GGUF file: it does not start with \"GGUF\"");
}

TEST_CASE("metadata keys that are wrong") {
  Bytes no_name;
  no_name.header(0, 1).str("").u32(0).zeros(8);
  Bytes long_name;
  long_name.header(0, 1).u64(65536).zeros(70000);
  Bytes endless_name;
  endless_name.header(0, 1).u64(60000).zeros(10);
  Bytes twice;
  twice.header(0, 3).key("a", 0).u8(1).key("b", 0).u8(1).key("a", 0).u8(1);
  check({
      {"empty name", no_name, Code::kInvalidArgument,
       "byte 24: metadata key #0: the name of the key is empty"},
      {"long name", long_name, Code::kInvalidArgument,
       "byte 24: metadata key #0: the name of the key is 65536 bytes long; the limit is 65535"},
      {"name beyond the end", endless_name, Code::kDataLoss,
       "byte 32: metadata key #0: the file ends inside the name of the key: 60000 bytes are needed "
       "and 10 are left"},
      {"duplicate", twice, Code::kInvalidArgument,
       "byte 60: metadata key #2 'a' is there already, as #0 at byte 32"},
  });
}

TEST_CASE("metadata values that are wrong") {
  Bytes deep = one_key(9);
  for (int i = 0; i < 4; ++i) deep.u32(9).u64(1);
  deep.u32(0).u64(1).u8(0);
  check({
      {"unknown type", one_key(13).zeros(8), Code::kInvalidArgument,
       "byte 40: metadata key #0 'some.key': the type of the value is 13; known are 0 (u8) to 12 "
       "(f64)"},
      {"short number", one_key(10).zeros(7), Code::kDataLoss,
       "byte 44: metadata key #0 'some.key': the file ends inside the value: 8 bytes are needed "
       "and "
       "7 are left"},
      {"bool of 2", one_key(7).u8(2), Code::kInvalidArgument,
       "byte 44: metadata key #0 'some.key': a bool has the value 2"},
      {"bool of 255 in an array", one_key(9).u32(7).u64(3).u8(1).u8(0).u8(255),
       Code::kInvalidArgument, "byte 58: metadata key #0 'some.key': a bool has the value 255"},
      {"endless string", one_key(8).u64(kHuge).raw("abc"), Code::kDataLoss,
       "byte 52: metadata key #0 'some.key': the file ends inside the string: 18446744073709551615 "
       "bytes are needed and 3 are left"},
      {"array of an unknown type", one_key(9).u32(77).u64(0), Code::kInvalidArgument,
       "byte 44: metadata key #0 'some.key': the element type of the array is 77"},
      {"endless array", one_key(9).u32(10).u64(kHuge / 8 + 1).zeros(80), Code::kDataLoss,
       "byte 48: metadata key #0 'some.key': the length of the array says 2305843009213693952, "
       "each "
       "at least 8 bytes, but only 80 bytes"},
      {"endless array of strings", one_key(9).u32(8).u64(11).zeros(80), Code::kDataLoss,
       "the length of the array says 11, each at least 8 bytes"},
      {"string beyond the end in an array", one_key(9).u32(8).u64(2).str("ab").u64(9).zeros(8),
       Code::kDataLoss,
       "byte 74: metadata key #0 'some.key': the file ends inside a string of the array: 9 bytes"},
      {"too deep", deep, Code::kInvalidArgument, "arrays are nested more than 4 deep"},
  });
}

TEST_CASE("arrays four deep are accepted") {
  Bytes b = one_key(9);
  for (int i = 0; i < 3; ++i) b.u32(9).u64(1);
  CHECK(open_status(b.u32(0).u64(1).u8(0)).ok());
}

TEST_CASE("alignments that are wrong") {
  const auto with = [](std::uint32_t alignment) {
    Bytes b;
    return b.header(0, 1).key("general.alignment", 4).u32(alignment).text();
  };
  Bytes text;
  text.header(0, 1).key("general.alignment", 8).str("32");
  const char* kRange = "a power of two from 8 to 1048576 is expected";
  check({
      {"0", with(0), Code::kInvalidArgument, "byte 53: metadata key 'general.alignment' is 0"},
      {"33", with(33), Code::kInvalidArgument, kRange},
      {"4", with(4), Code::kInvalidArgument, kRange},
      {"2^31", with(1u << 31), Code::kInvalidArgument, kRange},
  });
  CHECK(open_status(text).message().find("'general.alignment' (value at byte 53) is string '32'") !=
        std::string::npos);
  for (const std::uint32_t good : {8u, 32u, 64u, 4096u, 1u << 20})
    CHECK(open_status(with(good)).ok());
}

TEST_CASE("tensor descriptions that are wrong") {
  Bytes many_dims;
  many_dims.header(1, 0).tensor("w", {1, 1, 1, 1, 1}, 0, 0).align(32).zeros(32);
  check({
      {"no name", one_tensor("", {4}, 0, 0).zeros(32), Code::kInvalidArgument,
       "byte 24: tensor #0: the name of the tensor is empty"},
      {"long name", one_tensor(std::string(256, 'n'), {4}, 0, 0).zeros(32), Code::kInvalidArgument,
       "byte 24: tensor #0: the name of the tensor is 256 bytes long; the limit is 255"},
      {"five dimensions", many_dims, Code::kInvalidArgument,
       "byte 33: tensor #0 'w': the tensor has 5 dimensions; at most 4 are supported"},
      {"dimension 0", one_tensor("w", {4, 0}, 0, 0).zeros(32), Code::kInvalidArgument,
       "byte 45: tensor #0 'w': dimension 1 is 0"},
      {"too many elements", one_tensor("w", {1u << 31, 1u << 31, 2}, 0, 0).zeros(32),
       Code::kInvalidArgument, "tensor #0 'w': dimension 2 is 2, which makes more than 2^63"},
      {"too many bytes", one_tensor("w", {1u << 31, 1u << 30}, 0, 0).zeros(32),
       Code::kInvalidArgument,
       "shape [2147483648, 1073741824] does not fit type F32: 1073741824 rows of 2147483648 "
       "elements in F32 take more than 2^63 bytes"},
      {"broken row", one_tensor("w", {33, 2}, 8, 0).zeros(96), Code::kInvalidArgument,
       "byte 53: tensor #0 'w': shape [33, 2] does not fit type Q8_0: rows of 33 elements are not "
       "a "
       "whole number of Q8_0 blocks of 32 elements"},
      {"unaligned offset", one_tensor("w", {4}, 0, 16).zeros(64), Code::kInvalidArgument,
       "byte 49: tensor #0 'w': offset 16 is not a multiple of the alignment 32"},
  });
}

TEST_CASE("tensor data that is wrong") {
  Bytes overlap;
  overlap.header(3, 0).tensor("a", {16}, 0, 0).tensor("b", {8}, 0, 64).tensor("c", {4}, 0, 32);
  overlap.align(32).zeros(96);
  Bytes same;
  same.header(2, 0).tensor("a", {4}, 99, 0).tensor("b", {4}, 98, 0).align(32).zeros(32);
  Bytes twice;
  twice.header(2, 0).tensor("a", {4}, 0, 0).tensor("a", {4}, 0, 32).align(32).zeros(64);
  check({
      {"no data section", one_tensor("w", {4}, 0, 0).text().substr(0, 60), Code::kDataLoss,
       "byte 32: tensor #0 'w': its 16 bytes start at offset 0 of the data section (byte 64 of the "
       "file), which ends at byte 60"},
      {"one byte short", one_tensor("w", {4}, 0, 0).zeros(15), Code::kDataLoss,
       "its 16 bytes start at offset 0 of the data section (byte 64 of the file), which ends at "
       "byte 79; the file is damaged or was not copied completely"},
      {"far offset", one_tensor("w", {4}, 0, kHuge - 31).zeros(16), Code::kDataLoss,
       "its 16 bytes start at offset 18446744073709551584"},
      {"unknown type beyond the end", one_tensor("w", {4}, 99, 64).zeros(64), Code::kDataLoss,
       "tensor #0 'w': its bytes start at offset 64 of the data section"},
      {"overlap", overlap, Code::kInvalidArgument,
       "tensor #2 'c' starts at byte 160, inside tensor #0 'a' (bytes 128 to 191)"},
      {"two unknown at one place", same, Code::kInvalidArgument,
       "tensor #1 'b' starts at byte 96, inside tensor #0 'a'"},
  });
  const Status status = open_status(twice);
  CHECK(status.code() == Code::kInvalidArgument);
  CHECK(status.message() ==
        "'f': two tensors are named 'a': #0 (data at byte 96 of 'f') and #1 (data at byte 128 of "
        "'f')");
}

TEST_CASE("names in messages cannot drive a terminal") {
  const Status status = open_status(one_tensor("\x1b[2J\n", {0}, 0, 0));
  CHECK(status.message().find("'\\x1b[2J\\n'") != std::string::npos);
  CHECK(status.message().find('\x1b') == std::string::npos);
}

TEST_CASE("what is unusual but right is accepted") {
  SECTION("the last tensor is not padded") {
    CHECK(open_status(one_tensor("w", {4}, 0, 0).zeros(16)).ok());
  }
  SECTION("bytes after the last tensor") {
    CHECK(open_status(one_tensor("w", {4}, 0, 0).zeros(1000)).ok());
  }
  SECTION("no tensors, no padding") {
    Bytes b;
    CHECK(open_status(b.header(0, 1).key("k", 0).u8(1)).ok());
  }
  SECTION("tensors out of order and with holes") {
    Bytes b;
    b.header(2, 0).tensor("a", {4}, 0, 128).tensor("b", {4}, 0, 0).align(32).zeros(144);
    CHECK(open_status(b).ok());
  }
  SECTION("a scalar has shape [1]") {
    const AlignedCopy copy(one_tensor("w", {}, 0, 0).f32(2.5f));
    const Result<File> file = File::from_memory(copy.bytes(), "f");
    REQUIRE(file.ok());
    CHECK(file->tensors()[0].n_dims == 1);
    CHECK(file->tensors()[0].n_bytes == 4);
    CHECK(*static_cast<const float*>(file->tensors()[0].data) == 2.5f);
  }
  SECTION("alignment 4096") {
    Bytes b;
    b.header(2, 1).key("general.alignment", 4).u32(4096);
    b.tensor("a", {4}, 0, 0).tensor("b", {4}, 0, 4096).align(4096).zeros(4096).f32(9).zeros(12);
    const AlignedCopy copy(b);
    const Result<File> file = File::from_memory(copy.bytes(), "f");
    REQUIRE(file.ok());
    CHECK(file->parts()[0].data_offset == 4096);
    CHECK(*static_cast<const float*>(file->tensors()[1].data) == 9);
  }
}

TEST_CASE("a tensor of unknown type is listed, and only its data is refused") {
  Bytes b;
  b.header(2, 0).tensor("a", {4, 3}, 99, 0).tensor("b", {4}, 0, 32).align(32).zeros(48);
  const AlignedCopy copy(b);
  const Result<File> file = File::from_memory(copy.bytes(), "f");
  INFO(file.status().message());
  REQUIRE(file.ok());
  const TensorTable& tensors = file->tensors();
  CHECK(tensors.type_name(99) == "unknown(99)");
  CHECK(tensors.type_info(99) == nullptr);
  CHECK(tensors[0].data == nullptr);
  CHECK(tensors[0].n_bytes == 0);
  CHECK(element_count(tensors[0]) == 12);
  CHECK(tensors.data(tensors[0]).status().message() ==
        "'f': tensor 'a' has type unknown(99), which no codec here describes; load the plugin that "
        "has it");
  CHECK(tensors.data(tensors[1])->size() == 16);
  CHECK(tensors.get("c").status().message() ==
        "'f': no tensor is named 'c' (the file has 2 tensors)");
}

TEST_CASE("a type of a codec plugin is known when its lookup is given") {
  const AlignedCopy copy(one_tensor("w", {10, 2}, 99, 0).zeros(12));
  Options options;
  options.types = [](std::uint32_t type) -> std::optional<TypeInfo> {
    if (type != 99) return std::nullopt;
    return TypeInfo{"MINE", 5, 3};
  };
  const Result<File> file = File::from_memory(copy.bytes(), "f", options);
  REQUIRE(file.ok());
  CHECK(file->tensors()[0].n_bytes == 12);
  CHECK(file->tensors().type_name(99) == "MINE");

  SECTION("and a geometry that cannot be is as good as none") {
    options.types = [](std::uint32_t) { return TypeInfo{"ZERO", 0, 0}; };
    const Result<File> zero = File::from_memory(copy.bytes(), "f", options);
    REQUIRE(zero.ok());
    CHECK(zero->tensors()[0].data == nullptr);
  }
}

TEST_CASE("a file cut anywhere is an error, or lost nothing but padding") {
  const std::string whole = small_file();
  const std::size_t needed =
      whole.size() - (64 - 34) % 32;  // the end of the last tensor's 34 bytes
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Status status = open_status(whole.substr(0, size));
    INFO(size << ": " << status.message());
    CHECK(status.ok() == (size >= needed));
    if (status.ok() || size < 4) continue;
    CHECK(status.code() == Code::kDataLoss);
    CHECK(status.message().starts_with("'f': byte "));
  }
}

TEST_CASE("memory that is not aligned is refused") {
  const AlignedCopy copy(Bytes().u8(0).raw(small_file()));
  const Status status = File::from_memory(copy.bytes().subspan(1), "f").status();
  CHECK(status.message() == "'f': a file in memory must start at a multiple of 32");
}

}  // namespace
}  // namespace forge::gguf
