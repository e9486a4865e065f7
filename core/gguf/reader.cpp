#include "core/gguf/reader.hpp"

#include <fmt/core.h>

#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {

Status Reader::skip(const char* what, std::uint64_t n_bytes) {
  if (remaining() < n_bytes) return ends_inside(what, n_bytes);
  position_ += n_bytes;
  return {};
}

Status Reader::string(const char* what, std::string_view& out) {
  std::uint64_t length = 0;
  FORGE_TRY(number(what, length));
  if (remaining() < length) return ends_inside(what, length);
  out = {reinterpret_cast<const char*>(here()), length};
  position_ += length;
  return {};
}

Status Reader::name(const char* what, std::uint64_t max_bytes, std::string_view& out) {
  const std::uint64_t at = position_;
  std::uint64_t length = 0;
  FORGE_TRY(number(what, length));
  if (length == 0) return invalid(at, fmt::format("{} is empty", what));
  if (length > max_bytes) {
    return invalid(at,
                   fmt::format("{} is {} bytes long; the limit is {}", what, length, max_bytes));
  }
  position_ = at;
  return string(what, out);
}

Status Reader::check_count(const char* what, std::uint64_t count, std::uint64_t min_bytes,
                           std::uint64_t at) const {
  if (count <= remaining() / min_bytes) return {};
  return fail(Code::kDataLoss, at,
              fmt::format("{} says {}, each at least {} bytes, but only {} bytes of the file are "
                          "left; it is damaged or was not copied completely",
                          what, count, min_bytes, remaining()));
}

Status Reader::fail(Code code, std::uint64_t offset, std::string_view text) const {
  std::string item;
  if (kind_ != nullptr) {
    item = fmt::format("{} #{}", kind_, index_);
    if (!name_.empty()) item += fmt::format(" {}", quote(name_));
    item += ": ";
  }
  return {code, fmt::format("{}: byte {}: {}{}", quote(source_, kPathBytes), offset, item, text)};
}

Status Reader::ends_inside(const char* what, std::uint64_t need) const {
  return fail(Code::kDataLoss, position_,
              fmt::format("the file ends inside {}: {} bytes are needed and {} are left; it is "
                          "damaged or was not copied completely",
                          what, need, remaining()));
}

}  // namespace forge::gguf
