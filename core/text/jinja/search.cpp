#include "core/text/jinja/search.hpp"

#include <cstring>
#include <string>

namespace forge::jinja {

std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (wanted.empty()) return from;
  // glibc's memmem is the two-way algorithm.
  const void* found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_last_text(std::string_view text, std::string_view wanted) {
  constexpr std::size_t kShort = 16;
  if (wanted.size() <= kShort) return text.rfind(wanted);
  const std::string reversed(text.rbegin(), text.rend());
  const std::string reversed_wanted(wanted.rbegin(), wanted.rend());
  const std::size_t found = find_text(reversed, reversed_wanted);
  return found == std::string_view::npos ? found : text.size() - found - wanted.size();
}

}  // namespace forge::jinja
