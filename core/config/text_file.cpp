#include "core/config/text_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"

namespace forge::config {
namespace {

Result<std::string> read_whole(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (file == nullptr) {
    return not_found(fmt::format("cannot open {}: {}", quote(path, 4096), std::strerror(errno)));
  }
  std::string text(kMaxTextBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return data_loss(fmt::format("cannot read {}: {}", quote(path, 4096), std::strerror(errno)));
  }
  if (text.size() > kMaxTextBytes) {
    return invalid_argument(
        fmt::format("{} is larger than {} bytes", quote(path, 4096), kMaxTextBytes));
  }
  return text;
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  return guarded([&] { return read_whole(path); });
}

}  // namespace forge::config
