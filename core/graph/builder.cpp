#include "core/graph/builder.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/host_services.hpp"
#include "core/graph/check.hpp"
#include "forge/sdk/host.hpp"

namespace forge::graph {
namespace {

// Limits far above any model, against plugins and files that count wrongly.
constexpr std::size_t kMaxValues = 1u << 20;
constexpr std::uint32_t kMaxWidth = 1u << 24;

Builder& builder(void* self) { return *static_cast<Builder*>(self); }

// Records may be shorter than ours (an older plugin) or longer (a newer one).
template <class T>
Result<T> copy_record(const T* record, std::string_view what) {
  if (record == nullptr || record->struct_size < 2 * sizeof(std::uint32_t))
    return invalid_argument(fmt::format("{} record is missing or has no struct_size", what));
  T copy = {};
  std::memcpy(&copy, record, std::min<std::size_t>(record->struct_size, sizeof(T)));
  copy.struct_size = sizeof(T);
  return copy;
}

forge_status report(Result<std::uint32_t> index, std::uint32_t* out, forge_message* message) {
  if (index.ok() && out != nullptr) *out = *index;
  return sdk::report(index.status(), message);
}

forge_status abi_add_value(void* self, const forge_value_v1* value, std::uint32_t* out,
                           forge_message* message) {
  const auto copy = copy_record(value, "value");
  if (!copy.ok()) return sdk::report(copy.status(), message);
  return report(builder(self).add_value(*copy), out, message);
}

forge_status abi_add_weight(void* self, std::uint32_t tensor, std::uint32_t* out,
                            forge_message* message) {
  return report(builder(self).add_weight(tensor), out, message);
}

forge_status abi_add_state(void* self, const forge_state_v1* state, std::uint32_t* out,
                           forge_message* message) {
  const auto copy = copy_record(state, "state");
  if (!copy.ok()) return sdk::report(copy.status(), message);
  return report(builder(self).add_state(*copy), out, message);
}

Result<Node> copy_node(const forge_node_v1* record) {
  FORGE_ASSIGN(const forge_node_v1 copy, copy_record(record, "node"));
  Node node;
  node.op = copy.op;
  node.layer = copy.layer;
  node.state = copy.state;
  node.name = std::string(sdk::view(copy.name));
  constexpr std::uint32_t kMaxList = 1024;
  if (copy.n_inputs > kMaxList || copy.n_outputs > kMaxList || copy.n_weights > kMaxList)
    return invalid_argument(fmt::format("node '{}' has too many operands", node.name));
  if ((copy.inputs == nullptr && copy.n_inputs != 0) ||
      (copy.outputs == nullptr && copy.n_outputs != 0) ||
      (copy.weights == nullptr && copy.n_weights != 0))
    return invalid_argument(fmt::format("node '{}' counts operands but has no list", node.name));
  node.inputs.assign(copy.inputs, copy.inputs + copy.n_inputs);
  node.outputs.assign(copy.outputs, copy.outputs + copy.n_outputs);
  node.weights.assign(copy.weights, copy.weights + copy.n_weights);
  const std::size_t expected = params_size(copy.op);
  if (copy.params != nullptr && expected != 0) {
    const std::uint32_t given = *static_cast<const std::uint32_t*>(copy.params);  // struct_size
    node.params.assign(copy.params, std::min<std::size_t>(given, expected));
  }
  return node;
}

forge_status abi_add_node(void* self, const forge_node_v1* record, forge_message* message) {
  return sdk::fence(message, [&]() -> Status {
    FORGE_ASSIGN(Node node, copy_node(record));
    return builder(self).add_node(std::move(node));
  });
}

forge_status abi_finish(void* self, const forge_model_info_v1* info, forge_message* message) {
  const auto copy = copy_record(info, "model info");
  if (!copy.ok()) return sdk::report(copy.status(), message);
  return sdk::report(builder(self).finish(*copy), message);
}

}  // namespace

Builder::Builder(std::span<const forge_tensor_v1> tensors)
    : tensors_(tensors),
      weight_of_tensor_(tensors.size(), FORGE_NONE),
      used_(tensors.size(), false),
      abi_() {
  core_services();  // messages of the slots below go through it
  abi_.struct_size = sizeof(abi_);
  abi_.self = this;
  abi_.add_value = abi_add_value;
  abi_.add_weight = abi_add_weight;
  abi_.add_state = abi_add_state;
  abi_.add_node = abi_add_node;
  abi_.finish = abi_finish;
}

Result<std::uint32_t> Builder::add_value(const forge_value_v1& value) {
  const auto index = static_cast<std::uint32_t>(graph_.values.size());
  const auto fail = [&](std::string_view what) {
    return invalid_argument(fmt::format("value {}: {}", index, what));
  };
  if (graph_.values.size() >= kMaxValues) return fail("too many values");
  if (value.type != FORGE_TYPE_F32 && value.type != FORGE_TYPE_I32)
    return fail(fmt::format("type {} is neither F32 nor I32", value.type));
  if (value.rows > FORGE_ROWS_OUTPUTS) return fail(fmt::format("unknown rows {}", value.rows));
  if (value.width == 0 || value.width > kMaxWidth)
    return fail(fmt::format("width {} is not between 1 and {}", value.width, kMaxWidth));
  if (value.parent != FORGE_NONE) {
    if (value.parent >= index) return fail("its parent does not exist yet");
    const forge_value_v1& parent = graph_.values[value.parent];
    if (parent.parent != FORGE_NONE) return fail("its parent is itself a view");
    if (parent.type != value.type || parent.rows != value.rows)
      return fail("its parent has another type or other rows");
    if (std::uint64_t{value.offset} + value.width > parent.width)
      return fail(fmt::format("columns {}..{} leave its parent's {}", value.offset,
                              std::uint64_t{value.offset} + value.width, parent.width));
  }
  graph_.values.push_back(value);
  graph_.values.back().arena_offset = FORGE_NONE;
  written_.push_back(false);
  return index;
}

Result<std::uint32_t> Builder::add_weight(std::uint32_t tensor_index) {
  if (tensor_index >= tensors_.size())
    return invalid_argument(
        fmt::format("tensor {} does not exist; the file has {}", tensor_index, tensors_.size()));
  std::uint32_t& weight = weight_of_tensor_[tensor_index];
  if (weight == FORGE_NONE) {
    weight = static_cast<std::uint32_t>(graph_.weights.size());
    graph_.weights.push_back(tensors_[tensor_index]);
    used_[tensor_index] = true;
  }
  return weight;
}

Result<std::uint32_t> Builder::add_state(const forge_state_v1& state) {
  const auto index = static_cast<std::uint32_t>(graph_.states.size());
  const auto fail = [&](std::string_view what) {
    return invalid_argument(fmt::format("state {} (layer {}): {}", index, state.layer, what));
  };
  if (graph_.states.size() >= kMaxValues) return fail("too many states");
  if (state.kind == FORGE_STATE_KV) {
    if (state.n_kv_heads == 0 || state.head_dim_k == 0 || state.head_dim_v == 0)
      return fail("a KV state needs heads and head dimensions");
    if (std::uint64_t{state.n_kv_heads} * std::max(state.head_dim_k, state.head_dim_v) > kMaxWidth)
      return fail("its heads are too wide");
  } else if (state.kind == FORGE_STATE_RECURRENT) {
    if (state.n_elements == 0) return fail("a recurrent state needs elements");
  } else {
    return fail(fmt::format("unknown kind {}", state.kind));
  }
  graph_.states.push_back(state);
  return index;
}

Status Builder::check_written(const Node& node) const {
  const auto owner = [&](std::uint32_t v) {
    const std::uint32_t parent = graph_.values[v].parent;
    return parent == FORGE_NONE ? v : parent;
  };
  for (const std::uint32_t v : node.inputs) {
    if (!written_[owner(v)])
      return invalid_argument(
          fmt::format("node '{}' reads value {} before any node has written it", node.name, v));
  }
  for (auto v = node.outputs.begin(); v != node.outputs.end(); ++v) {
    if (std::find(node.outputs.begin(), v, *v) != v)
      return invalid_argument(fmt::format("node '{}' writes value {} twice", node.name, *v));
  }
  for (const std::uint32_t v : node.outputs) {
    if (graph_.values[v].parent != FORGE_NONE)
      return invalid_argument(
          fmt::format("node '{}' writes value {}, which is a view", node.name, v));
    if (written_[v])
      return invalid_argument(fmt::format("node '{}' writes value {} a second time", node.name, v));
  }
  if (node.state != FORGE_NONE) {
    for (const Node& other : graph_.nodes) {
      if (other.state == node.state)
        return invalid_argument(
            fmt::format("nodes '{}' and '{}' share one state", other.name, node.name));
    }
  }
  return {};
}

// The experts' numbers come from a node that picks among no more than there are.
Status Builder::check_experts(const Node& node) const {
  if (node.op != FORGE_OP_MOE_EXPERTS) return {};
  const std::uint64_t n_experts = graph_.weights[node.weights[0]].shape[2];
  for (const Node& writer : graph_.nodes) {
    if (writer.outputs[0] != node.inputs[1]) continue;
    const std::uint32_t n = graph_.values[writer.inputs[0]].width;
    if (n <= n_experts) return {};
    return invalid_argument(fmt::format("node '{}' has {} experts, but '{}' picks among {}",
                                        node.name, n_experts, writer.name, n));
  }
  return invalid_argument(
      fmt::format("node '{}' wants its experts' numbers from a node, not from a view", node.name));
}

Status Builder::add_node(Node node) {
  if (finished_) return failed_precondition("the graph is finished; nodes cannot be added");
  FORGE_TRY(check_node(graph_, node));
  FORGE_TRY(check_written(node));
  FORGE_TRY(check_experts(node));
  for (const std::uint32_t v : node.outputs) written_[v] = true;
  graph_.nodes.push_back(std::move(node));
  return {};
}

// What rows of a batch may ask for: tokens below n_vocab, positions with pos_dims components.
Status Builder::check_tables(const forge_model_info_v1& info) const {
  for (const Node& node : graph_.nodes) {
    if (node.op == FORGE_OP_EMBED && graph_.weights[node.weights[0]].shape[1] < info.n_vocab)
      return invalid_argument(
          fmt::format("model info: the vocabulary is {}, but the table of node "
                      "'{}' has {} rows",
                      info.n_vocab, node.name, graph_.weights[node.weights[0]].shape[1]));
    if (node.op == FORGE_OP_ROPE && info.pos_dims != 4 &&
        node.params.as<forge_rope_params_v1>().mode >= FORGE_ROPE_MROPE)
      return invalid_argument(
          fmt::format("model info: pos_dims is {}, but node '{}' turns by 4 components",
                      info.pos_dims, node.name));
  }
  return {};
}

Status Builder::finish(const forge_model_info_v1& info) {
  if (finished_) return failed_precondition("the graph is finished already");
  const auto check_output = [&](std::uint32_t value, std::string_view what) -> Status {
    if (value < graph_.values.size() && written_[value] &&
        graph_.values[value].type == FORGE_TYPE_F32)
      return {};
    return invalid_argument(fmt::format("model info: {} is not a value any node writes", what));
  };
  FORGE_TRY(check_output(info.logits, "logits"));
  const forge_value_v1& logits = graph_.values[info.logits];
  if (logits.rows != FORGE_ROWS_OUTPUTS || logits.width != info.n_vocab)
    return invalid_argument(
        fmt::format("model info: logits must be output rows, {} wide", info.n_vocab));
  if (info.pos_dims != 1 && info.pos_dims != 4)
    return invalid_argument(fmt::format("model info: pos_dims is {}, not 1 or 4", info.pos_dims));
  FORGE_TRY(check_tables(info));
  if (info.hidden != FORGE_NONE) {
    FORGE_TRY(check_output(info.hidden, "hidden"));
    const forge_value_v1& hidden = graph_.values[info.hidden];
    if (hidden.rows != FORGE_ROWS_OUTPUTS || hidden.width != info.n_embd ||
        info.hidden == info.logits)
      return invalid_argument(fmt::format(
          "model info: hidden must be output rows, {} wide, and not the logits", info.n_embd));
  }
  graph_.outputs.push_back(info.logits);
  if (info.hidden != FORGE_NONE) graph_.outputs.push_back(info.hidden);
  graph_.info = info;
  finished_ = true;
  return {};
}

}  // namespace forge::graph
