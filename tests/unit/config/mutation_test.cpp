// 2,000 damaged configurations: no crash, no hang, and an error that says where and what.
#include <random>
#include <regex>

#include "core/config/load.hpp"
#include "core/config/reference.hpp"
#include "tests/catch.hpp"

namespace forge::config {
namespace {

std::string pick(std::mt19937& random, const std::vector<std::string>& from) {
  return from[random() % from.size()];
}

// One damage of the kind that people, editors and disks do.
void damage(std::string& text, std::mt19937& random) {
  static const std::vector<std::string> kBits = {"[",           "]",
                                                 "\"",          "'",
                                                 "=",           ".",
                                                 "\n",          "#",
                                                 "{",           "}",
                                                 ",",           "\\",
                                                 "\"\"\"",      "'''",
                                                 "nan",         "inf",
                                                 "-",           "1e",
                                                 "0x",          "[[",
                                                 "= =",         "\xff",
                                                 "\xc3",        "\x01",
                                                 "true",        "\r\n",
                                                 "a.b",         "\t",
                                                 "\\uD800",     "9999999999999999999",
                                                 "🙂",          "[sampling]\n",
                                                 "top_k = 1\n", std::string(1, '\0')};
  const std::size_t at = text.empty() ? 0 : random() % text.size();
  const std::size_t n = 1 + random() % 20;
  switch (random() % 7) {
    case 0:
      text.insert(at, pick(random, kBits));
      break;
    case 1:
      text.erase(at, n);
      break;
    case 2:
      if (!text.empty()) text[at] = static_cast<char>(random());
      break;
    case 3:
      text.insert(at, text.substr(random() % (text.size() + 1), n));
      break;
    case 4:
      text.resize(at);
      break;
    case 5:
      if (at + 1 < text.size()) std::swap(text[at], text[at + 1]);
      break;
    default:
      text.insert(at, std::string(n * n, pick(random, kBits)[0]));
      break;
  }
}

TEST_CASE("2,000 damaged configurations end in a value or in a clear error") {
  std::mt19937 random(20240501);
  const std::vector<std::string> seeds = {
      commented_defaults(), "[sampling]\nstop = [\"a\"]\nlogit_bias = { 1 = 2 }\n",
      "[logging]\nlevel = \"info\"\n[logging.levels]\nplugin = \"debug\"\n"};
  const std::regex placed("^my\\.toml:[0-9]+:[0-9]+: .{8,}");
  const Environment none = [](std::string_view) { return std::nullopt; };
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string text = pick(random, seeds);
    for (std::size_t n = 1 + random() % 4; n > 0; --n) damage(text, random);
    Loaded loaded;
    const Status status = read_toml(text, "my.toml", none, loaded);
    if (status.ok()) continue;
    ++refused;
    INFO(text << "\n---\n" << status.message());
    CHECK(status.code() == Code::kInvalidArgument);
    CHECK(status.message().size() < 4000);
    std::string line;
    std::istringstream lines(status.message());
    while (std::getline(lines, line)) {
      const bool clear = std::regex_search(line, placed) || line.starts_with("and ");
      CHECK(clear);
      CHECK(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }));
    }
  }
  CHECK(refused > 500);  // the damage is real
}

}  // namespace
}  // namespace forge::config
