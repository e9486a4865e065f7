// host/plan/cards.hpp: the AMD cards that predictions are made for, from AMD's data sheets
// (https://www.amd.com/en/products/graphics/desktops/radeon.html, .../graphics/workstations.html).
#ifndef FORGE_HOST_PLAN_CARDS_HPP_
#define FORGE_HOST_PLAN_CARDS_HPP_

#include <array>
#include <cstdint>
#include <string_view>

#include "forge/sdk/status.hpp"

namespace forge::plan {

struct Card {
  std::string_view id;    // as it is typed: "9070xt"
  std::string_view name;  // "Radeon RX 9070 XT"
  std::string_view gfx;   // its processor
  std::uint32_t units;    // compute units, of two SIMDs each
  double ghz;             // boost clock
  double gigabytes_per_second;
  std::uint32_t vram_gib;

  // The processor whose kernels it runs; the packs compile for the first of each generation.
  std::string_view compiled_for() const { return gfx.starts_with("gfx11") ? "gfx1100" : "gfx1201"; }
  // Cycles that a 16x16x16 product takes a SIMD, of 8-bit integers and of f16 numbers; of FP8,
  // which RDNA4 alone has, as of integers.
  std::uint32_t int8_matrix_cycles() const { return gfx.starts_with("gfx11") ? 32 : 8; }
  std::uint32_t f16_matrix_cycles() const { return gfx.starts_with("gfx11") ? 32 : 16; }
  // Cycles of all SIMDs in a second.
  double simd_cycles() const { return units * 2 * ghz * 1e9; }
};

inline constexpr std::array kCards = {
    Card{"7600", "Radeon RX 7600", "gfx1102", 32, 2.655, 288, 8},
    Card{"7600xt", "Radeon RX 7600 XT", "gfx1102", 32, 2.755, 288, 16},
    Card{"7700xt", "Radeon RX 7700 XT", "gfx1101", 54, 2.544, 432, 12},
    Card{"7800xt", "Radeon RX 7800 XT", "gfx1101", 60, 2.43, 624, 16},
    Card{"7900gre", "Radeon RX 7900 GRE", "gfx1100", 80, 2.245, 576, 16},
    Card{"7900xt", "Radeon RX 7900 XT", "gfx1100", 84, 2.394, 800, 20},
    Card{"7900xtx", "Radeon RX 7900 XTX", "gfx1100", 96, 2.5, 960, 24},
    Card{"w7900", "Radeon PRO W7900", "gfx1100", 96, 2.495, 864, 48},
    Card{"9060xt", "Radeon RX 9060 XT", "gfx1200", 32, 3.13, 320, 16},
    Card{"9070", "Radeon RX 9070", "gfx1201", 56, 2.52, 640, 16},
    Card{"9070xt", "Radeon RX 9070 XT", "gfx1201", 64, 2.97, 640, 16},
    Card{"r9700", "Radeon AI PRO R9700", "gfx1201", 64, 2.92, 640, 32},
};

// By id, whatever case and spaces: "RX 9070 XT" is 9070xt. kNotFound suggests the nearest and lists
// all.
Result<Card> find_card(std::string_view name);

}  // namespace forge::plan

#endif  // FORGE_HOST_PLAN_CARDS_HPP_
