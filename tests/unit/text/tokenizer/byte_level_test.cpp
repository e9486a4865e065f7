#include "core/text/tokenizer/byte_level.hpp"

#include <set>
#include <string>

#include "tests/catch.hpp"

namespace forge::text {
namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  append_byte_level(bytes, out);
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  append_from_byte_level(text, out);
  return out;
}

TEST_CASE("bytes are written as GPT-2 writes them") {
  CHECK(encoded("a!~") == "a!~");
  CHECK(encoded(" \n\t\r") == "ĠĊĉč");
  CHECK(encoded(std::string_view("\0", 1)) == "Ā");
  CHECK(encoded("\x7f\x80\xa0\xad") == "ġĢłŃ");  // U+0121 U+0122 U+0142 U+0143
  CHECK(encoded("é") == "Ã©");
}

TEST_CASE("all 256 bytes have a character of their own and come back") {
  std::set<std::string> characters;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string bytes(1, static_cast<char>(byte));
    characters.insert(encoded(bytes));
    CHECK(decoded(encoded(bytes)) == bytes);
  }
  CHECK(characters.size() == 256);
}

TEST_CASE("characters outside the alphabet stay as they are") {
  CHECK(decoded("x世y") == "x世y");
  CHECK(decoded("ń") == "ń");        // U+0144, one past the alphabet
  CHECK(decoded("\xc4") == "\xc4");  // half a character
  CHECK(decoded("\xff\x80") == "\xff\x80");
  CHECK(decoded(" ") == " ");  // never used by the encoding
}

}  // namespace
}  // namespace forge::text
