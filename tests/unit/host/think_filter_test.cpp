#include "host/chat/think_filter.hpp"

#include <string>
#include <vector>

#include "tests/catch.hpp"

namespace forge {
namespace {

// What comes out, thinking in brackets, of a text handed over in pieces of n bytes.
std::string filtered(const std::string& text, bool thinking, std::size_t n) {
  std::string answer, thoughts;
  ThinkFilter filter(thinking, [&](std::string_view part, bool is_thought) {
    CHECK_FALSE(part.empty());
    (is_thought ? thoughts : answer) += part;
  });
  for (std::size_t i = 0; i < text.size(); i += n) filter.push(text.substr(i, n));
  filter.finish();
  return "[" + thoughts + "]" + answer;
}

TEST_CASE("reasoning is told from the answer, however the text is cut") {
  for (const std::size_t n : {1, 2, 3, 5, 7, 8, 100}) {
    CAPTURE(n);
    CHECK(filtered("plain", false, n) == "[]plain");
    CHECK(filtered("<think>why\n</think>\n\nbecause", false, n) == "[why\n]because");
    CHECK(filtered("why</think>because", true, n) == "[why]because");
    CHECK(filtered("<think></think>x <think>y</think> z", false, n) == "[y]x z");
    CHECK(filtered("a < b, a <thin b", false, n) == "[]a < b, a <thin b");
    CHECK(filtered("cut off <thi", false, n) == "[]cut off <thi");
    CHECK(filtered("<think>never ends </thin", false, n) == "[never ends </thin]");
  }
}

}  // namespace
}  // namespace forge
