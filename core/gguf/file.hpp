// core/gguf/file.hpp: an open model file: mapped, parsed once, all views.
#ifndef FORGE_CORE_GGUF_FILE_HPP_
#define FORGE_CORE_GGUF_FILE_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/gguf/mapping.hpp"
#include "core/gguf/metadata.hpp"
#include "core/gguf/tensor_table.hpp"
#include "core/gguf/types.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

struct Options {
  TypeLookup types;  // codecs beyond the built-in table
};

// One file of a model.
struct Part {
  std::string path;
  std::uint32_t version = 0;      // of the format
  std::uint64_t size = 0;         // bytes
  std::uint64_t alignment = 0;    // of its tensors' data, bytes
  std::uint64_t data_offset = 0;  // where its data section starts
  std::uint32_t n_tensors = 0;
};

// A model file of GGUF version 2 or 3 (docs/gguf.md says what is checked), or all the files of a
// split model: opening any part opens all of them. Metadata is that of the first part; the tensor
// table holds the tensors of all.
//
// Everything handed out is a view into the mapping and valid as long as the File; moving the File
// leaves views valid. Thread-safe but for moving and destroying.
class File {
 public:
  // Errors name the file, the field and the byte offset. kNotFound: no such file, or a part of the
  // model is missing (the message names it). kDataLoss: the file ends too early.
  static Result<File> open(const std::string& path, const Options& options = {});

  // A file in memory, not copied: `bytes` must start at a multiple of 32 and outlive the File.
  // `name` stands for the path in messages. A part of a split model is refused.
  static Result<File> from_memory(std::span<const std::byte> bytes, const std::string& name,
                                  const Options& options = {});

  File(File&&) = default;
  File& operator=(File&&) = default;

  const std::string& path() const { return parts_.front().path; }
  const Metadata& metadata() const { return metadata_; }
  const TensorTable& tensors() const { return tensors_; }
  std::span<const Part> parts() const { return parts_; }
  std::uint64_t total_bytes() const;  // of all parts

  // Tells the kernel how a range of tensor data will be used; it must come from this File. Does
  // nothing for a file in memory. Costs a system call; no error is a reason to stop.
  Status advise(std::span<const std::byte> range, Advice advice) const;
  // The same for every tensor.
  Status advise_all(Advice advice) const;

 private:
  File() = default;

  std::vector<Mapping> mappings_;  // one a part; empty for a file in memory
  std::vector<Part> parts_;
  Metadata metadata_;
  TensorTable tensors_;

  friend class FileAssembler;
};

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_FILE_HPP_
