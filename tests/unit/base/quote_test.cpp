#include "core/base/quote.hpp"

#include <nlohmann/json.hpp>

#include "core/base/utf8.hpp"
#include "tests/catch.hpp"

namespace forge {
namespace {

std::string encode(char32_t c) {
  std::string out;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
  return out;
}

TEST_CASE("every code point decodes to itself, and surrogates and what lies beyond do not") {
  for (char32_t c = 0; c < 0x112000; ++c) {
    const std::string bytes = encode(c);
    const CodePoint decoded = decode_utf8(bytes + "x");
    const bool exists = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    if (decoded.valid != exists) FAIL("U+" << static_cast<unsigned>(c));
    if (exists && (decoded.value != c || decoded.size != bytes.size()))
      FAIL("U+" << static_cast<unsigned>(c));
    if (!exists && decoded.size != 1) FAIL("U+" << static_cast<unsigned>(c));
  }
}

TEST_CASE("overlong, lone and cut-off sequences are invalid") {
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {"\x80"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x80\x80"sv, "\xf0\x80\x80\x80"sv, "\xc3"sv,
        "\xe2\x82"sv, "\xf0\x9f\x92"sv, "\xff"sv, "\xf8\x88\x80\x80\x80"sv, "\xe2\x28\xa1"sv}) {
    CHECK_FALSE(decode_utf8(bad).valid);
    CHECK(decode_utf8(bad).size == 1);
  }
}

TEST_CASE("what is printed can neither break the line nor drive the terminal") {
  CHECK(printable("plain text, naïve 漢字 🙂 \\n") == "plain text, naïve 漢字 🙂 \\n");
  CHECK(printable("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(printable("\x1b[31mred\x7f") == "\\x1b[31mred\\x7f");
  CHECK(printable("\xc2\x9b") == "\\x9b");  // C1: a one-byte CSI to some terminals
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\u202etxt.exe") == "\\u{202e}txt.exe");
  CHECK(printable(std::string("\0x", 2)) == "\\x00x");
}

TEST_CASE("a quotation is cut at its limit, never inside a code point") {
  CHECK(quote("short") == "'short'");
  CHECK(quote("0123456789", 4) == "'0123...'");
  CHECK(quote("ääää", 3) == "'ää...'");
  CHECK(quote("") == "''");
  CHECK(quote(std::string(1000, 'x')).size() < 100);
}

// Oracle: another implementation's parser and serialiser.
TEST_CASE("JSON strings parse back to what went in") {
  std::string all;
  for (char32_t c = 0; c < 0x3000; ++c) all += encode(c);
  all += "🙂\"\\/";
  std::string json;
  append_json_string(json, all);
  CHECK(nlohmann::json::parse(json).get<std::string>() == all);
}

TEST_CASE("invalid UTF-8 in a JSON string becomes replacement characters") {
  std::string json;
  append_json_string(json, "a\xff\xe2\x82z");
  CHECK(nlohmann::json::parse(json).get<std::string>() == "a\ufffd\ufffd\ufffdz");
}

}  // namespace
}  // namespace forge
