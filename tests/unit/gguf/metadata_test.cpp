#include "core/gguf/metadata.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/gguf/file.hpp"
#include "tests/catch.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using testing::AlignedCopy;
using testing::Bytes;

// One key of every type, by the numbers of the format's description.
std::string all_types() {
  Bytes b;
  b.header(0, 18);
  b.key("u8", 0).put(std::uint8_t{200});
  b.key("i8", 1).put(std::int8_t{-100});
  b.key("u16", 2).put(std::uint16_t{60000});
  b.key("i16", 3).put(std::int16_t{-30000});
  b.key("u32", 4).put(std::uint32_t{4000000000u});
  b.key("i32", 5).put(std::int32_t{-2000000000});
  b.key("f32", 6).put(0.1f);
  b.key("yes", 7).u8(1);
  b.key("no", 7).u8(0);
  b.key("string", 8).str("h\xc3\xa9llo");
  b.key("u64", 10).put(std::numeric_limits<std::uint64_t>::max());
  b.key("i64", 11).put(std::numeric_limits<std::int64_t>::min());
  b.key("f64", 12).put(0.1);
  b.key("i16s", 9).u32(3).u64(3).put(std::int16_t{-1}).put(std::int16_t{0}).put(std::int16_t{7});
  b.key("bools", 9).u32(7).u64(2).u8(1).u8(0);
  b.key("strings", 9).u32(8).u64(3).str("one").str("").str("three");
  b.key("nested", 9).u32(9).u64(2);
  b.u32(0).u64(2).u8(1).u8(2);
  b.u32(8).u64(1).str("x");
  b.key("none", 9).u32(4).u64(0);
  return b.text();
}

// Opens bytes that live as long as the object.
struct Opened {
  explicit Opened(const std::string& text)
      : copy(text), file(File::from_memory(copy.bytes(), "t")) {
    INFO(file.status().message());
    REQUIRE(file.ok());
  }
  const Metadata& metadata() const { return file->metadata(); }
  AlignedCopy copy;
  Result<File> file;
};

TEST_CASE("every type of metadata value is read exactly") {
  const Opened opened(all_types());
  const Metadata& m = opened.metadata();
  CHECK(m.size() == 18);
  CHECK(*m.get_u64("u8") == 200);
  CHECK(*m.get_i64("i8") == -100);
  CHECK(*m.get_u64("u16") == 60000);
  CHECK(*m.get_i64("i16") == -30000);
  CHECK(*m.get_u64("u32") == 4000000000u);
  CHECK(*m.get_i64("i32") == -2000000000);
  CHECK(*m.get_f64("f32") == static_cast<double>(0.1f));
  CHECK(*m.get_bool("yes"));
  CHECK_FALSE(*m.get_bool("no"));
  CHECK(*m.get_string("string") == "h\xc3\xa9llo");
  CHECK(*m.get_u64("u64") == std::numeric_limits<std::uint64_t>::max());
  CHECK(*m.get_i64("i64") == std::numeric_limits<std::int64_t>::min());
  CHECK(*m.get_f64("f64") == 0.1);
  CHECK(*m.get_f64("u8") == 200.0);
}

TEST_CASE("entries keep the order of the file and know their place in it") {
  const std::string text = all_types();
  const Opened opened(text);
  const auto entries = opened.metadata().entries();
  CHECK(entries.front().key == "u8");
  CHECK(entries.back().key == "none");
  for (const Metadata::Entry& entry : entries) {
    const std::uint64_t at = opened.metadata().offset_of(entry.value);
    CHECK(text.substr(at - 4 - entry.key.size(), entry.key.size()) == entry.key);
    CHECK(text.substr(at, entry.value.encoded_size()) ==
          std::string_view(reinterpret_cast<const char*>(entry.value.data()),
                           entry.value.encoded_size()));
  }
}

TEST_CASE("arrays are views of numbers, strings and arrays") {
  const Opened opened(all_types());
  const Metadata& m = opened.metadata();
  CHECK(*m.get_numbers<std::int32_t>("i16s") == std::vector<std::int32_t>{-1, 0, 7});
  CHECK(*m.get_numbers<double>("bools") == std::vector<double>{1, 0});
  CHECK(m.get_numbers<float>("none")->empty());
  CHECK(m.get_strings("none")->empty());

  std::vector<std::string_view> strings;
  const Result<StringArray> array = m.get_strings("strings");
  REQUIRE(array.ok());
  for (const std::string_view text : *array) strings.push_back(text);
  CHECK(strings == std::vector<std::string_view>{"one", "", "three"});

  const Result<Array> nested = m.get_array("nested");
  REQUIRE(nested.ok());
  REQUIRE(nested->size() == 2);
  auto at = nested->begin();
  CHECK(*(*(*at).to_array())[1].to_u64() == 2);
  ++at;
  CHECK(*(*(*at).to_array()->begin()).to_string() == "x");
  ++at;
  CHECK(at == nested->end());
}

TEST_CASE("a scalar is an array of one number") {
  const Opened opened(all_types());
  CHECK(*opened.metadata().get_numbers<std::uint32_t>("u32") ==
        std::vector<std::uint32_t>{4000000000u});
  CHECK(*opened.metadata().get_numbers<double>("yes") == std::vector<double>{1});
}

TEST_CASE("an absent key is not found, or the fallback") {
  const Opened opened(all_types());
  const Metadata& m = opened.metadata();
  CHECK(m.find("u9") == nullptr);
  CHECK(m.get_u64("u9").code() == Code::kNotFound);
  CHECK(m.get_u64("u9").status().message() == "'t': metadata key 'u9' is missing");
  CHECK(m.get_numbers<float>("u9").code() == Code::kNotFound);
  CHECK(*m.get_u64_or("u9", 5) == 5);
  CHECK(*m.get_i64_or("u9", -5) == -5);
  CHECK(*m.get_f64_or("u9", 0.5) == 0.5);
  CHECK(*m.get_bool_or("u9", true));
  CHECK(*m.get_string_or("u9", "x") == "x");
  CHECK(*m.get_u64_or("u8", 5) == 200);
  CHECK(m.get_u64_or("string", 5).code() == Code::kInvalidArgument);
}

TEST_CASE("a wrong type is an error with key, place, value and expectation") {
  const std::string text = all_types();
  const Opened opened(text);
  const Metadata& m = opened.metadata();
  const std::string at = std::to_string(m.offset_of(*m.find("string")));
  CHECK(m.get_u64("string").status().message() ==
        "'t': metadata key 'string' (value at byte " + at +
            ") is string 'h\xc3\xa9llo'; expected an integer that is not negative");
  CHECK(m.get_u64("i8").code() == Code::kInvalidArgument);
  CHECK(m.get_i64("u64").code() == Code::kInvalidArgument);
  CHECK(m.get_u64("f32").code() == Code::kInvalidArgument);
  CHECK(m.get_u64("yes").code() == Code::kInvalidArgument);
  CHECK(m.get_bool("u8").code() == Code::kInvalidArgument);
  CHECK(m.get_string("i16s").code() == Code::kInvalidArgument);
  CHECK(m.get_array("u8").code() == Code::kInvalidArgument);
  CHECK(m.get_strings("i16s").code() == Code::kInvalidArgument);
  CHECK(m.get_numbers<float>("strings").code() == Code::kInvalidArgument);
  CHECK(m.get_numbers<float>("nested").code() == Code::kInvalidArgument);
  CHECK(m.get_numbers<std::int32_t>("f32").code() == Code::kInvalidArgument);
  CHECK(m.get_numbers<std::int32_t>("u32").code() == Code::kInvalidArgument);
  const std::string message = m.get_numbers<std::uint32_t>("i16s").status().message();
  CHECK(message.find("is array of 3 i16; expected an array of integers in [0, 4294967295], but "
                     "element 0 is i16 -1") != std::string::npos);
}

TEST_CASE("get_numbers takes the extremes of its type and nothing beyond") {
  const std::int64_t low = GENERATE(-2147483648LL, -2147483649LL);
  Bytes b;
  b.header(0, 1).key("x", 11).put(low);
  const Opened opened(b);
  CHECK(opened.metadata().get_numbers<std::int32_t>("x").ok() == (low == -2147483648LL));
  CHECK(opened.metadata().get_numbers<std::int64_t>("x").ok());
  CHECK_FALSE(opened.metadata().get_numbers<std::uint64_t>("x").ok());
}

TEST_CASE("floating-point values keep their bits, infinities and NaN too") {
  const float number = GENERATE(-0.0f, 1e-45f, 3.4e38f, std::numeric_limits<float>::infinity(),
                                std::numeric_limits<float>::quiet_NaN());
  Bytes b;
  b.header(0, 1).key("x", 6).f32(number);
  const Opened opened(b);
  const auto read = static_cast<float>(*opened.metadata().get_f64("x"));
  CHECK(std::memcmp(&read, &number, sizeof(read)) == 0);
}

TEST_CASE("a vocabulary of 150,000 strings is walked through without copies") {
  constexpr std::size_t kCount = 150000;
  Bytes b;
  b.header(0, 1).key("tokenizer.ggml.tokens", 9).u32(8).u64(kCount);
  for (std::size_t i = 0; i < kCount; ++i) b.str("token" + std::to_string(i));
  const Opened opened(b);
  std::size_t i = 0;
  bool equal = true;
  for (const std::string_view token : *opened.metadata().get_strings("tokenizer.ggml.tokens")) {
    equal = equal && token == "token" + std::to_string(i++);
    const auto* data = reinterpret_cast<const std::byte*>(token.data());
    equal = equal && data > opened.copy.bytes().data() && data < &opened.copy.bytes().back();
  }
  CHECK(equal);
  CHECK(i == kCount);
}

TEST_CASE("long values are cut in messages") {
  Bytes b;
  b.header(0, 1).key("x", 8).str(std::string(100000, 'y'));
  const Opened opened(b);
  CHECK(opened.metadata().get_u64("x").status().message().size() < 300);
}

}  // namespace
}  // namespace forge::gguf
