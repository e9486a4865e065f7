#include "core/base/quote.hpp"

#include <fmt/format.h>

#include <iterator>

#include "core/base/utf8.hpp"

namespace forge {
namespace {

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

// Line and paragraph separators, and the marks that reorder text: a terminal obeys them too.
bool is_format_control(char32_t c) {
  return c == 0x2028 || c == 0x2029 || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

// Copies one code point of `text` to `out`, made visible; returns the bytes it took.
std::size_t append_one(std::string& out, std::string_view text) {
  const CodePoint c = decode_utf8(text);
  const auto end = std::back_inserter(out);
  if (!c.valid) {
    fmt::format_to(end, "\\x{:02x}", static_cast<unsigned char>(text[0]));
  } else if (c.value == '\n') {
    out += "\\n";
  } else if (c.value == '\r') {
    out += "\\r";
  } else if (c.value == '\t') {
    out += "\\t";
  } else if (is_control(c.value)) {
    fmt::format_to(end, "\\x{:02x}", static_cast<unsigned>(c.value));
  } else if (is_format_control(c.value)) {
    fmt::format_to(end, "\\u{{{:04x}}}", static_cast<unsigned>(c.value));
  } else {
    out.append(text.substr(0, c.size));
  }
  return c.size;
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) text.remove_prefix(append_one(out, text));
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

std::string quote(std::string_view text, std::size_t limit) {
  std::string out = "'";
  std::size_t taken = 0;
  while (taken < text.size() && taken < limit) taken += append_one(out, text.substr(taken));
  if (taken < text.size()) out += "...";
  out += '\'';
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    if (!c.valid) {
      out += "\xef\xbf\xbd";
    } else if (c.value == '"' || c.value == '\\') {
      out += '\\';
      out += text[0];
    } else if (c.value == '\n') {
      out += "\\n";
    } else if (is_control(c.value)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.value));
    } else {
      out.append(text.substr(0, c.size));
    }
    text.remove_prefix(c.size);
  }
  out += '"';
}

}  // namespace forge
