#include "core/gguf/writer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/quote.hpp"

namespace forge::gguf {

Result<Writer> Writer::create(const std::string& path, const MetadataBuilder& metadata,
                              std::vector<TensorPlan> tensors, const Options& options) {
  FORGE_ASSIGN(Layout layout, plan_layout(metadata, tensors, options.types));
  FORGE_ASSIGN(AtomicFile file, AtomicFile::create(path, options.existing));
  FORGE_TRY(file.reserve(layout.file_bytes));
  FORGE_TRY(file.write(std::as_bytes(std::span(layout.header))));
  layout.header = {};
  return Writer(std::move(file), std::move(layout), std::move(tensors));
}

Status Writer::write(std::string_view tensor, std::span<const std::byte> bytes) {
  if (current_ == tensors_.size()) {
    return failed_precondition(
        fmt::format("bytes of tensor {} came after the last tensor was complete", quote(tensor)));
  }
  const TensorPlan& expected = tensors_[current_];
  if (tensor != expected.name) {
    return failed_precondition(fmt::format("bytes of tensor {} came when tensor {} had its turn",
                                           quote(tensor), quote(expected.name)));
  }
  const Layout::Placement& place = layout_.tensors[current_];
  if (bytes.size() > place.n_bytes - written_) {
    return failed_precondition(fmt::format("tensor {} has {} bytes, but {} came", quote(tensor),
                                           place.n_bytes, written_ + bytes.size()));
  }
  FORGE_TRY(file_.write(bytes));
  written_ += bytes.size();
  if (written_ < place.n_bytes) return {};
  ++current_;
  written_ = 0;
  return pad_to(current_ == tensors_.size() ? layout_.file_bytes
                                            : layout_.tensors[current_].offset);
}

Status Writer::pad_to(std::uint64_t offset) {
  constexpr std::array<std::byte, 4096> kZeros{};
  while (file_.size() < offset) {
    const std::uint64_t n = std::min<std::uint64_t>(offset - file_.size(), kZeros.size());
    FORGE_TRY(file_.write(std::span(kZeros).first(n)));
  }
  return {};
}

Status Writer::finish() {
  if (current_ != tensors_.size()) {
    return failed_precondition(fmt::format("tensor {} is not complete: {} of {} bytes were written",
                                           quote(tensors_[current_].name), written_,
                                           layout_.tensors[current_].n_bytes));
  }
  return file_.commit();
}

}  // namespace forge::gguf
