#include "core/text/jinja/path.hpp"

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/number.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

bool is_all_digits(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const unicode::Character c = unicode::decode(text, at);
    if (!unicode::is_digit(c.code)) return false;
    at += c.size;
  }
  return !text.empty();
}

}  // namespace

Value parse_path(Runtime& runtime, const Value& attribute) {
  const Value path = runtime.heap.tuple();
  if (attribute.is_missing() || attribute.is_none()) return path;
  if (!attribute.is_text()) {
    path.as_items().push_back(attribute);
    return path;
  }
  const Text& text = attribute.as_text();
  for (std::size_t begin = 0; begin <= text.size;) {
    const std::size_t end = std::min(text.view().find('.', begin), text.size);
    const Value part = runtime.heap.slice(text, begin, end - begin);
    const auto number =
        is_all_digits(part.as_view()) ? parse_int(part.as_view(), 10) : std::nullopt;
    path.as_items().push_back(number ? runtime.heap.integer(*number) : part);
    begin = end + 1;
  }
  return path;
}

Value follow_path(Runtime& runtime, const Value& path, const Value& item, const Value& otherwise) {
  Value at = item;
  for (const Value& step : path.as_items()) {
    at = get_item(runtime, at, step);
    if (at.is_undefined() && !otherwise.is_missing() && !otherwise.is_none()) at = otherwise;
  }
  return at;
}

Value ignore_case(Runtime& runtime, const Value& value) {
  if (!value.is_text()) return value;
  runtime.step_bytes(value.as_text().size);
  return runtime.heap.text(unicode::to_lower(value.as_view()));
}

}  // namespace forge::jinja
