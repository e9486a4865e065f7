// What `rocmforge inspect` prints of a file, for people and for machines.
#include <limits>
#include <nlohmann/json.hpp>

#include "host/cli/inspect_json.hpp"
#include "host/cli/inspect_text.hpp"
#include "tests/catch.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::cli {
namespace {

using gguf::File;
using gguf::testing::AlignedCopy;
using gguf::testing::Bytes;
using Json = nlohmann::json;

std::string shown(const std::string& text, bool with_tensors = false) {
  const AlignedCopy copy(text);
  const Result<File> file = File::from_memory(copy.bytes(), "m.gguf");
  INFO(file.status().message());
  REQUIRE(file.ok());
  return inspect_text(*file, *summarize(*file), with_tensors);
}

Json parsed(const std::string& text) {
  const AlignedCopy copy(text);
  const Result<File> file = File::from_memory(copy.bytes(), "m.gguf");
  INFO(file.status().message());
  REQUIRE(file.ok());
  return Json::parse(inspect_json(*file, *summarize(*file)));
}

bool has_line(const std::string& text, std::string_view line) {
  return text.find(std::string("\n").append(line).append("\n")) != std::string::npos;
}

// Values of every type, two of them not fit for JSON, and a key that is not fit for a terminal.
std::string all_values() {
  Bytes b;
  b.header(0, 13);
  b.key("u64", 10).u64(~0ull).key("i64", 11).put(std::numeric_limits<std::int64_t>::min());
  b.key("f32", 6).f32(0.1f).key("f64", 12).put(0.1);
  b.key("nan", 6).f32(std::numeric_limits<float>::quiet_NaN());
  b.key("inf", 12).put(-std::numeric_limits<double>::infinity());
  b.key("bool", 7).u8(1).key("string", 8).str("h\xc3\xa9\n");
  b.key("broken", 8).str("a\xff");
  b.key("i32s", 9).u32(5).u64(8);
  for (std::int32_t i = 0; i < 8; ++i) b.put(i - 4);
  b.key("nested", 9).u32(9).u64(2).u32(0).u64(1).u8(7).u32(8).u64(1).str("x");
  b.key("\x1b[2J", 0).u8(1);
  b.key("long", 8).str(std::string(500, 'y'));
  return b.text();
}

TEST_CASE("a page about a small file") {
  const std::string text = shown(gguf::testing::small_file(), true);
  INFO(text);
  CHECK(has_line(text, "  Format            GGUF version 3, data aligned to 32 bytes"));
  CHECK(has_line(text, "  Architecture      llama"));
  CHECK(has_line(text, "  Parameters        40 (40)"));
  CHECK(has_line(text, "  Layers            2"));
  CHECK(has_line(text, "  Q8_0        1        32  34 B  51.5 %"));
  CHECK(has_line(text, "  F32         1         8  32 B  48.5 %"));
  CHECK(has_line(text, "  all         2        40  66 B"));
  CHECK(has_line(text, "  tokenizer.ggml.tokens  array   ['a', '', '\xc3\xa9']"));
  CHECK(text.find("1  output.weight      Q8_0  [32]    34 B") != std::string::npos);
  CHECK(shown(gguf::testing::small_file()).find("output.weight") == std::string::npos);
}

TEST_CASE("long values are cut and foreign bytes made visible for people") {
  const std::string text = shown(all_values());
  INFO(text);
  CHECK(text.find("[-4, -3, -2, -1, 0, 1, ...] (8 i32)") != std::string::npos);
  CHECK(text.find("[[7], ['x']]") != std::string::npos);
  CHECK(text.find("yyy...' (500 bytes)") != std::string::npos);
  CHECK(text.find("'h\xc3\xa9\\n'") != std::string::npos);
  CHECK(text.find("\\x1b[2J") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("18446744073709551615") != std::string::npos);
  CHECK(text.find("-9223372036854775808") != std::string::npos);
}

TEST_CASE("types that are not known are shown as such") {
  Bytes b;
  b.header(1, 0).tensor("w", {4}, 99, 0).align(32).zeros(32);
  const std::string text = shown(b, true);
  INFO(text);
  CHECK(text.find("unknown(99)") != std::string::npos);
  CHECK(text.find("Bits per weight") == std::string::npos);
  const Json json = parsed(b);
  CHECK(json["tensors"][0]["type"] == "unknown(99)");
  CHECK(json["tensors"][0]["type_id"] == 99);
  CHECK(json["tensors"][0]["bytes"].is_null());
  CHECK(json["model"]["bits_per_weight"].is_null());
  CHECK(json["model"]["architecture"].is_null());
}

TEST_CASE("the JSON has every value, exactly") {
  const Json m = parsed(all_values())["metadata"];
  CHECK(m["u64"]["value"] == ~0ull);
  CHECK(m["i64"]["value"] == std::numeric_limits<std::int64_t>::min());
  CHECK(m["f32"]["value"].dump() == "0.1");
  CHECK(m["f32"]["type"] == "f32");
  CHECK(m["f64"]["value"] == 0.1);
  CHECK(m["nan"]["value"] == "nan");
  CHECK(m["inf"]["value"] == "-inf");
  CHECK(m["bool"]["value"] == true);
  CHECK(m["string"]["value"] == "h\xc3\xa9\n");
  CHECK(m["broken"]["value"] == Json{{"hex", "61ff"}});
  CHECK(m["i32s"]["value"] == Json{-4, -3, -2, -1, 0, 1, 2, 3});
  CHECK(m["i32s"]["element_type"] == "i32");
  CHECK(m["nested"]["value"][0] == Json{{"element_type", "u8"}, {"value", Json::array({7})}});
  CHECK(m["long"]["value"] == std::string(500, 'y'));
  CHECK(m["\x1b[2J"]["value"] == 1);
}

TEST_CASE("the JSON of a file has its parts, types and tensors") {
  const Json json = parsed(gguf::testing::small_file());
  CHECK(json["schema"] == 1);
  CHECK(json["path"] == "m.gguf");
  CHECK(json["files"].size() == 1);
  CHECK(json["files"][0]["gguf_version"] == 3);
  CHECK(json["model"]["parameters"] == 40);
  CHECK(json["types"][0] ==
        Json{{"type", "Q8_0"}, {"type_id", 8}, {"tensors", 1}, {"elements", 32}, {"bytes", 34}});
  CHECK(json["tensors"][0]["name"] == "token_embd.weight");
  CHECK(json["tensors"][0]["shape"] == Json{4, 2});
  CHECK(json["tensors"][1]["offset"] == json["files"][0]["data_offset"].get<std::uint64_t>() + 32);
}

}  // namespace
}  // namespace forge::cli
