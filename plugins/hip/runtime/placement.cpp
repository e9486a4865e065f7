#include "plugins/hip/runtime/placement.hpp"

#include <algorithm>

namespace forge::hip {
namespace {

constexpr std::uint64_t kAlignment = 256;

// Steps during which a root's memory is in use.
struct Life {
  std::size_t first = ~std::size_t{0};
  std::size_t last = 0;
  bool used() const { return first <= last; }
};

Place home_of(const PlacementRequest& r, std::uint32_t value) {
  Place place;
  place.root = value;
  while (true) {
    const forge_value_v1& v = *r.graph.values[place.root];
    if (v.parent != FORGE_NONE) {
      place.column += v.offset;
      place.root = v.parent;
    } else if (r.shares[place.root] != FORGE_NONE) {
      place.root = r.shares[place.root];
    } else {
      place.stride = v.width;
      return place;
    }
  }
}

std::vector<Life> lives_of(const PlacementRequest& r, const std::vector<Place>& places) {
  std::vector<Life> lives(r.graph.n_values);
  const auto touch = [&](std::uint32_t value, std::size_t step) {
    Life& life = lives[places[value].root];
    life.first = std::min(life.first, step);
    life.last = std::max(life.last, step);
  };
  for (std::size_t s = 0; s < r.steps.size(); ++s) {
    for (const std::uint32_t value : r.steps[s]->touches) touch(value, s);
  }
  // Fetched when all steps are done.
  for (std::uint32_t i = 0; i < r.graph.n_outputs; ++i) touch(r.graph.outputs[i], r.steps.size());
  return lives;
}

struct Block {
  std::uint64_t offset, size;
  Life life;
};

// First fit: the lowest gap between the blocks that live at the same time.
std::uint64_t fit(const std::vector<Block>& blocks, std::uint64_t size, const Life& life) {
  std::uint64_t offset = 0;
  for (const Block& block : blocks) {  // by rising offset
    if (block.life.last < life.first || life.last < block.life.first) continue;
    if (block.offset >= offset + size) break;
    offset = std::max(offset, block.offset + block.size);
  }
  return offset;
}

}  // namespace

Placement place_values(const PlacementRequest& r) {
  Placement placement;
  for (std::uint32_t v = 0; v < r.graph.n_values; ++v) placement.places.push_back(home_of(r, v));
  const std::vector<Life> lives = lives_of(r, placement.places);
  std::vector<std::uint32_t> order;
  for (std::uint32_t v = 0; v < r.graph.n_values; ++v) {
    if (placement.places[v].root == v && !r.with_step[v] && lives[v].used()) order.push_back(v);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return lives[a].first < lives[b].first;
  });
  std::vector<Block> blocks;
  std::vector<std::uint64_t> offsets(r.graph.n_values, Place::kNowhere);
  for (const std::uint32_t v : order) {
    const forge_value_v1& value = *r.graph.values[v];
    const std::uint64_t rows =
        value.rows == FORGE_ROWS_TOKENS ? r.options.max_rows : r.options.max_outputs;
    const std::uint64_t size =
        (rows * value.width * sizeof(float) + kAlignment - 1) / kAlignment * kAlignment;
    offsets[v] = fit(blocks, size, lives[v]);
    const Block block = {offsets[v], size, lives[v]};
    blocks.insert(
        std::upper_bound(blocks.begin(), blocks.end(), block,
                         [](const Block& a, const Block& b) { return a.offset < b.offset; }),
        block);
    placement.arena_bytes = std::max(placement.arena_bytes, offsets[v] + size);
  }
  for (Place& place : placement.places) place.arena_offset = offsets[place.root];
  return placement;
}

}  // namespace forge::hip
