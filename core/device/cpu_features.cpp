#include "core/device/cpu_features.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace forge::device {
namespace {

// States in XCR0 (Intel SDM volume 1, 13.1): what must be saved for a feature to be usable.
enum : std::uint64_t {
  kNoState = 0,
  kAvxState = 0x6,       // XMM and the upper halves of YMM
  kAvx512State = 0xe6,   // and opmask, upper halves of ZMM0-15, ZMM16-31
  kTileState = 0x60000,  // AMX tile configuration and data
};

enum Register { kEbx, kEcx, kEdx, kEax };

struct Feature {
  std::string_view name;
  std::uint32_t leaf;
  std::uint32_t subleaf;
  Register reg;
  std::uint32_t bit;
  std::uint64_t state;
};

constexpr std::uint32_t kExtended1 = 0x80000001u;

constexpr Feature kFeatures[] = {
    {"sse3", 1, 0, kEcx, 0, kNoState},
    {"pclmul", 1, 0, kEcx, 1, kNoState},
    {"ssse3", 1, 0, kEcx, 9, kNoState},
    {"cx16", 1, 0, kEcx, 13, kNoState},
    {"sse4.1", 1, 0, kEcx, 19, kNoState},
    {"sse4.2", 1, 0, kEcx, 20, kNoState},
    {"movbe", 1, 0, kEcx, 22, kNoState},
    {"popcnt", 1, 0, kEcx, 23, kNoState},
    {"aes", 1, 0, kEcx, 25, kNoState},
    {"osxsave", 1, 0, kEcx, 27, kNoState},
    {"sahf", kExtended1, 0, kEcx, 0, kNoState},
    {"lzcnt", kExtended1, 0, kEcx, 5, kNoState},
    {"bmi", 7, 0, kEbx, 3, kNoState},
    {"bmi2", 7, 0, kEbx, 8, kNoState},
    {"avx", 1, 0, kEcx, 28, kAvxState},
    {"f16c", 1, 0, kEcx, 29, kAvxState},
    {"fma", 1, 0, kEcx, 12, kAvxState},
    {"avx2", 7, 0, kEbx, 5, kAvxState},
    {"gfni", 7, 0, kEcx, 8, kNoState},
    {"vaes", 7, 0, kEcx, 9, kAvxState},
    {"vpclmulqdq", 7, 0, kEcx, 10, kAvxState},
    {"avxvnni", 7, 1, kEax, 4, kAvxState},
    {"avxifma", 7, 1, kEax, 23, kAvxState},
    {"avxvnniint8", 7, 1, kEdx, 4, kAvxState},
    {"avxneconvert", 7, 1, kEdx, 5, kAvxState},
    {"avxvnniint16", 7, 1, kEdx, 10, kAvxState},
    {"avx512f", 7, 0, kEbx, 16, kAvx512State},
    {"avx512dq", 7, 0, kEbx, 17, kAvx512State},
    {"avx512ifma", 7, 0, kEbx, 21, kAvx512State},
    {"avx512cd", 7, 0, kEbx, 28, kAvx512State},
    {"avx512bw", 7, 0, kEbx, 30, kAvx512State},
    {"avx512vl", 7, 0, kEbx, 31, kAvx512State},
    {"avx512vbmi", 7, 0, kEcx, 1, kAvx512State},
    {"avx512vbmi2", 7, 0, kEcx, 6, kAvx512State},
    {"avx512vnni", 7, 0, kEcx, 11, kAvx512State},
    {"avx512bitalg", 7, 0, kEcx, 12, kAvx512State},
    {"avx512vpopcntdq", 7, 0, kEcx, 14, kAvx512State},
    {"avx512vp2intersect", 7, 0, kEdx, 8, kAvx512State},
    {"avx512fp16", 7, 0, kEdx, 23, kAvx512State},
    {"avx512bf16", 7, 1, kEax, 5, kAvx512State},
    {"amx-bf16", 7, 0, kEdx, 22, kTileState},
    {"amx-tile", 7, 0, kEdx, 24, kTileState},
    {"amx-int8", 7, 0, kEdx, 25, kTileState},
    {"amx-fp16", 7, 1, kEax, 21, kTileState},
};
static_assert(std::size(kFeatures) <= CpuFeatures::kMaxFeatures);

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kFeatures)> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kFeatures[i].name;
  return names;
}();

// What each level adds to the one below.
constexpr std::string_view kLevel2[] = {"cx16",   "popcnt", "sahf", "sse3",
                                        "sse4.1", "sse4.2", "ssse3"};
constexpr std::string_view kLevel3[] = {"avx", "avx2",  "bmi",   "bmi2",   "f16c",
                                        "fma", "lzcnt", "movbe", "osxsave"};
constexpr std::string_view kLevel4[] = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"};

constexpr std::string_view kIsaNames[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

// The kernel's names that differ in more than punctuation.
constexpr std::pair<std::string_view, std::string_view> kKernelNames[] = {{"abm", "lzcnt"},
                                                                          {"bmi1", "bmi"},
                                                                          {"lahf_lm", "sahf"},
                                                                          {"pclmulqdq", "pclmul"},
                                                                          {"pni", "sse3"}};

// Equal but for '_', '.' and '-': "avx512_vnni" is "avx512vnni".
bool same_name(std::string_view a, std::string_view b) {
  constexpr std::string_view kPunctuation = "_.-";
  const auto skip = [&](std::string_view& s) {
    s.remove_prefix(std::min(s.find_first_not_of(kPunctuation), s.size()));
  };
  for (skip(a), skip(b); !a.empty() && !b.empty(); skip(a), skip(b)) {
    if (a.front() != b.front()) return false;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.empty() && b.empty();
}

// Index into kFeatures, or its size.
std::size_t index_of(std::string_view name) {
  for (const auto& [kernel, ours] : kKernelNames) {
    if (name == kernel) name = ours;
  }
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [name](std::string_view n) { return same_name(n, name); });
  return static_cast<std::size_t>(found - kNames.begin());
}

std::uint32_t select(const CpuidRegisters& r, Register reg) {
  switch (reg) {
    case kEax:
      return r.eax;
    case kEbx:
      return r.ebx;
    case kEcx:
      return r.ecx;
    case kEdx:
      return r.edx;
  }
  return 0;
}

}  // namespace

std::string_view isa_name(IsaLevel level) { return kIsaNames[static_cast<std::size_t>(level) - 1]; }

std::optional<IsaLevel> isa_by_name(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kIsaNames); ++i) {
    if (kIsaNames[i] == name) return static_cast<IsaLevel>(i + 1);
  }
  return std::nullopt;
}

std::span<const std::string_view> cpu_feature_names() { return kNames; }

CpuFeatures::CpuFeatures(const CpuidRecord& record) : xcr0_(record.xcr0) {
  for (std::size_t i = 0; i < std::size(kFeatures); ++i) {
    const Feature& feature = kFeatures[i];
    const CpuidRegisters r = record.find(feature.leaf, feature.subleaf);
    hardware_[i] = ((select(r, feature.reg) >> feature.bit) & 1u) != 0;
    usable_[i] = hardware_[i] && (xcr0_ & feature.state) == feature.state;
  }
}

bool CpuFeatures::is_known(std::string_view name) { return index_of(name) < kNames.size(); }

bool CpuFeatures::has(std::string_view name) const {
  const std::size_t i = index_of(name);
  return i < kNames.size() && usable_[i];
}

bool CpuFeatures::in_hardware(std::string_view name) const {
  const std::size_t i = index_of(name);
  return i < kNames.size() && hardware_[i];
}

IsaLevel CpuFeatures::isa() const {
  const auto all = [this](std::span<const std::string_view> names) {
    return std::all_of(names.begin(), names.end(),
                       [this](std::string_view name) { return has(name); });
  };
  if (!all(kLevel2)) return IsaLevel::kV1;
  if (!all(kLevel3)) return IsaLevel::kV2;
  return all(kLevel4) ? IsaLevel::kV4 : IsaLevel::kV3;
}

std::vector<std::string_view> CpuFeatures::names() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (usable_[i]) names.push_back(kNames[i]);
  }
  return names;
}

std::string CpuFeatures::why_not(std::string_view name) const {
  if (has(name)) return {};
  if (!is_known(name)) return "this version of the program does not know it";
  if (!in_hardware(name)) return "the processor does not have it";
  return fmt::format(
      "the processor has it, but the operating system does not save its registers (XCR0 is {:#x})",
      xcr0_);
}

}  // namespace forge::device
