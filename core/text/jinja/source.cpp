#include "core/text/jinja/source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

constexpr std::size_t kExcerptBefore = 60;  // characters shown on either side of the place
constexpr std::size_t kExcerptAfter = 40;

std::size_t line_start(std::string_view text, std::size_t offset) {
  const std::size_t line_break =
      offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  return line_break == std::string_view::npos ? 0 : line_break + 1;
}

}  // namespace

Position position_of(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const auto before = text.substr(0, offset);
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  return {lines + 1, unicode::length(before.substr(line_start(text, offset))) + 1};
}

std::string excerpt(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  std::size_t first = line_start(text, offset);
  std::size_t last = std::min(text.find('\n', offset), text.size());
  const std::size_t before = unicode::length(text.substr(first, offset - first));
  std::string_view mark_before, mark_after;
  if (before > kExcerptBefore) {
    first += unicode::offset_of(text.substr(first), before - kExcerptBefore);
    mark_before = "...";
  }
  if (unicode::length(text.substr(offset, last - offset)) > kExcerptAfter) {
    last = offset + unicode::offset_of(text.substr(offset), kExcerptAfter);
    mark_after = "...";
  }
  // One column per character: a tab or a control character must not move the caret.
  std::string line;
  for (std::size_t at = first; at < last;) {
    const unicode::Character c = unicode::decode(text, at);
    line += unicode::is_printable(c.code) ? text.substr(at, c.size) : " ";
    at += c.size;
  }
  const std::size_t indent = mark_before.size() + std::min(before, kExcerptBefore);
  return fmt::format("  {}{}{}\n  {:>{}}", mark_before, line, mark_after, "^", indent + 1);
}

std::string normalize_source(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
      continue;
    }
    out += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

}  // namespace forge::jinja
