// hipsim: writes down every launch (FORGE_HIPSIM_RECORD), to be repeated elsewhere.
//
// FOLDER/launches.jsonl has a line for each thing that happened to device memory, in order:
//
//   {"do":"alloc","device":0,"base":B,"bytes":N}       fresh: 0xffa5 in every 16 bits
//   {"do":"free","base":B}
//   {"do":"write","writes":[W...]}                     by copies and fills since the last line
//   {"do":"launch","index":I,"target":"gfx1100","kernel":"K","grid":[x,y,z],"block":[x,y,z],
//    "arguments":"HEX","writes":[W...]}                the kernel's own
//
// W is {"at":ADDRESS,"bytes":N,"offset":O}: N bytes of FOLDER/memory.bin from O on are the new
// contents. Doing the lines one after another gives the memory before and after each launch; what
// is not in a launch's writes it left as it was. Arguments hold addresses of this process: whoever
// has memory elsewhere replaces the 8-byte words that lie in an allocation.
#ifndef FORGE_TESTS_HIPSIM_RECORD_HPP_
#define FORGE_TESTS_HIPSIM_RECORD_HPP_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "tests/hipsim/memory.hpp"
#include "tests/hipsim/workgroup.hpp"

namespace hipsim {

// Bytes that changed between two looks at the memory.
struct Change {
  std::byte* at;
  std::size_t bytes;
};

// A copy of all device memory, to see what changes. Costs as much memory again.
class Shadow {
 public:
  // What differs from the last look, in pieces of some bytes. Needs a Memory::Access.
  std::vector<Change> look(const Memory& memory);
  void forget(const std::byte* base) { copies_.erase(base); }

 private:
  std::map<const std::byte*, std::vector<std::byte>> copies_;
};

class Recorder {
 public:
  Recorder() = default;
  explicit Recorder(const std::string& folder);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  bool on() const { return lines_ != nullptr; }
  void allocated(const Allocation& allocation);
  void freed(const std::byte* base);
  // Around a launch, both with a Memory::Access.
  void before(const Memory& memory);
  void after(const Memory& memory, const Launch& launch);

 private:
  std::string writes(const std::vector<Change>& changes);
  void line(const std::string& text);

  std::FILE* lines_ = nullptr;
  std::FILE* bytes_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint64_t index_ = 0;
  Shadow shadow_;
};

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_RECORD_HPP_
