#include "core/device/gfx_target.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace forge::device {
namespace {

constexpr std::string_view kIntegrated[] = {"gfx902",  "gfx909",  "gfx90c",  "gfx1013",
                                            "gfx1033", "gfx1035", "gfx1036", "gfx1103",
                                            "gfx1150", "gfx1151", "gfx1152", "gfx1153"};
constexpr std::string_view kDiscrete[] = {"gfx900",  "gfx904",  "gfx906",  "gfx908",  "gfx90a",
                                          "gfx950",  "gfx1010", "gfx1011", "gfx1012", "gfx1030",
                                          "gfx1031", "gfx1032", "gfx1034", "gfx1100", "gfx1101",
                                          "gfx1102", "gfx1200", "gfx1201"};

struct Product {
  std::uint16_t device;
  std::uint8_t revision;
  std::string_view name;
};

constexpr Product kProducts[] = {
    {0x744c, 0xc8, "Radeon RX 7900 XTX"},  {0x744c, 0xcc, "Radeon RX 7900 XT"},
    {0x744c, 0xce, "Radeon RX 7900 GRE"},  {0x747e, 0xc8, "Radeon RX 7800 XT"},
    {0x747e, 0xff, "Radeon RX 7700 XT"},   {0x7480, 0xcf, "Radeon RX 7600"},
    {0x7480, 0xc0, "Radeon RX 7600 XT"},   {0x7550, 0xc0, "Radeon RX 9070 XT"},
    {0x7550, 0xc2, "Radeon RX 9070 GRE"},  {0x7550, 0xc3, "Radeon RX 9070"},
    {0x7551, 0xc0, "Radeon AI PRO R9700"}, {0x7590, 0xc0, "Radeon RX 9060 XT"},
};

bool contains(const auto& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

}  // namespace

std::string gfx_name(std::uint64_t gfx_target_version) {
  const std::uint64_t major = gfx_target_version / 10000;
  const std::uint64_t minor = gfx_target_version / 100 % 100;
  const std::uint64_t stepping = gfx_target_version % 100;
  if (major == 0 || major > 99 || minor > 15 || stepping > 15) return {};
  return fmt::format("gfx{}{:x}{:x}", major, minor, stepping);
}

bool is_exact_processor(std::string_view name) {
  if (!name.starts_with("gfx")) return false;
  name.remove_prefix(3);
  if (name.size() < 3 || name.size() > 4) return false;
  const std::string_view major = name.substr(0, name.size() - 2);
  return std::all_of(major.begin(), major.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view kind_name(GpuKind kind) {
  switch (kind) {
    case GpuKind::kIntegrated:
      return "integrated";
    case GpuKind::kDiscrete:
      return "discrete";
    case GpuKind::kUnknown:
      break;
  }
  return "unknown";
}

GpuKind kind_of_processor(std::string_view gfx) {
  if (contains(kIntegrated, gfx)) return GpuKind::kIntegrated;
  if (contains(kDiscrete, gfx)) return GpuKind::kDiscrete;
  return GpuKind::kUnknown;
}

std::string_view product_name(std::uint16_t device, std::uint8_t revision) {
  for (const Product& product : kProducts) {
    if (product.device == device && product.revision == revision) return product.name;
  }
  return {};
}

}  // namespace forge::device
