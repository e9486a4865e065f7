#include "core/text/jinja/markup.hpp"

#include <array>

#include "core/text/jinja/text_of.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

struct Entity {
  std::string_view name;
  std::string_view text;
};

// The entities that escape() makes and the other ones of XML; the rest of HTML's two thousand
// stays as written.
constexpr std::array<Entity, 6> kEntities = {
    {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\xC2\xA0"}}};

// Appends what the entity at `at` ("&#39;") stands for and moves `at` behind it.
bool append_entity(std::string& out, std::string_view html, std::size_t& at) {
  const std::size_t end = html.find(';', at);
  if (end == std::string_view::npos || end - at > 10) return false;
  const std::string_view name = html.substr(at + 1, end - at - 1);
  if (name.starts_with('#')) {
    const bool hex = name.starts_with("#x") || name.starts_with("#X");
    char32_t code = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
      const char lower = static_cast<char>(c | 0x20);
      const int digit = c >= '0' && c <= '9'                  ? c - '0'
                        : hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                              : -1;
      if (digit < 0) return false;
      code = code * (hex ? 16 : 10) + static_cast<char32_t>(digit);
    }
    if (code == 0 || code > unicode::kLastCodePoint) return false;
    unicode::append(out, code);
    at = end + 1;
    return true;
  }
  for (const Entity& entity : kEntities) {
    if (entity.name != name) continue;
    out += entity.text;
    at = end + 1;
    return true;
  }
  return false;
}

// text without the parts that reach from `open` to the next `close`; an `open` that nothing closes
// stays.
std::string without_parts(std::string_view text, std::string_view open, std::string_view close) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = text.find(open, at);
    const std::size_t end =
        begin == std::string_view::npos ? begin : text.find(close, begin + open.size());
    if (end == std::string_view::npos) break;
    out += text.substr(at, begin - at);
    at = end + close.size();
  }
  return out += text.substr(at);
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Value escape(Runtime& runtime, const Value& value) {
  if (value.is_text() && value.as_text().markup) return value;
  const Value text = str_of(runtime, value);
  runtime.step_bytes(text.as_text().size);
  return runtime.heap.text(escape_html(text.as_view()), true);
}

std::string strip_tags(std::string_view html) {
  const std::string plain = without_parts(without_parts(html, "<!--", "-->"), "<", ">");
  std::string joined;
  bool space = false;
  for (std::size_t at = 0; at < plain.size();) {
    const unicode::Character c = unicode::decode(plain, at);
    if (unicode::is_space(c.code)) {
      space = !joined.empty();
    } else {
      if (space) joined += ' ';
      space = false;
      joined.append(plain, at, c.size);
    }
    at += c.size;
  }
  std::string out;
  for (std::size_t at = 0; at < joined.size();) {
    if (joined[at] == '&' && append_entity(out, joined, at)) continue;
    out += joined[at++];
  }
  return out;
}

}  // namespace forge::jinja
