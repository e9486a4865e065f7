// core/base/atomic_file.hpp: a file that appears complete or not at all.
#ifndef FORGE_CORE_BASE_ATOMIC_FILE_HPP_
#define FORGE_CORE_BASE_ATOMIC_FILE_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge {

// Written under no name (or, on file systems that cannot, under a temporary name beside the target)
// and given its own by commit(), after its bytes are on the disk. Without commit() nothing is left:
// not after an error, and where the file has no name not even after the process is killed.
// Movable; one thread at a time.
class AtomicFile {
 public:
  enum class Existing { kRefuse, kReplace };

  // kAlreadyExists when there is a file of that name and it is not to be replaced (checked again by
  // commit). kInvalidArgument when the name is that of a folder or a device. A symbolic link is
  // replaced, not followed.
  static Result<AtomicFile> create(const std::string& path, Existing existing);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  // Sets disk space aside, so that a full disk is found before hours of work and not after:
  // kResourceExhausted. Does nothing on file systems that cannot. Optional.
  Status reserve(std::uint64_t n_bytes);

  // Appends. Errors name the path and say how far it came; kResourceExhausted for a full disk or
  // quota. After an error the file cannot be committed.
  Status write(std::span<const std::byte> bytes);

  // Bytes appended so far.
  std::uint64_t size() const { return size_; }

  // Brings the bytes to the disk and gives the file its name. Nothing may be called after it.
  Status commit();

 private:
  AtomicFile() = default;

  Status open_unnamed(const std::string& folder);
  Status open_named(const std::string& folder);
  Status flush();
  Status give_name();
  Status failure(const char* what, int error);
  void discard();

  std::string path_;
  std::string temporary_;  // name of the file until commit(); empty: it has none
  Existing existing_ = Existing::kRefuse;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t reserved_ = 0;
  bool failed_ = false;
  std::vector<std::byte> buffer_;
};

}  // namespace forge

#endif  // FORGE_CORE_BASE_ATOMIC_FILE_HPP_
