// plugins/hip/device/probe.hpp: what the preflight runs before anything else does.
#ifndef FORGE_PLUGINS_HIP_DEVICE_PROBE_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_PROBE_HPP_

#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

FORGE_DEVICE void probe_add(const ProbeAddArgs& a) {
  const uint32_t i = block_x() * kThreads + thread();
  if (i < a.n) a.y[i] = a.a[i] + a.b[i] + 1.0f;
}

FORGE_DEVICE void probe_matrix(const ProbeMatrixArgs& a) {
  constexpr int kC = TileLayout::kCColumns;
  for (uint32_t first = 0; first < 16; first += TileLayout::kColumns) {
    uint32_t a8[Int8Tile::kARows * Int8Tile::kRun], b8[Int8Tile::kRun];
    uint32_t a16[HalfTile::kARows * HalfTile::kRun], b16[HalfTile::kRun];
    for (int r = 0; r < TileLayout::kARows; ++r) {
      const uint32_t row = TileLayout::a_row(r);
      for (int i = 0; i < Int8Tile::kRun; ++i)
        a8[r * Int8Tile::kRun + i] = reinterpret_cast<const uint32_t*>(
            a.a8)[row * 4 + Int8Tile::first() + static_cast<uint32_t>(i)];
      for (int i = 0; i < HalfTile::kRun; ++i)
        a16[r * HalfTile::kRun + i] = reinterpret_cast<const uint32_t*>(
            a.a16)[row * 8 + HalfTile::first() + static_cast<uint32_t>(i)];
    }
    const uint32_t column = first + TileLayout::b_column();
    for (int i = 0; i < Int8Tile::kRun; ++i)
      b8[i] = reinterpret_cast<const uint32_t*>(
          a.b8)[column * 4 + Int8Tile::first() + static_cast<uint32_t>(i)];
    for (int i = 0; i < HalfTile::kRun; ++i)
      b16[i] = reinterpret_cast<const uint32_t*>(
          a.b16)[column * 8 + HalfTile::first() + static_cast<uint32_t>(i)];
    int32_t c8[Int8Tile::kElements];
    float c16[HalfTile::kElements] = {};
    Int8Tile::multiply<true>(c8, a8, b8, Int8Tile::start_from(0));
    HalfTile::multiply(c16, a16, b16);
    for (int e = 0; e < TileLayout::kElements; ++e) {
      const uint32_t at = TileLayout::c_row(e / kC) * 16 + first + TileLayout::c_column(e % kC);
      a.c32[at] = c8[e];
      a.cf[at] = c16[e];
    }
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_PROBE_HPP_
