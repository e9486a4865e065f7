#include "core/base/base64.hpp"

#include <random>

#include "tests/catch.hpp"

namespace forge {
namespace {

struct Pair {
  const char* bytes;
  const char* text;
};

// RFC 4648, section 10.
TEST_CASE("base64: the vectors of the RFC, with and without padding") {
  const auto pair =
      GENERATE(Pair{"", ""}, Pair{"f", "Zg=="}, Pair{"fo", "Zm8="}, Pair{"foo", "Zm9v"},
               Pair{"foob", "Zm9vYg=="}, Pair{"fooba", "Zm9vYmE="}, Pair{"foobar", "Zm9vYmFy"});
  CHECK(encode_base64(pair.bytes) == pair.text);
  CHECK(*decode_base64(pair.text) == pair.bytes);
  const std::string text = pair.text;
  CHECK(*decode_base64(text.substr(0, text.find('='))) == pair.bytes);
}

TEST_CASE("base64: any bytes come back") {
  std::mt19937 random(1);
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(*decode_base64(encode_base64(bytes)) == bytes);
    bytes += static_cast<char>(random());
  }
}

TEST_CASE("base64: what is none is refused with its place") {
  CHECK(decode_base64("Zm9*").status().message() == "base64 has '*' at character 3");
  for (const char* wrong : {"Z", "Zm9vY", "Z===", "Zg=", "Zm==9v", "====", "Zm9v="}) {
    CHECK(decode_base64(wrong).code() == Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace forge
