// Character properties and case mappings against what Python answered for every character.
#include "core/text/jinja/unicode.hpp"

#include <array>
#include <functional>

#include "tests/catch.hpp"
#include "tests/unit/text/jinja/recorded.hpp"

namespace forge::jinja::unicode {
namespace {

class Crc32 {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) {
      state_ ^= static_cast<unsigned char>(c);
      for (int i = 0; i < 8; ++i) state_ = (state_ >> 1) ^ ((state_ & 1U) != 0 ? 0xEDB88320U : 0U);
    }
  }
  std::int64_t value() const { return state_ ^ 0xFFFFFFFFU; }

 private:
  std::uint32_t state_ = 0xFFFFFFFFU;
};

template <class Visit>
void for_all(const Visit& visit) {
  for (char32_t c = 0; c <= kLastCodePoint; ++c) {
    if (c < 0xD800 || c > 0xDFFF) visit(c);
  }
}

void check_property(const Data& facts, const char* name, const std::function<bool(char32_t)>& has) {
  Crc32 crc;
  std::int64_t count = 0;
  for_all([&](char32_t c) {
    if (!has(c)) return;
    ++count;
    const std::array<char, 4> bytes = {
        static_cast<char>(c & 0xFF), static_cast<char>(c >> 8 & 0xFF),
        static_cast<char>(c >> 16 & 0xFF), static_cast<char>(c >> 24)};
    crc.add({bytes.data(), bytes.size()});
  });
  INFO(name);
  CHECK(count == *facts.find(name)->find("count")->as_integer());
  CHECK(crc.value() == *facts.find(name)->find("crc32")->as_integer());
}

using Mapping = std::string (*)(std::string_view);

void check_mapping(const Data& facts, const char* name, Mapping mapping) {
  Crc32 crc;
  std::string text;
  for_all([&](char32_t c) {
    text.clear();
    append(text, c);
    crc.add(mapping(text) + "\n");
  });
  INFO(name);
  CHECK(crc.value() == *facts.find(name)->find("crc32")->as_integer());
  for (const char* sample :
       {"ΌΣΟΣ ΣΑΣ Σ.Σ", "they're o'neill's x2y ǆabc", "ΑΣ'Σ ΑΣ", "ﬁx ŉ İstanbul ß"}) {
    INFO(sample);
    CHECK(mapping(sample) == jinja::testing::text_of(*facts.find(sample), name));
  }
}

TEST_CASE("every character has the properties and mappings that Python gives it") {
  const Data facts = jinja::testing::read_json("recorded_unicode.json");
  check_property(facts, "isalpha", is_alpha);
  check_property(facts, "isdecimal", is_decimal);
  check_property(facts, "isdigit", is_digit);
  check_property(facts, "isnumeric", is_numeric);
  check_property(facts, "isalnum", is_alnum);
  check_property(facts, "isspace", is_space);
  check_property(facts, "isupper", is_upper);
  check_property(facts, "islower", is_lower);
  check_property(facts, "istitle", [](char32_t c) { return is_title(c) || is_upper(c); });
  check_property(facts, "isprintable", is_printable);
  check_mapping(facts, "upper", to_upper);
  check_mapping(facts, "lower", to_lower);
  check_mapping(facts, "title", title);
  check_mapping(facts, "capitalize", capitalize);
  check_mapping(facts, "swapcase", swap_case);
  check_mapping(facts, "casefold", case_fold);
}

TEST_CASE("stray bytes are characters of their own and survive every mapping") {
  const std::string text = "a\xC3\x28\xE4\xBD\xF0\x9F\x98z\xFF";
  CHECK(find_invalid(text) == 1);
  CHECK(find_invalid("é你😀") == std::string_view::npos);
  CHECK(find_invalid("\xED\xA0\x80") == 0);  // a surrogate
  CHECK(length(text) == 10);
  CHECK(to_lower(text) == text);
  CHECK(title(to_upper(text)).size() == text.size());
  std::string backwards;
  for (std::size_t end = text.size(); end > 0;) {
    const Character c = decode_before(text, end);
    end -= c.size;
    backwards += text.substr(end, c.size);
  }
  CHECK(backwards.size() == text.size());
  CHECK(offset_of("aé你b", 2) == 3);
  CHECK(offset_of("aé", 9) == 3);
  CHECK(decimal_value(U'٣') == 3);
  CHECK(decimal_value(U'²') == -1);
}

}  // namespace
}  // namespace forge::jinja::unicode
