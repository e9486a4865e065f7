#include "core/device/cpu_features.hpp"

#include <sstream>

#include "tests/catch.hpp"
#include "tests/support/cpuid_records.hpp"
#include "tests/support/scratch.hpp"

namespace forge::device {
namespace {

using test::with_xcr0;

TEST_CASE("a server processor with AVX-512 has every feature its kernel lists") {
  const CpuFeatures features(test::epyc_genoa());
  for (const char* name : {"sse4.2", "avx", "avx2", "fma", "f16c", "bmi2", "avx512f", "avx512bw",
                           "avx512vl", "avx512vnni", "avx512bf16", "avx512vbmi", "gfni", "lzcnt"})
    CHECK(features.has(name));
  for (const char* name : {"amx-tile", "avx512fp16", "avxvnni", "avx512vp2intersect", "no-such"})
    CHECK_FALSE(features.has(name));
  CHECK(features.isa() == IsaLevel::kV4);
}

TEST_CASE("features whose registers the operating system does not save are not usable") {
  // XCR0 7: x87, SSE and AVX. The processor's own bits are unchanged.
  const CpuFeatures no_avx512(with_xcr0(test::epyc_genoa(), 0x7));
  CHECK(no_avx512.in_hardware("avx512f"));
  CHECK_FALSE(no_avx512.has("avx512f"));
  CHECK_FALSE(no_avx512.has("avx512bf16"));
  CHECK(no_avx512.has("avx2"));
  CHECK(no_avx512.isa() == IsaLevel::kV3);
  CHECK(no_avx512.why_not("avx512f") ==
        "the processor has it, but the operating system does not save its registers (XCR0 is 0x7)");

  // Some of the three AVX-512 states is not enough (bits 5, 6, 7).
  for (const std::uint64_t xcr0 : {0x27, 0x47, 0x87, 0x67, 0xc7, 0xa7, 0xe1})
    CHECK_FALSE(CpuFeatures(with_xcr0(test::epyc_genoa(), xcr0)).has("avx512f"));

  const CpuFeatures no_avx(with_xcr0(test::epyc_genoa(), 0x3));
  CHECK_FALSE(no_avx.has("avx"));
  CHECK_FALSE(no_avx.has("fma"));
  CHECK_FALSE(no_avx.has("f16c"));
  CHECK(no_avx.has("bmi2"));
  CHECK(no_avx.isa() == IsaLevel::kV2);
}

TEST_CASE("the kernel's spelling of a name is understood") {
  const CpuFeatures features(test::epyc_genoa());
  for (const char* name : {"avx512_vnni", "avx512_bf16", "sse4_1", "sse4_2", "bmi1", "abm", "pni",
                           "lahf_lm", "pclmulqdq"}) {
    CAPTURE(name);
    CHECK(features.has(name));
    CHECK(CpuFeatures::is_known(name));
  }
  for (const char* name : {"", "_", "avx512", "avx512vnni2", "bmi3"})
    CHECK_FALSE(CpuFeatures::is_known(name));
}

TEST_CASE("the reason for a missing feature is told") {
  const CpuFeatures features(test::epyc_genoa());
  CHECK(features.why_not("avx2").empty());
  CHECK(features.why_not("amx-tile") == "the processor does not have it");
  CHECK(features.why_not("avx1024") == "this version of the program does not know it");
}

TEST_CASE("an empty record is a baseline processor") {
  const CpuFeatures features{CpuidRecord{}};
  CHECK(features.names().empty());
  CHECK(features.isa() == IsaLevel::kV1);
}

TEST_CASE("levels have names") {
  CHECK(isa_name(IsaLevel::kV1) == "x86-64");
  CHECK(isa_by_name("x86-64-v3") == IsaLevel::kV3);
  CHECK_FALSE(isa_by_name("x86-64-v5"));
}

// Oracle: the kernel's own decoding, which lists only what it enabled.
TEST_CASE("what this machine's processor answers agrees with /proc/cpuinfo") {
  std::istringstream lines(test::read_file("/proc/cpuinfo"));
  std::string flags;
  for (std::string line; flags.empty() && std::getline(lines, line);) {
    if (line.starts_with("flags")) flags = line.substr(line.find(':') + 1) + " ";
  }
  if (flags.empty()) {
    WARN("skipped: /proc/cpuinfo lists no flags");
    return;
  }
  const CpuFeatures features(read_cpuid());
  // Kernel's name, ours.
  const std::pair<const char*, const char*> names[] = {{"ssse3", "ssse3"},
                                                       {"sse4_1", "sse4.1"},
                                                       {"sse4_2", "sse4.2"},
                                                       {"popcnt", "popcnt"},
                                                       {"avx", "avx"},
                                                       {"avx2", "avx2"},
                                                       {"fma", "fma"},
                                                       {"f16c", "f16c"},
                                                       {"bmi1", "bmi"},
                                                       {"bmi2", "bmi2"},
                                                       {"abm", "lzcnt"},
                                                       {"avx512f", "avx512f"},
                                                       {"avx512bw", "avx512bw"},
                                                       {"avx512vl", "avx512vl"},
                                                       {"avx512dq", "avx512dq"},
                                                       {"avx512cd", "avx512cd"},
                                                       {"avx512_vnni", "avx512vnni"},
                                                       {"avx512_bf16", "avx512bf16"},
                                                       {"avx_vnni", "avxvnni"},
                                                       {"gfni", "gfni"}};
  for (const auto& [kernel, ours] : names) {
    CAPTURE(kernel);
    CHECK(features.has(ours) == (flags.find(" " + std::string(kernel) + " ") != std::string::npos));
  }
}

}  // namespace
}  // namespace forge::device
