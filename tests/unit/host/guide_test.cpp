// The plugin guide against the examples that it quotes, and the links of all documents. A block of
// code in the guide begins with its language and a file: "```cpp examples/pack-minimal/pack.hpp".
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const fs::path kRoot = fs::path(FORGE_TEST_DATA) / "../..";

Lines lines_of(const fs::path& path) {
  std::istringstream in(test::read_file(path.string()));
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Quote {
  std::string info;  // "cpp examples/..."
  Lines lines;
};

std::vector<Quote> quotes_of(const fs::path& document) {
  std::vector<Quote> quotes;
  bool inside = false;
  for (const std::string& line : lines_of(document)) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside;
      if (inside) quotes.push_back({line.substr(3), {}});
    } else if (inside) {
      quotes.back().lines.push_back(line);
    }
  }
  return quotes;
}

bool has_run(const Lines& file, const Lines& run) {
  return std::search(file.begin(), file.end(), run.begin(), run.end()) != file.end();
}

Lines without_blank(Lines lines) {
  std::erase(lines, "");
  return lines;
}

TEST_CASE("docs/plugin-guide.md quotes the examples as they are") {
  std::map<std::string, Lines> quoted;  // file -> its blocks, in the order of the page
  for (const Quote& quote : quotes_of(kRoot / "docs/plugin-guide.md")) {
    INFO(quote.info << ", beginning with: " << quote.lines.front());
    const std::size_t space = quote.info.find(' ');
    REQUIRE(space != std::string::npos);
    const std::string file = quote.info.substr(space + 1);
    REQUIRE(fs::exists(kRoot / file));
    CHECK(has_run(lines_of(kRoot / file), quote.lines));
    Lines& all = quoted[file];
    all.insert(all.end(), quote.lines.begin(), quote.lines.end());
  }
  for (const char* example : {"arch-olmo2", "codec-q6u", "pack-minimal"}) {
    const std::string folder = "examples/" + std::string(example) + "/";
    CHECK(quoted.count(folder + "plugin.cpp") == 1);
    CHECK(quoted.count(folder + "walk.sh") == 1);
  }
  // Code and manifests are complete, so that copying the blocks gives the file.
  for (const auto& [file, lines] : quoted) {
    INFO(file);
    const std::string extension = fs::path(file).extension().string();
    if (extension == ".cpp" || extension == ".hpp" || extension == ".toml") {
      CHECK((without_blank(lines) == without_blank(lines_of(kRoot / file))));
    }
  }
}

std::vector<fs::path> documents() {
  std::vector<fs::path> found = {kRoot / "README.md", kRoot / "HACKING.md", kRoot / "CHANGELOG.md"};
  for (const char* folder : {"docs", "examples", "models", "tools"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder))
      if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

// As GitHub makes them: lower case, spaces as hyphens, nothing but letters, digits, - and _ kept.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (c == ' ') anchor += '-';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return anchor;
}

bool has_anchor(const fs::path& document, const std::string& anchor) {
  for (const std::string& line : lines_of(document)) {
    const std::size_t text = line.find_first_not_of('#');
    if (text != 0 && text != std::string::npos && line[text] == ' ' &&
        anchor_of(line.substr(text + 1)) == anchor)
      return true;
  }
  return false;
}

TEST_CASE("links between documents lead somewhere") {
  const std::regex link(R"(\]\(([^)#\s]*)(#[^)\s]+)?\))");
  int checked = 0;
  for (const fs::path& document : documents()) {
    const std::string text = test::read_file(document.string());
    for (auto it = std::sregex_iterator(text.begin(), text.end(), link);
         it != std::sregex_iterator(); ++it) {
      const std::string path = (*it)[1], anchor = (*it)[2];
      if (path.find("://") != std::string::npos) continue;
      INFO(document.filename().string() << ": " << it->str());
      const fs::path target = path.empty() ? document : document.parent_path() / path;
      const bool exists = fs::exists(target);
      CHECK(exists);
      if (exists && !anchor.empty()) CHECK(has_anchor(target, anchor.substr(1)));
      ++checked;
    }
  }
  CHECK(checked > 10);
}

}  // namespace
}  // namespace forge
