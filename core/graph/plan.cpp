#include "core/graph/plan.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "core/base/host_services.hpp"
#include "core/base/log.hpp"
#include "core/graph/convert.hpp"
#include "core/graph/plan_part.hpp"
#include "core/graph/reference/pack.hpp"
#include "forge/sdk/codec_lookup.hpp"
#include "forge/sdk/graph.hpp"

namespace forge::graph {

namespace {

forge_plan_options_v1 to_abi_options(const PlanOptions& options) {
  forge_plan_options_v1 abi = {};
  abi.struct_size = sizeof(abi);
  abi.max_rows = options.max_rows;
  abi.max_outputs = options.max_outputs;
  abi.max_sequences = options.max_sequences;
  return abi;
}

std::string type_name(std::uint32_t type) {
  const forge_codec_v1* codec = sdk::find_codec(type);
  return codec == nullptr ? fmt::format("type {}", type) : codec->name;
}

// A weight in another type, without data yet; rows keep their length.
forge_tensor_v1 retyped(const forge_tensor_v1& weight, const forge_codec_v1& codec) {
  forge_tensor_v1 copy = weight;
  copy.type = codec.type;
  copy.data = nullptr;
  copy.n_bytes = weight.shape[0] / codec.block_elements * codec.block_bytes * weight.shape[1] *
                 weight.shape[2] * weight.shape[3];
  return copy;
}

}  // namespace

Plan::~Plan() = default;

Result<std::unique_ptr<Plan>> Plan::prepare(Graph graph,
                                            std::vector<std::shared_ptr<PackDevice>> packs,
                                            const PlanOptions& options) {
  auto plan = std::unique_ptr<Plan>(new Plan);
  plan->options_ = options;
  plan->info_ = graph.info;
  plan->packs_ = std::move(packs);
  const auto is_reference = [](const auto& pack) { return &pack->record() == &reference_pack(); };
  if (std::none_of(plan->packs_.begin(), plan->packs_.end(), is_reference)) {
    FORGE_ASSIGN(auto reference, open_reference_device());
    plan->packs_.push_back(std::move(reference));
  }
  if (!options.hidden) std::erase(graph.outputs, graph.info.hidden);
  for (forge_state_v1& state : graph.states) {
    if (state.kind != FORGE_STATE_KV) continue;
    state.type_k = options.type_k;
    state.type_v = options.type_v;
  }
  std::vector<std::uint32_t> node_packs(graph.nodes.size(), 0);
  FORGE_TRY(plan->assign(graph, node_packs));
  plan->add_candidates(graph, node_packs);
  fuse(graph, node_packs, [&](std::uint32_t pack, const Graph& g, const Node& node) {
    return plan->packs_[pack]->supports(g, node).ok();
  });
  FORGE_TRY(plan->make_parts(graph, node_packs));
  return plan;
}

Status Plan::assign(Graph& graph, std::vector<std::uint32_t>& node_packs) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    FORGE_TRY(assign_node(graph, graph.nodes[i], node_packs[i]));
  for (const std::string& note : notes_) log::get("graph").info("{}", note);
  return {};
}

// The first pack that takes the node, as it is or with its weights converted.
Status Plan::assign_node(Graph& graph, Node& node, std::uint32_t& pack) {
  Status first_refusal;
  for (pack = 0; pack < packs_.size(); ++pack) {
    Status status = packs_[pack]->supports(graph, node);
    const bool fallback = &packs_[pack]->record() == &reference_pack();
    if (status.ok() || (!fallback && convert_for(*packs_[pack], graph, node))) {
      if (pack > 0 && !first_refusal.ok())
        notes_.push_back(fmt::format("{} '{}' runs on {}: {}", op_name(node.op), node.name,
                                     packs_[pack]->pack_id(), first_refusal.message()));
      return {};
    }
    if (first_refusal.ok()) first_refusal = std::move(status);
  }
  return unimplemented(fmt::format("no pack can run {} '{}': {}", op_name(node.op), node.name,
                                   first_refusal.message()));
}

// Tries the types each weight's codec names as nearest, best first, until the pack takes the node.
bool Plan::convert_for(const PackDevice& pack, Graph& graph, Node& node) {
  for (std::size_t i = 0; i < node.weights.size(); ++i) {
    const std::uint32_t original = node.weights[i];
    if (original == FORGE_NONE) continue;
    const forge_codec_v1* from = sdk::find_codec(graph.weights[original].type);
    if (from == nullptr) return false;
    constexpr std::uint32_t kLastResort[] = {FORGE_TYPE_F32};
    const std::span<const std::uint32_t> targets =
        from->n_converts_to != 0 ? std::span(from->converts_to, from->n_converts_to)
                                 : std::span<const std::uint32_t>(kLastResort);
    for (const std::uint32_t target : targets) {
      const forge_codec_v1* to = sdk::find_codec(target);
      if (to == nullptr || to->quantize == nullptr || target == from->type ||
          graph.weights[original].shape[0] % to->block_elements != 0)
        continue;
      graph.weights.push_back(retyped(graph.weights[original], *to));
      node.weights[i] = static_cast<std::uint32_t>(graph.weights.size() - 1);
      if (pack.supports(graph, node).ok()) {
        conversions_.push_back({graph.weights[original], target});
        notes_.push_back(
            fmt::format("'{}' is converted from {} to {} at load: {} has no kernel for {}",
                        sdk::view(graph.weights[original].name), from->name, to->name,
                        pack.pack_id(), from->name));
        return true;
      }
      node.weights[i] = original;
      graph.weights.pop_back();
    }
  }
  return false;
}

namespace {

// A node whose outputs are the graph's as well.
void insert_node(Graph& graph, std::vector<std::uint32_t>& node_packs, std::ptrdiff_t place,
                 Node node, std::uint32_t pack) {
  graph.outputs.insert(graph.outputs.end(), node.outputs.begin(), node.outputs.end());
  graph.nodes.insert(graph.nodes.begin() + place, std::move(node));
  node_packs.insert(node_packs.begin() + place, pack);
}

}  // namespace

// A TOP_K right after the node that makes the logits, on the same pack, if that has it and need not
// hand over the logits every time.
void Plan::add_candidates(Graph& graph, std::vector<std::uint32_t>& node_packs) {
  const std::uint32_t logits = graph.info.logits;
  const std::uint32_t n = std::min(options_.n_candidates, graph.info.n_vocab);
  const auto has = [](const std::vector<std::uint32_t>& list, std::uint32_t value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  const auto maker = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                  [&](const Node& node) { return has(node.outputs, logits); });
  // What reads the logits might be on another pack, which then needs them.
  const bool read = std::any_of(graph.nodes.begin(), graph.nodes.end(),
                                [&](const Node& node) { return has(node.inputs, logits); });
  if (n == 0 || read || maker == graph.nodes.end()) return;
  const std::uint32_t pack = node_packs[static_cast<std::size_t>(maker - graph.nodes.begin())];
  if ((packs_[pack]->record().flags & FORGE_KERNEL_PACK_OPTIONAL_OUTPUTS) == 0) return;

  forge_value_v1 value = graph.values[logits];
  value.width = n;
  value.parent = FORGE_NONE;
  value.offset = 0;
  const auto tokens = static_cast<std::uint32_t>(graph.values.size());
  graph.values.insert(graph.values.end(), 2, value);
  graph.values[tokens].type = FORGE_TYPE_I32;
  Node node;
  node.op = FORGE_OP_TOP_K;
  node.name = "candidates";
  node.inputs = {logits};
  node.outputs = {tokens, tokens + 1};
  if (!packs_[pack]->supports(graph, node).ok()) {
    graph.values.resize(tokens);
    return;
  }
  candidates_ = {n, tokens, tokens + 1};
  const auto place = maker - graph.nodes.begin() + 1;
  insert_node(graph, node_packs, place, std::move(node), pack);
  add_draw(graph, node_packs, place + 1);
}

// Behind the candidates a DRAW, whose settings come with the batch.
void Plan::add_draw(Graph& graph, std::vector<std::uint32_t>& node_packs, std::ptrdiff_t place) {
  const std::uint32_t pack = node_packs[static_cast<std::size_t>(place) - 1];
  forge_value_v1 value = graph.values[candidates_.tokens];  // whole numbers as well
  const auto settings = static_cast<std::uint32_t>(graph.values.size());
  const std::uint32_t token = settings + 1;
  value.width = FORGE_DRAW_SETTINGS;
  graph.values.push_back(value);
  value.width = 1;
  graph.values.push_back(value);
  Node node;
  node.op = FORGE_OP_DRAW;
  node.name = "draw";
  node.inputs = {graph.info.logits, candidates_.tokens, candidates_.logits, settings};
  node.outputs = {token};
  if (!packs_[pack]->supports(graph, node).ok()) return graph.values.resize(settings);
  draw_ = {settings, token,
           std::vector<forge_draw_settings_v1>(options_.max_outputs, kDrawNothing)};
  graph.inputs.push_back(settings);
  insert_node(graph, node_packs, place, std::move(node), pack);
}

Status Plan::make_parts(const Graph& graph, const std::vector<std::uint32_t>& node_packs) {
  const forge_plan_options_v1 abi_options = to_abi_options(options_);
  for (Part& part : split(graph, node_packs)) {
    plan_memory(part.graph);
    const std::shared_ptr<PackDevice> device = packs_[part.pack];
    parts_.push_back(std::make_unique<LoadedPart>(std::move(part), device));
    LoadedPart& loaded = *parts_.back();
    forge_plan_memory_v1& memory = loaded.memory;
    memory.struct_size = sizeof(memory);
    forge_message message;
    const forge_status code = device->record().plan_memory(device->handle(), loaded.view.get(),
                                                           &abi_options, &memory, &message);
    FORGE_TRY(from_abi(code, message).with_prefix("pack '" + device->pack_id() + "': "));
    memory_.weights += memory.weights;
    memory_.scratch += memory.scratch;
    memory_.state_per_block += memory.state_per_block;
    memory_.state_per_slot += memory.state_per_slot;
  }
  bind_crossing_values();
  return {};
}

PlanMemory Plan::memory_on(const PackDevice& device) const {
  PlanMemory sum;
  for (const auto& part : parts_) {
    if (part->device.get() != &device) continue;
    sum.weights += part->memory.weights;
    sum.scratch += part->memory.scratch;
    sum.state_per_block += part->memory.state_per_block;
    sum.state_per_slot += part->memory.state_per_slot;
  }
  return sum;
}

// Gives every value that leaves one part for another a place in host memory.
void Plan::bind_crossing_values() {
  std::map<std::uint32_t, std::size_t> place;  // value of the whole graph -> crossing_ index
  for (const auto& part : parts_) {
    const Graph& graph = part->part.graph;
    for (const auto* list : {&graph.inputs, &graph.outputs}) {
      for (const std::uint32_t v : *list) {
        const std::uint32_t whole = part->part.values[v];
        forge_buffer_v1 buffer = {};
        buffer.struct_size = sizeof(buffer);
        buffer.value = v;
        std::size_t source = kLogits;
        if (whole == info_.hidden && options_.hidden) {
          source = kHidden;
        } else if (whole == candidates_.tokens) {
          source = kCandidates;
        } else if (whole == candidates_.logits) {
          source = kCandidateLogits;
        } else if (whole == draw_.settings) {
          source = kDrawSettings;
        } else if (whole == draw_.tokens) {
          source = kDrawn;
        } else if (whole != info_.logits) {
          const auto [found, is_new] = place.emplace(whole, crossing_.size());
          source = found->second;
          const forge_value_v1& value = graph.values[v];
          const std::uint32_t rows =
              value.rows == FORGE_ROWS_TOKENS ? options_.max_rows : options_.max_outputs;
          if (is_new) crossing_.emplace_back(std::size_t{value.width} * rows);
        }
        part->buffers.push_back(buffer);
        part->sources.push_back(source);
      }
    }
    for (const forge_buffer_v1& buffer : part->buffers) part->buffer_pointers.push_back(&buffer);
  }
  for (const auto& values : crossing_) memory_.scratch += values.size() * sizeof(float);
}

Status Plan::convert_weights(LoadedPart& part, const Progress& progress) {
  for (forge_tensor_v1& weight : part.part.graph.weights) {
    if (weight.data != nullptr) continue;
    const auto planned =
        std::find_if(conversions_.begin(), conversions_.end(), [&](const Conversion& c) {
          return c.type == weight.type && sdk::view(c.source.name) == sdk::view(weight.name);
        });
    if (planned == conversions_.end())
      return internal_error(fmt::format("tensor '{}' has no data", sdk::view(weight.name)));
    FORGE_ASSIGN(std::vector<std::byte> data, convert(planned->source, weight.type, progress));
    part.converted.push_back(std::move(data));
    weight.data = part.converted.back().data();
  }
  return {};
}

namespace {

// What a pack says while it loads a part.
struct LoadListener {
  const Progress& progress;
  const Plan::WeightRead& weight_read;
  std::uint64_t total;
  std::uint64_t done_before = 0;
  const Graph* graph = nullptr;  // of the part

  static std::int32_t report(void* self, std::uint64_t done, std::uint64_t /*of_part*/) {
    const auto& l = *static_cast<LoadListener*>(self);
    if (l.progress == nullptr) return 0;
    return l.progress(std::min(l.done_before + done, l.total), l.total) ? 0 : 1;
  }
  static void on_weight_read(void* self, std::uint32_t weight) {
    const auto& l = *static_cast<LoadListener*>(self);
    if (l.weight_read == nullptr || weight >= l.graph->weights.size()) return;
    const forge_tensor_v1& tensor = l.graph->weights[weight];
    l.weight_read({static_cast<const std::byte*>(tensor.data), tensor.n_bytes});
  }
};

}  // namespace

Status Plan::load(const Progress& progress, const WeightRead& weight_read) {
  const forge_plan_options_v1 abi_options = to_abi_options(options_);
  LoadListener listener = {progress, weight_read, memory_.weights};
  forge_progress_v1 abi_progress = {};
  abi_progress.struct_size = sizeof(abi_progress);
  abi_progress.self = &listener;
  abi_progress.report = LoadListener::report;
  abi_progress.weight_read = LoadListener::on_weight_read;
  for (const auto& part : parts_) {
    FORGE_TRY(convert_weights(*part, progress));
    listener.graph = &part->part.graph;
    forge_message message;
    const forge_status code =
        part->device->record().plan_compile(part->device->handle(), part->view.get(), &abi_options,
                                            &abi_progress, &part->plan, &message);
    FORGE_TRY(from_abi(code, message).with_prefix("pack '" + part->device->pack_id() + "': "));
    for (const forge_tensor_v1& weight : part->part.graph.weights)
      listener.done_before += weight.n_bytes;
  }
  if (log::get("graph").should_log(spdlog::level::debug)) {
    for (const Counter& c : counters())
      log::get("graph").debug("{} '{}' on {}: {}", op_name(c.op), c.name, c.pack, c.kernel);
  }
  return {};
}

Result<std::unique_ptr<PlanState>> Plan::create_state(std::uint32_t n_blocks,
                                                      std::uint32_t n_slots) {
  auto state = std::unique_ptr<PlanState>(new PlanState(*this, n_blocks, n_slots));
  for (const auto& part : parts_) {
    forge_pack_state* made = nullptr;
    forge_message message;
    const forge_status code =
        part->device->record().state_create(part->plan, n_blocks, n_slots, &made, &message);
    FORGE_TRY(from_abi(code, message).with_prefix("pack '" + part->device->pack_id() + "': "));
    state->states_.push_back(made);
  }
  return state;
}

std::string Plan::state_layout() const {
  std::string layout =
      fmt::format("k={} v={}", type_name(options_.type_k), type_name(options_.type_v));
  for (const auto& part : parts_)
    layout += fmt::format(" {}:{}", part->device->pack_id(), part->part.graph.states.size());
  return layout;
}

std::vector<Counter> Plan::counters() const {
  std::vector<Counter> all;
  for (const auto& part : parts_) {
    if (part->plan == nullptr) continue;
    struct Sink {
      std::vector<Counter>* all;
      const std::string* pack;
    } sink = {&all, &part->device->pack_id()};
    part->device->record().visit_counters(
        part->plan,
        [](void* self, const forge_counter_v1* c) {
          const auto& s = *static_cast<Sink*>(self);
          s.all->push_back({c->op, std::string(sdk::view(c->name)),
                            std::string(sdk::view(c->kernel)), *s.pack, c->calls, c->rows,
                            c->nanoseconds, c->bytes, c->operations});
        },
        &sink);
  }
  return all;
}

void Plan::reset_counters() {
  for (const auto& part : parts_) {
    if (part->plan != nullptr) part->device->record().reset_counters(part->plan);
  }
}

}  // namespace forge::graph
