#include "core/base/base64.hpp"

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>

#include "core/base/quote.hpp"

namespace forge {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= group.size() ? kDigits[bits >> (18 - 6 * j) & 63u] : '=';
    }
  }
  return out;
}

Result<std::string> decode_base64(std::string_view text) {
  std::string_view digits = text.substr(0, text.find('='));
  const std::size_t padding = text.size() - digits.size();
  const bool padded = padding == 0 || (padding <= 2 && text.size() % 4 == 0 &&
                                       text.find_first_not_of('=', digits.size()) == text.npos);
  if (!padded || digits.size() % 4 == 1) {
    return invalid_argument(
        fmt::format("base64 of {} characters, {} of them padding, is cut off or has '=' inside",
                    text.size(), padding));
  }
  std::string out;
  out.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t value = kDigits.find(digits[i]);
    if (value == std::string_view::npos) {
      return invalid_argument(
          fmt::format("base64 has {} at character {}", quote(digits.substr(i, 1)), i));
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xffu);
  }
  return out;
}

}  // namespace forge
