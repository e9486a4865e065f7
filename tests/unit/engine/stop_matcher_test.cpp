#include "core/engine/stop_matcher.hpp"

#include <random>

#include "tests/catch.hpp"

namespace forge::engine {
namespace {

struct Answer {
  std::string shown;
  bool stopped = false;
};

Answer feed(const std::vector<std::string>& stops, const std::vector<std::string>& pieces) {
  StopMatcher matcher(stops);
  Answer answer;
  for (const std::string& piece : pieces) answer.shown += matcher.push(piece);
  answer.stopped = matcher.stopped();
  answer.shown += matcher.flush();
  return answer;
}

TEST_CASE("stop strings: found inside one piece, and across pieces of one byte") {
  for (const std::string text : {"hello STOP more", "STOP", "hello STOP"}) {
    std::vector<std::string> bytes;
    for (const char c : text) bytes.emplace_back(1, c);
    for (const auto& pieces : {std::vector<std::string>{text}, bytes}) {
      const Answer answer = feed({"STOP"}, pieces);
      CHECK(answer.stopped);
      CHECK(answer.shown == text.substr(0, text.find("STOP")));
    }
  }
}

TEST_CASE("stop strings: only what may be a beginning is held back") {
  StopMatcher matcher({"\n\n", "<end>"});
  CHECK(matcher.push("abc") == "abc");
  CHECK(matcher.push("d\n") == "d");
  CHECK(matcher.push("e") == "\ne");
  CHECK(matcher.push("<en") == "");
  CHECK(matcher.push("<e") == "<en");
  CHECK_FALSE(matcher.stopped());
  CHECK(matcher.push("nd>x") == "");
  CHECK(matcher.stopped());
  CHECK(matcher.found() == "<end>");
  CHECK(matcher.push("more") == "");
  CHECK(matcher.flush() == "");
}

TEST_CASE("stop strings: the end of the stream gives back what was held") {
  StopMatcher matcher({"</s>"});
  CHECK(matcher.push("a</") == "a");
  CHECK(matcher.flush() == "</");
  CHECK(matcher.flush() == "");
}

TEST_CASE("stop strings: of several the first in the text counts, of one place the first named") {
  CHECK(feed({"bc", "ab"}, {"xabc"}).shown == "x");
  StopMatcher matcher({"abc", "ab"});
  matcher.push("abc");
  CHECK(matcher.found() == "abc");
}

TEST_CASE("stop strings: beginnings that repeat themselves") {
  CHECK(feed({"aab"}, {"a", "a", "a", "b", "c"}).shown == "a");
  CHECK(feed({"abab"}, {"aba", "abab"}).shown == "aba");
  CHECK(feed({"aaa"}, {"aa", "b"}).shown == "aab");
}

TEST_CASE("stop strings: none, and empty ones, let everything pass") {
  CHECK(feed({}, {"a", "", "b"}).shown == "ab");
  const Answer answer = feed({"", ""}, {"a", "b"});
  CHECK(answer.shown == "ab");
  CHECK_FALSE(answer.stopped);
}

TEST_CASE("stop strings: characters of several bytes, cut anywhere") {
  const std::string text = "grüße — 終わり…";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::vector<std::string> pieces = {text.substr(0, cut), text.substr(cut)};
    CHECK(feed({"終わり"}, pieces).shown == "grüße — ");
    CHECK(feed({"—"}, pieces).shown == "grüße ");
    // 終 (E7 B5 82) begins like 紀 (E7 B4 80): held back, then let go.
    CHECK(feed({"紀"}, pieces).shown == text);
  }
}

// However the text is cut, the answer is the one of a plain search in the whole.
TEST_CASE("stop strings: random texts, random cuts") {
  std::mt19937 random(3);
  const auto letters = [&](std::size_t n) {
    std::string text(n, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 2);
    return text;
  };
  int found = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> stops;
    for (std::size_t n = random() % 3; n > 0; --n) stops.push_back(letters(1 + random() % 6));
    const std::string text = letters(random() % 30);
    StopMatcher matcher(stops);
    std::string shown;
    std::size_t at = 0;
    while (at < text.size() && !matcher.stopped()) {
      const std::size_t n = 1 + random() % 4;
      shown += matcher.push(std::string_view(text).substr(at, n));
      at = std::min(at + n, text.size());
      // What was shown is never taken back and never reaches into a stop string.
      REQUIRE(text.compare(0, shown.size(), shown) == 0);
    }
    shown += matcher.flush();
    std::size_t first = std::string::npos;
    for (const std::string& stop : stops) first = std::min(first, text.substr(0, at).find(stop));
    INFO("text " << text);
    CHECK(matcher.stopped() == (first != std::string::npos));
    if (matcher.stopped()) {
      ++found;
      // A longer stop string may begin earlier than the one whose end came first; what is shown
      // ends where some stop string begins.
      CHECK(text.compare(shown.size(), matcher.found().size(), matcher.found()) == 0);
    } else {
      CHECK(shown == text);
    }
  }
  CHECK(found > 1000);
}

}  // namespace
}  // namespace forge::engine
