// core/gguf/writer.hpp: writes model files, one tensor after the other.
#ifndef FORGE_CORE_GGUF_WRITER_HPP_
#define FORGE_CORE_GGUF_WRITER_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/atomic_file.hpp"
#include "core/gguf/layout.hpp"
#include "core/gguf/metadata_builder.hpp"
#include "core/gguf/types.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// Everything about a file but its tensors' bytes is said to create(); the bytes then pass through
// in pieces, so that memory stays small whatever the model. The file appears under its name with
// finish() and not before: an error, or giving up, leaves nothing behind. A full disk is found at
// create() where the file system can tell. Movable; one thread at a time.
class Writer {
 public:
  struct Options {
    AtomicFile::Existing existing = AtomicFile::Existing::kRefuse;
    TypeLookup types;  // codecs beyond the built-in table
  };

  static Result<Writer> create(const std::string& path, const MetadataBuilder& metadata,
                               std::vector<TensorPlan> tensors, const Options& options);

  // The next bytes of the tensor, which must be the one whose turn it is, in the order given to
  // create(); any number of pieces of any size make up a tensor. kFailedPrecondition for another
  // tensor or too many bytes.
  Status write(std::string_view tensor, std::span<const std::byte> bytes);

  // kFailedPrecondition when bytes are missing. Nothing may be called after it.
  Status finish();

  // Size of the whole file, and how much of it is written, both in bytes: for a progress bar.
  std::uint64_t total_bytes() const { return layout_.file_bytes; }
  std::uint64_t written_bytes() const { return file_.size(); }

 private:
  Writer(AtomicFile file, Layout layout, std::vector<TensorPlan> tensors)
      : file_(std::move(file)), layout_(std::move(layout)), tensors_(std::move(tensors)) {}

  Status pad_to(std::uint64_t offset);

  AtomicFile file_;
  Layout layout_;
  std::vector<TensorPlan> tensors_;
  std::size_t current_ = 0;    // index of the tensor whose turn it is
  std::uint64_t written_ = 0;  // bytes of it
};

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_WRITER_HPP_
