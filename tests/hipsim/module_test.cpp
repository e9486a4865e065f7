#include <elf.h>

#include <array>
#include <cstring>

#include "tests/hipsim/fixture.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kImageBytes = 1024;
using Image = std::array<char, kImageBytes>;

template <class T>
void put(Image& image, std::size_t at, const T& value) {
  std::memcpy(image.data() + at, &value, sizeof(value));
}

// The least that is a code object with one kernel, "add": header, descriptor, symbols, names.
Image code_object(std::uint16_t machine, std::uint32_t flags, std::uint32_t argument_bytes) {
  constexpr std::size_t kDescriptor = 64, kSymbols = 128, kNames = 192, kSections = 256;
  Image image{};
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_machine = machine;
  header.e_flags = flags;
  header.e_shoff = kSections;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 4;
  put(image, 0, header);
  put(image, kDescriptor + 8, argument_bytes);
  Elf64_Sym symbol{};
  symbol.st_name = 1;
  symbol.st_shndx = 1;
  symbol.st_value = 0x5000;  // where the descriptor would be loaded
  put(image, kSymbols + sizeof(symbol), symbol);
  std::strcpy(image.data() + kNames + 1, "add.kd");
  Elf64_Shdr data{}, symbols{}, names{};
  data.sh_type = SHT_PROGBITS;
  data.sh_addr = 0x5000;
  data.sh_offset = kDescriptor;
  symbols.sh_type = SHT_DYNSYM;
  symbols.sh_offset = kSymbols;
  symbols.sh_size = 2 * sizeof(symbol);
  symbols.sh_link = 3;
  names.sh_type = SHT_STRTAB;
  names.sh_offset = kNames;
  put(image, kSections + sizeof(Elf64_Shdr), data);
  put(image, kSections + 2 * sizeof(Elf64_Shdr), symbols);
  put(image, kSections + 3 * sizeof(Elf64_Shdr), names);
  return image;
}

hipError_t load(const Hip& hip, const void* image) {
  hipModule_t module = nullptr;
  return hip->hipModuleLoadData(&module, image);
}

}  // namespace

TEST_CASE("hipsim modules: a code object must be for the device") {
  for (const auto& [target, flags] : {std::pair{"gfx1100", 0x41U}, {"gfx1201", 0x4eU}}) {
    const Hip hip(std::string("DEVICES=") + "0000:03:00.0=" + std::string(target) + ",1");
    for (const std::uint32_t machine : {0x41U, 0x4eU, 0x2fU}) {
      // Bits above the processor's are settings of features.
      const Image image = code_object(224, machine | 0x500, 64);
      CHECK(load(hip, image.data()) == (machine == flags ? hipSuccess : hipErrorNoBinaryForGpu));
    }
    CHECK(load(hip, "hipsim:gfx1100") == (flags == 0x41U ? hipSuccess : hipErrorNoBinaryForGpu));
  }
}

TEST_CASE("hipsim modules: what is no code object") {
  const Hip hip;
  CHECK(load(hip, code_object(EM_X86_64, 0x41, 64).data()) == hipErrorInvalidImage);
  CHECK(load(hip, "a text of some length") == hipErrorInvalidImage);
  CHECK(load(hip, nullptr) == hipErrorInvalidValue);
}

TEST_CASE("hipsim modules: a kernel must be in the code object, and registered") {
  const Hip hip;
  hipModule_t module = nullptr;
  hipFunction_t function = nullptr;
  const Image image = code_object(224, 0x41, 32);
  REQUIRE(hip->hipModuleLoadData(&module, image.data()) == hipSuccess);
  CHECK(hip->hipModuleGetFunction(&function, module, "add") == hipSuccess);
  CHECK(hip->hipModuleGetFunction(&function, module, "reverse") == hipErrorNotFound);
  CHECK(hipsim::last_message() == "the code object has no kernel 'reverse'");
  CHECK(hip->hipModuleUnload(module) == hipSuccess);
  CHECK(hip->hipModuleGetFunction(&function, module, "add") == hipErrorInvalidHandle);

  const Image small = code_object(224, 0x41, 28);
  REQUIRE(hip->hipModuleLoadData(&module, small.data()) == hipSuccess);
  CHECK(hip->hipModuleGetFunction(&function, module, "add") == hipErrorInvalidImage);
  CHECK(hipsim::last_message() ==
        "kernel 'add' takes 32 bytes of arguments here and 28 in the code object");

  REQUIRE(hip->hipModuleLoadData(&module, "hipsim:gfx1100") == hipSuccess);
  CHECK(hip->hipModuleGetFunction(&function, module, "ad") == hipErrorNotFound);
}

TEST_CASE("hipsim modules: launches that no GPU takes") {
  const Hip hip;
  const Kernels kernels(hip);
  WhoArgs args{nullptr};
  void* parameters[] = {&args};
  const hipFunction_t who = kernels.find("who");
  const auto launch = [&](unsigned grid, unsigned block, unsigned lds, void** p) {
    return hip->hipModuleLaunchKernel(who, grid, 1, 1, block, 1, 1, lds, kernels.stream(), p,
                                      nullptr);
  };
  CHECK(launch(0, 32, 0, parameters) == hipErrorInvalidConfiguration);
  CHECK(launch(1, 0, 0, parameters) == hipErrorInvalidConfiguration);
  CHECK(launch(1, 1025, 0, parameters) == hipErrorInvalidConfiguration);
  CHECK(launch(1U << 30, 256, 0, parameters) == hipErrorInvalidConfiguration);
  CHECK(launch(1, 32, 1024, parameters) == hipErrorNotSupported);
  CHECK(launch(1, 32, 0, nullptr) == hipErrorInvalidValue);
  CHECK(kernels.wait() == hipSuccess);
}

TEST_CASE("hipsim modules: arguments are those of the launch") {
  const Hip hip;
  const Kernels kernels(hip);
  const Array<float> a(hip, std::vector<float>(32, 1)), y(hip, 32);
  AddArgs args{a.data(), a.data(), y.data(), 32};
  void* parameters[] = {&args};
  REQUIRE(hip->hipModuleLaunchKernel(kernels.find("add"), 1, 1, 1, 32, 1, 1, 0, kernels.stream(),
                                     parameters, nullptr) == hipSuccess);
  args = {};
  REQUIRE(kernels.wait() == hipSuccess);
  CHECK(y.read() == std::vector<float>(32, 2));
}
