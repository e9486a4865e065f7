#include <algorithm>

#include "core/graph/passes.hpp"

namespace forge::graph {
namespace {

// Elements: one cache line, so that every value starts on one.
constexpr std::uint32_t kAlignment = 16;

struct Block {
  std::uint32_t offset;
  std::uint32_t size;
  std::size_t last_use;  // node
};

// First fit: the lowest gap between the blocks in use, which are kept sorted by offset.
class Arena {
 public:
  std::uint32_t place(std::uint32_t width, std::size_t last_use) {
    const std::uint32_t size = (width + kAlignment - 1) / kAlignment * kAlignment;
    std::uint32_t offset = 0;
    auto before = used_.begin();
    while (before != used_.end() && before->offset - offset < size) {
      offset = before->offset + before->size;
      ++before;
    }
    used_.insert(before, {offset, size, last_use});
    high_water_ = std::max(high_water_, offset + size);
    return offset;
  }

  // Frees what no node after `node` reads.
  void release(std::size_t node) {
    std::erase_if(used_, [node](const Block& block) { return block.last_use <= node; });
  }

  std::uint32_t high_water() const { return high_water_; }

 private:
  std::vector<Block> used_;
  std::uint32_t high_water_ = 0;
};

// Ops that work on each row by itself.
bool is_row_op(std::uint32_t op) {
  switch (op) {
    case FORGE_OP_EMBED:
    case FORGE_OP_NORM:
    case FORGE_OP_ROPE:
    case FORGE_OP_GATED:
    case FORGE_OP_UNARY:
    case FORGE_OP_BINARY:
    case FORGE_OP_MOE_ROUTER:
    case FORGE_OP_TOP_K:
    case FORGE_OP_DRAW:
      return true;
    default:
      return false;
  }
}

// For each node the last one of its run of row ops; a node that is none ends with itself.
std::vector<std::size_t> run_ends(const Graph& graph) {
  std::vector<std::size_t> ends(graph.nodes.size());
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const bool joined = i + 1 < graph.nodes.size() && is_row_op(graph.nodes[i].op) &&
                        is_row_op(graph.nodes[i + 1].op);
    ends[i] = joined ? ends[i + 1] : i;
  }
  return ends;
}

// Number of the last node during which each value must stay as it is, views counted for what they
// view: the end of the run of row ops that touches it last.
std::vector<std::size_t> last_uses(const Graph& graph) {
  const std::vector<std::size_t> ends = run_ends(graph);
  std::vector<std::size_t> last(graph.values.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const auto* list : {&graph.nodes[i].inputs, &graph.nodes[i].outputs}) {
      for (const std::uint32_t v : *list) {
        last[v] = ends[i];
        if (graph.values[v].parent != FORGE_NONE) last[graph.values[v].parent] = ends[i];
      }
    }
  }
  return last;
}

}  // namespace

void plan_memory(Graph& graph) {
  const std::vector<std::size_t> last = last_uses(graph);
  std::vector<bool> bound(graph.values.size(), false);
  for (const auto* list : {&graph.inputs, &graph.outputs}) {
    for (const std::uint32_t v : *list) bound[v] = true;
  }
  Arena arenas[2];  // FORGE_ROWS_TOKENS, FORGE_ROWS_OUTPUTS
  for (forge_value_v1& value : graph.values) value.arena_offset = FORGE_NONE;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::uint32_t v : graph.nodes[i].outputs) {
      forge_value_v1& value = graph.values[v];
      if (!bound[v]) value.arena_offset = arenas[value.rows].place(value.width, last[v]);
    }
    for (Arena& arena : arenas) arena.release(i);
  }
  graph.token_arena = arenas[FORGE_ROWS_TOKENS].high_water();
  graph.output_arena = arenas[FORGE_ROWS_OUTPUTS].high_water();
}

}  // namespace forge::graph
