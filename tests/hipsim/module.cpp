#include "tests/hipsim/module.hpp"

#include <elf.h>

#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "tests/hipsim/exports.hpp"
#include "tests/hipsim/sim.hpp"

namespace hipsim {
namespace {

constexpr std::string_view kText = "hipsim:";
constexpr std::size_t kLongestTarget = 32;
constexpr std::uint16_t kMachineAmdgpu = 224;
// https://llvm.org/docs/AMDGPUUsage.html#header: EF_AMDGPU_MACH
constexpr std::uint32_t kMachMask = 0xff;
constexpr std::pair<std::uint32_t, const char*> kMachines[] = {
    {0x41, "gfx1100"}, {0x46, "gfx1101"}, {0x47, "gfx1102"},
    {0x44, "gfx1103"}, {0x48, "gfx1200"}, {0x4e, "gfx1201"}};
// https://llvm.org/docs/AMDGPUUsage.html#kernel-descriptor: 64 bytes, KERNARG_SIZE at 8
constexpr std::size_t kArgumentBytesAt = 8;

struct Registry {
  std::mutex mutex;
  std::deque<std::string> strings;  // of the kernels
  std::map<std::pair<std::string_view, std::string_view>, Kernel> kernels;
};

Registry& registry() {
  static Registry& registry = *new Registry;  // libraries may register while others are unloaded
  return registry;
}

template <class T>
T at(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <class Body>
void for_each_symbol(const std::byte* elf, Body&& body) {
  const auto header = at<Elf64_Ehdr>(elf);
  const auto section = [&](std::size_t i) {
    return at<Elf64_Shdr>(elf + header.e_shoff + i * header.e_shentsize);
  };
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr table = section(i);
    if (table.sh_type != SHT_SYMTAB && table.sh_type != SHT_DYNSYM) continue;
    const Elf64_Shdr names = section(table.sh_link);
    for (std::size_t s = 0; s < table.sh_size / sizeof(Elf64_Sym); ++s) {
      const auto symbol = at<Elf64_Sym>(elf + table.sh_offset + s * sizeof(Elf64_Sym));
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= header.e_shnum) continue;
      const Elf64_Shdr home = section(symbol.st_shndx);
      const std::byte* data = elf + home.sh_offset + (symbol.st_value - home.sh_addr);
      body(reinterpret_cast<const char*>(elf + names.sh_offset + symbol.st_name), data);
    }
  }
}

std::string registered_like(std::string_view target) {
  const std::lock_guard lock(registry().mutex);
  std::size_t n = 0;
  for (const auto& [key, kernel] : registry().kernels) n += key.first == target ? 1 : 0;
  return std::to_string(n) + " kernels are registered for " + std::string(target);
}

}  // namespace

void register_kernel(const Kernel& kernel) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  Kernel copy = kernel;
  copy.target = all.strings.emplace_back(kernel.target).c_str();
  copy.name = all.strings.emplace_back(kernel.name).c_str();
  if (kernel.args_size > kMaxArgumentBytes)
    give_up("kernel '" + std::string(kernel.name) + "' has too many bytes of arguments");
  all.kernels.insert_or_assign({copy.target, copy.name}, copy);
}

const Kernel* find_kernel(std::string_view target, std::string_view name) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.kernels.find({target, name});
  return found == all.kernels.end() ? nullptr : &found->second;
}

std::optional<std::string> target_of(const void* image) {
  const auto* bytes = static_cast<const char*>(image);
  if (std::strncmp(bytes, kText.data(), kText.size()) == 0) {
    const char* target = bytes + kText.size();
    return std::string(target, strnlen(target, kLongestTarget));
  }
  if (std::memcmp(bytes, ELFMAG, SELFMAG) != 0 || bytes[EI_CLASS] != ELFCLASS64) return {};
  const auto header = at<Elf64_Ehdr>(static_cast<const std::byte*>(image));
  if (header.e_machine != kMachineAmdgpu) return {};
  for (const auto& [machine, target] : kMachines)
    if ((header.e_flags & kMachMask) == machine) return target;
  return "unknown";
}

std::optional<std::uint32_t> argument_bytes_of(const std::byte* elf, std::string_view kernel) {
  std::optional<std::uint32_t> bytes;
  const std::string descriptor = std::string(kernel) + ".kd";
  for_each_symbol(elf, [&](const char* name, const std::byte* data) {
    if (descriptor == name) bytes = at<std::uint32_t>(data + kArgumentBytesAt);
  });
  return bytes;
}

namespace {

hipError_t get_function(Sim& sim, hipFunction_t* out, Module& module, std::string_view name) {
  if (module.elf) {
    const auto bytes = argument_bytes_of(module.elf, name);
    if (!bytes) {
      sim.say("the code object has no kernel '" + std::string(name) + "'");
      return hipErrorNotFound;
    }
    const Kernel* known = find_kernel(module.target, name);
    if (known && known->args_size > *bytes) {
      sim.say("kernel '" + std::string(name) + "' takes " + std::to_string(known->args_size) +
              " bytes of arguments here and " + std::to_string(*bytes) + " in the code object");
      return hipErrorInvalidImage;
    }
  }
  const Kernel* kernel = find_kernel(module.target, name);
  if (!kernel) {
    sim.say("no kernel '" + std::string(name) + "' is registered; " +
            registered_like(module.target));
    return hipErrorNotFound;
  }
  Function* function = sim.functions.add(std::make_shared<Function>(Function{*kernel}));
  module.functions.push_back(function);
  *out = reinterpret_cast<hipFunction_t>(function);
  return hipSuccess;
}

// What hipModuleLaunchKernel refuses on RDNA.
hipError_t check_launch(Sim& sim, const Launch& launch, unsigned shared_bytes) {
  if (shared_bytes != 0) {
    sim.say("kernel '" + std::string(launch.kernel.name) + "': dynamic LDS is not simulated");
    return hipErrorNotSupported;
  }
  if (launch.n_blocks() == 0 || launch.n_threads() == 0) return hipErrorInvalidConfiguration;
  const std::uint64_t threads = std::uint64_t{launch.block[0]} * launch.block[1] * launch.block[2];
  if (threads > kMaxThreads) return hipErrorInvalidConfiguration;
  for (std::size_t i = 0; i < 3; ++i) {
    // The packet counts lanes of each dimension in 32 bits.
    if (std::uint64_t{launch.grid[i]} * launch.block[i] > UINT32_MAX)
      return hipErrorInvalidConfiguration;
  }
  return hipSuccess;
}

}  // namespace
}  // namespace hipsim

using namespace hipsim;  // NOLINT(google-build-using-namespace): the functions below are C's

hipError_t hipModuleLoadData(hipModule_t* module, const void* image) {
  return call(Needs::kNoCapture, [&](Sim& sim) {
    if (!module || !image) return hipErrorInvalidValue;
    const auto target = target_of(image);
    if (!target) return hipErrorInvalidImage;
    if (*target != sim.device().options.target) {
      sim.say("a code object for " + *target + " on a device that is " +
              sim.device().options.target);
      return hipErrorNoBinaryForGpu;
    }
    auto loaded = std::make_shared<Module>();
    loaded->target = *target;
    if (*static_cast<const char*>(image) == ELFMAG0)
      loaded->elf = static_cast<const std::byte*>(image);
    *module = reinterpret_cast<hipModule_t>(sim.modules.add(std::move(loaded)));
    return hipSuccess;
  });
}

hipError_t hipModuleUnload(hipModule_t module) {
  return call(Needs::kNoCapture, [&](Sim& sim) {
    const auto found = sim.modules.find(module);
    if (!found) return hipErrorInvalidHandle;
    for (const Function* function : found->functions) sim.functions.remove(function);
    sim.modules.remove(module);
    return hipSuccess;
  });
}

hipError_t hipModuleGetFunction(hipFunction_t* function, hipModule_t module, const char* name) {
  return call(Needs::kDevice, [&](Sim& sim) {
    if (!function || !name) return hipErrorInvalidValue;
    const auto found = sim.modules.find(module);
    return found ? get_function(sim, function, *found, name) : hipErrorInvalidHandle;
  });
}

hipError_t hipModuleLaunchKernel(hipFunction_t function, unsigned grid_x, unsigned grid_y,
                                 unsigned grid_z, unsigned block_x, unsigned block_y,
                                 unsigned block_z, unsigned shared_bytes, hipStream_t stream,
                                 void** parameters, void** extra) {
  return call(Needs::kDevice, [&](Sim& sim) {
    const auto found = sim.functions.find(function);
    const auto target = stream_of(sim, stream);
    if (!found || !target) return hipErrorInvalidHandle;
    Launch launch{found->kernel, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, {}};
    if (const hipError_t error = check_launch(sim, launch, shared_bytes)) return error;
    if (extra || (launch.kernel.args_size > 0 && (!parameters || !*parameters)))
      return hipErrorInvalidValue;
    if (launch.kernel.args_size > 0) {
      const auto* bytes = static_cast<const std::byte*>(*parameters);
      launch.arguments.assign(bytes, bytes + launch.kernel.args_size);
    }
    enqueue(sim, target, std::move(launch));
    return hipSuccess;
  });
}
