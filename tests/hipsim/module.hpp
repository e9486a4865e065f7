// hipsim: code objects and the kernels in them.
#ifndef FORGE_TESTS_HIPSIM_MODULE_HPP_
#define FORGE_TESTS_HIPSIM_MODULE_HPP_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/hipsim/lanes.hpp"

namespace hipsim {

struct Function {
  Kernel kernel;
};

struct Module {
  std::string target;
  const std::byte* elf = nullptr;  // null: the image was text
  std::vector<Function*> functions;
};

// The registered kernel, or null.
const Kernel* find_kernel(std::string_view target, std::string_view name);

// What kind of processor a code object is for; nothing: it is none. `image` is "hipsim:gfx1100", or
// an ELF file in memory, whose headers are believed.
std::optional<std::string> target_of(const void* image);

// Bytes of arguments that the kernel of the ELF file takes; nothing: it has no such kernel.
std::optional<std::uint32_t> argument_bytes_of(const std::byte* elf, std::string_view kernel);

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_MODULE_HPP_
