// core/text/jinja/methods_text.hpp: what the methods of str and the text filters share.
#ifndef FORGE_CORE_TEXT_JINJA_METHODS_TEXT_HPP_
#define FORGE_CORE_TEXT_JINJA_METHODS_TEXT_HPP_

#include <string_view>
#include <vector>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// A line of a text, in bytes: where it begins, where its break begins, where the next line does.
struct Line {
  std::size_t begin = 0, end = 0, next = 0;
};
std::vector<Line> lines_of(std::string_view text);  // str.splitlines

bool is_lower_text(std::string_view text);  // str.islower
bool is_upper_text(std::string_view text);

// Text without these characters (whitespace when missing or none) at its ends.
Value strip_text(Runtime& runtime, const Value& self, const Value& characters,
                 std::string_view method, bool left, bool right);
// Text with the first `most` occurrences replaced; all when negative.
Value replace_text(Runtime& runtime, const Text& text, std::string_view old, std::string_view with,
                   std::int64_t most, bool markup);
// separator.join(items)
Value join_items(Runtime& runtime, const Value& separator, const std::vector<Value>& items);
// Text in the middle, at the left or at the right of a field: '^', '<' or '>'.
Value justify(Runtime& runtime, const Text& text, std::int64_t width, char32_t fill, char align);

// An argument that must be a text; `subject` begins the message that says so.
const Text& text_argument(const Value& value, std::string_view subject = "");

// Methods of str: runtime, the text, what was given in the call.
// They ask what its characters are, or cut it.
Value text_isalnum(Runtime& rt, const Value& self, const Arguments& args);
Value text_isalpha(Runtime& rt, const Value& self, const Arguments& args);
Value text_isascii(Runtime& rt, const Value& self, const Arguments& args);
Value text_isdecimal(Runtime& rt, const Value& self, const Arguments& args);
Value text_isdigit(Runtime& rt, const Value& self, const Arguments& args);
Value text_isidentifier(Runtime& rt, const Value& self, const Arguments& args);
Value text_islower(Runtime& rt, const Value& self, const Arguments& args);
Value text_isnumeric(Runtime& rt, const Value& self, const Arguments& args);
Value text_isprintable(Runtime& rt, const Value& self, const Arguments& args);
Value text_isspace(Runtime& rt, const Value& self, const Arguments& args);
Value text_istitle(Runtime& rt, const Value& self, const Arguments& args);
Value text_isupper(Runtime& rt, const Value& self, const Arguments& args);
Value text_partition(Runtime& rt, const Value& self, const Arguments& args);
Value text_removeprefix(Runtime& rt, const Value& self, const Arguments& args);
Value text_removesuffix(Runtime& rt, const Value& self, const Arguments& args);
Value text_rpartition(Runtime& rt, const Value& self, const Arguments& args);
Value text_rsplit(Runtime& rt, const Value& self, const Arguments& args);
Value text_split(Runtime& rt, const Value& self, const Arguments& args);
Value text_splitlines(Runtime& rt, const Value& self, const Arguments& args);

// They build text.
Value text_capitalize(Runtime& rt, const Value& self, const Arguments& args);
Value text_casefold(Runtime& rt, const Value& self, const Arguments& args);
Value text_center(Runtime& rt, const Value& self, const Arguments& args);
Value text_expandtabs(Runtime& rt, const Value& self, const Arguments& args);
Value text_format(Runtime& rt, const Value& self, const Arguments& args);
Value text_format_map(Runtime& rt, const Value& self, const Arguments& args);
Value text_join(Runtime& rt, const Value& self, const Arguments& args);
Value text_ljust(Runtime& rt, const Value& self, const Arguments& args);
Value text_lower(Runtime& rt, const Value& self, const Arguments& args);
Value text_replace(Runtime& rt, const Value& self, const Arguments& args);
Value text_rjust(Runtime& rt, const Value& self, const Arguments& args);
Value text_swapcase(Runtime& rt, const Value& self, const Arguments& args);
Value text_title(Runtime& rt, const Value& self, const Arguments& args);
Value text_upper(Runtime& rt, const Value& self, const Arguments& args);
Value text_zfill(Runtime& rt, const Value& self, const Arguments& args);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_METHODS_TEXT_HPP_
