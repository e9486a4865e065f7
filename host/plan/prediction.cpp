#include "host/plan/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/codec/host_codecs.hpp"
#include "core/graph/passes.hpp"

namespace forge::plan {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr std::uint32_t kFewRows = 16;  // at most, of the kernels between one row and a prompt
constexpr std::uint32_t kEarly = 128;   // where an answer is measured, mostly
constexpr std::uint32_t kLaunchesOfStep = 1;    // a token is drawn
constexpr std::uint32_t kLaunchesToSelect = 3;  // rows, twice, where not all are wanted; quantized
constexpr std::uint32_t kPickedAtOnce = 2048;   // logits of which one launch finds the best

struct TypeBits {
  std::string_view name;
  double bits;
};
// plugins/hip/device/formats.hpp: codes, scales of 32 and of 256 elements.
constexpr TypeBits kDeviceBits[] = {
    {"q8_0", 8.5},   {"q4_0", 4.5},    {"q4_1", 5},      {"q5_0", 5.5},
    {"q5_1", 6},     {"q2_k", 2.625},  {"q3_k", 3.5625}, {"q4_k", 4.625},
    {"q5_k", 5.625}, {"q6_k", 6.5625}, {"iq4_nl", 4.5},  {"iq4_xs", 4.3125},
    {"mxfp4", 4.25}, {"f16", 16},      {"bf16", 16},     {"f32", 32},
};

std::string type_name(std::uint32_t type) {
  const forge_codec_v1* codec = process_codecs().view().find(type);
  std::string name = codec == nullptr ? fmt::format("type {}", type) : codec->name;
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

double elements(const forge_tensor_v1& weight) {
  double n = 1;
  for (std::uint32_t i = 0; i < weight.n_dims; ++i) n *= static_cast<double>(weight.shape[i]);
  return n;
}

// A model's graph as the packs would run it, and the sums over it.
class Predictor {
 public:
  Predictor(const graph::Graph& graph, const PredictionOptions& options, const KernelTable& kernels)
      : graph_(graph), options_(options), kernels_(kernels) {
    std::vector<std::uint32_t> packs(graph_.nodes.size(), 0);
    graph::fuse(graph_, packs, [](std::uint32_t, const graph::Graph& g, const graph::Node& node) {
      // Gate and up are one product only when they have one type.
      if (node.op != FORGE_OP_LINEAR || node.params.empty() ||
          node.params.as<forge_linear_params_v1>().activation == FORGE_ACT_NONE)
        return true;
      return g.weights[node.weights[0]].type == g.weights[node.weights[2]].type;
    });
    graph::plan_memory(graph_);
  }

  MemoryPrediction memory(std::uint32_t n_ctx);
  StepPrediction step(std::uint32_t n_sequences, std::uint32_t rows_each, std::uint32_t n_past);
  std::vector<std::string> notes() const { return {notes_.begin(), notes_.end()}; }

 private:
  double weight_bytes(const forge_tensor_v1& weight);
  void add_linear(const graph::Node& node, double rows, StepPrediction& step);
  void add_experts(const graph::Node& node, double rows, StepPrediction& step);
  double product_cycles(const std::string& kernel, double macs) const;
  std::string many_rows(const std::string& type);
  void join_pair(std::set<std::string>& launched) const;
  void add_attention(const graph::Node& node, double n_sequences, double rows_each, double n_past,
                     StepPrediction& step);
  Work& work_of(StepPrediction& step, const std::string& kernel);
  void add(StepPrediction& step, const std::string& kernel, double bytes, double issue_seconds);

  graph::Graph graph_;
  const PredictionOptions& options_;
  const KernelTable& kernels_;
  std::set<std::string> notes_;
};

// On the card, with what the file has where the packs have no kernel.
double Predictor::weight_bytes(const forge_tensor_v1& weight) {
  const double bits = device_bits(type_name(weight.type));
  return bits == 0 || weight.n_dims < 2 ? static_cast<double>(weight.n_bytes)
                                        : elements(weight) * bits / 8;
}

MemoryPrediction Predictor::memory(std::uint32_t n_ctx) {
  MemoryPrediction memory;
  // The table of embeddings stays with the processor unless it is the output matrix, too.
  std::set<std::uint32_t> on_card;
  for (const graph::Node& node : graph_.nodes) {
    if (node.op == FORGE_OP_EMBED) continue;
    for (const std::uint32_t weight : node.weights) {
      if (weight != FORGE_NONE) on_card.insert(weight);
    }
  }
  double bytes = 0;
  for (const std::uint32_t weight : on_card) bytes += weight_bytes(graph_.weights[weight]);
  memory.weights = static_cast<std::uint64_t>(bytes);
  const CodecView& codecs = process_codecs().view();
  const auto vector_bytes = [&](std::uint32_t type, std::uint64_t n) {
    const forge_codec_v1* codec = codecs.find(type);
    return n / codec->block_elements * codec->block_bytes;
  };
  for (const forge_state_v1& state : graph_.states) {
    if (state.kind != FORGE_STATE_KV) {
      notes_.insert("the packs have no recurrent state: its layers would run on the processor");
      continue;
    }
    memory.kv_per_position += state.n_kv_heads * (vector_bytes(options_.type_k, state.head_dim_k) +
                                                  vector_bytes(options_.type_v, state.head_dim_v));
  }
  const std::uint64_t sequences = options_.n_sequences;
  memory.scratch = (std::uint64_t{graph_.token_arena} * options_.n_batch +
                    std::uint64_t{graph_.output_arena} * sequences +
                    std::uint64_t{graph_.info.n_vocab} * sequences) *
                   sizeof(float);
  const auto kv_bytes = [&](std::uint64_t n) {
    const std::uint64_t blocks = (n + FORGE_KV_BLOCK_TOKENS - 1) / FORGE_KV_BLOCK_TOKENS;
    return blocks * FORGE_KV_BLOCK_TOKENS * memory.kv_per_position * sequences;
  };
  memory.kv = kv_bytes(n_ctx);
  memory.total = memory.weights + memory.kv + memory.scratch;
  memory.budget = static_cast<std::uint64_t>(
      std::max(0.0, options_.card.vram_gib - options_.reserve_gib) * kGib);
  const std::uint64_t fixed = memory.weights + memory.scratch;
  if (fixed < memory.budget && memory.kv_per_position > 0) {
    const std::uint64_t room = (memory.budget - fixed) / (memory.kv_per_position * sequences);
    memory.longest_context = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(room / FORGE_KV_BLOCK_TOKENS * FORGE_KV_BLOCK_TOKENS, UINT32_MAX));
  }
  return memory;
}

Work& Predictor::work_of(StepPrediction& step, const std::string& kernel) {
  const auto same = [&](const Work& work) { return work.kernel == kernel; };
  const auto found = std::find_if(step.work.begin(), step.work.end(), same);
  if (found != step.work.end()) return *found;
  step.work.push_back({.kernel = kernel});
  return step.work.back();
}

void Predictor::add(StepPrediction& step, const std::string& kernel, double bytes,
                    double issue_seconds) {
  Work& work = work_of(step, kernel);
  const double memory_seconds = bytes / (options_.card.gigabytes_per_second * 1e9);
  work.bytes += bytes;
  work.memory_seconds += memory_seconds;
  work.issue_seconds += issue_seconds;
  work.limit_seconds += std::max(memory_seconds, issue_seconds);
  step.limit_seconds += std::max(memory_seconds, issue_seconds);
}

// Lanes' cycles of so many multiply-adds by a kernel, of its inner loop where that is known.
double Predictor::product_cycles(const std::string& kernel, double macs) const {
  const auto facts = kernels_.find(options_.card.compiled_for(), kernel);
  if (!facts || facts->products() <= 0) return macs / 32;  // one multiply-add of a lane each
  const std::uint32_t matrix_cycles = kernel.starts_with("half_gemm_")
                                          ? options_.card.f16_matrix_cycles()
                                          : options_.card.int8_matrix_cycles();
  return macs / facts->products() * facts->cycles(matrix_cycles);
}

// Products of two types that the packs have one kernel for ("gemv_q4_k_q6_k") are one launch; it
// counts as the pair's first.
void Predictor::join_pair(std::set<std::string>& launched) const {
  if (launched.size() != 2) return;
  const std::string &one = *launched.begin(), &other = *launched.rbegin();
  for (const auto& [first, second] : {std::pair{one, other}, std::pair{other, one}}) {
    const std::string pair = first + second.substr(second.find('_'));
    if (!kernels_.find(options_.card.compiled_for(), pair)) continue;
    launched.erase(second);
    return;
  }
}

// Their inner loops are those of the dense products. Each pair of a row and an expert reads an
// expert of its own, as long as there are others.
void Predictor::add_experts(const graph::Node& node, double rows, StepPrediction& step) {
  const double n_experts = static_cast<double>(graph_.weights[node.weights[0]].shape[2]);
  const double pairs = rows * graph_.values[node.inputs[1]].width;
  const bool few = rows <= kFewRows;
  for (std::size_t i = 0; i < node.weights.size(); ++i) {
    const forge_tensor_v1& weight = graph_.weights[node.weights[i]];
    const std::string type = type_name(weight.type);
    if (device_bits(type) == 0 || type == "f32" || type == "f16" || type == "bf16") {
      notes_.insert(fmt::format(
          "the packs have no experts' product for {}: the processor would do it", type));
      continue;
    }
    const std::string kernel =
        (few ? i < 2 ? "experts_gated_" : "experts_" : "experts_gemm_") + type;
    add(step, kernel, weight_bytes(weight) * std::min(1.0, pairs / n_experts),
        product_cycles((few ? "gemv_" : "gemm_") + type, elements(weight) / n_experts * pairs) /
            options_.card.simd_cycles());
    if (!few || i != 1) ++work_of(step, kernel).launches;
  }
  step.launches += few ? 4 : 9;  // with the input's quantizing
}

// The kernel for prompts, without the type.
std::string Predictor::many_rows(const std::string& type) {
  if (options_.prompts == graph::PromptType::kF16) return "half_gemm_";
  if (options_.prompts != graph::PromptType::kFp8) return "gemm_";
  if (kernels_.find(options_.card.compiled_for(), "fp8_gemm_" + type)) return "fp8_gemm_";
  notes_.insert(fmt::format("the {} has no matrix units for FP8: prompts are read in int8",
                            options_.card.name));
  return "gemm_";
}

void Predictor::add_linear(const graph::Node& node, double rows, StepPrediction& step) {
  std::set<std::string> launched;
  for (std::size_t i = 0; i < node.weights.size(); i += 2) {  // the others are biases
    const forge_tensor_v1& weight = graph_.weights[node.weights[i]];
    const std::string type = type_name(weight.type);
    const double bytes = weight_bytes(weight);
    if (device_bits(type) == 0) {
      notes_.insert(
          fmt::format("the packs have no product for {}: the processor would do it", type));
      continue;
    }
    const bool is_float = type == "f32" || type == "f16" || type == "bf16";
    const std::string kernel = is_float ? "float_" + type
                                        : (rows == 1          ? "gemv_"
                                           : rows <= kFewRows ? "skinny_"
                                                              : many_rows(type)) +
                                              type;
    const double macs = elements(weight) * rows;
    const double cycles = is_float ? macs / 32 : product_cycles(kernel, macs);
    add(step, kernel, bytes, cycles / options_.card.simd_cycles());
    launched.insert(kernel);
  }
  join_pair(launched);
  for (const std::string& kernel : launched) ++work_of(step, kernel).launches;
  // A prompt's input is quantized by a launch of its own.
  step.launches += static_cast<std::uint32_t>(launched.size()) + (rows > kFewRows ? 1 : 0);
  const auto in_fp8 = [](const std::string& kernel) { return kernel.starts_with("fp8_gemm_"); };
  step.launches +=  // what turns the input into FP8
      static_cast<std::uint32_t>(std::count_if(launched.begin(), launched.end(), in_fp8));
}

void Predictor::add_attention(const graph::Node& node, double n_sequences, double rows_each,
                              double n_past, StepPrediction& step) {
  const auto& p = node.params.as<forge_attention_params_v1>();
  const forge_state_v1& state = graph_.states[node.state];
  // Positions that a row sees, on average, and that are read.
  double seen = n_past + (rows_each + 1) / 2;
  double read = n_past + rows_each;
  if (p.window != 0) {
    seen = std::min(seen, static_cast<double>(p.window));
    read = std::min(read, p.window + rows_each);
  }
  const double bits_k = device_bits(type_name(options_.type_k));
  const double bits_v = device_bits(type_name(options_.type_v));
  const double bytes =
      n_sequences * read * state.n_kv_heads * (p.head_dim_k * bits_k + p.head_dim_v * bits_v) / 8;
  // Matrix products in f16. One row of a sequence fills a tile's 16 columns as far as it has heads
  // that share keys; what is left empty is computed, too.
  const double group = static_cast<double>(p.n_heads) / p.n_kv_heads;
  const double columns = std::max(1.0, group * rows_each / 16) * 16 * n_sequences;
  const double products = columns * p.n_kv_heads * seen * (p.head_dim_k + p.head_dim_v);
  const double issue =
      products / 4096 * options_.card.f16_matrix_cycles() / options_.card.simd_cycles();
  add(step, "attention", bytes, issue);
  work_of(step, "attention").launches += 2;  // and what puts the parts together, or prepares heads
  step.launches += 2;
}

StepPrediction Predictor::step(std::uint32_t n_sequences, std::uint32_t rows_each,
                               std::uint32_t n_past) {
  StepPrediction step;
  step.n_rows = n_sequences * rows_each;
  step.n_past = n_past;
  step.launches = kLaunchesOfStep + (graph_.info.n_vocab > kPickedAtOnce ? 2 : 1);
  if (rows_each > 1) step.launches += kLaunchesToSelect;
  for (const graph::Node& node : graph_.nodes) {
    if (node.op == FORGE_OP_LINEAR) {
      const bool outputs = graph_.values[node.outputs[0]].rows == FORGE_ROWS_OUTPUTS;
      add_linear(node, outputs ? n_sequences : step.n_rows, step);
    } else if (node.op == FORGE_OP_ATTENTION) {
      add_attention(node, n_sequences, rows_each, n_past, step);
    } else if (node.op == FORGE_OP_MOE_EXPERTS) {
      add_experts(node, step.n_rows, step);
    } else if (node.op == FORGE_OP_DELTA_RULE) {
      notes_.insert(fmt::format("the packs do not have {}: the processor would do it",
                                graph::op_name(node.op)));
    }
  }
  std::sort(step.work.begin(), step.work.end(),
            [](const Work& a, const Work& b) { return a.limit_seconds > b.limit_seconds; });
  return step;
}

}  // namespace

double device_bits(std::string_view type) {
  for (const TypeBits& known : kDeviceBits) {
    if (known.name == type) return known.bits;
  }
  return 0;
}

Result<Prediction> predict(const graph::Graph& graph, const PredictionOptions& options,
                           const KernelTable& kernels) {
  for (const std::uint32_t type : {options.type_k, options.type_v}) {
    if (type != FORGE_TYPE_F16 && type != FORGE_TYPE_Q8_0) {
      return invalid_argument(fmt::format(
          "the packs for GPUs keep keys and values in f16 or q8_0, not {}", type_name(type)));
    }
  }
  Prediction prediction;
  prediction.n_ctx = options.n_ctx != 0 ? options.n_ctx : graph.info.n_ctx_train;
  if (prediction.n_ctx == 0)
    return invalid_argument(
        "the file does not say what context the model was trained with; say one");
  Predictor predictor(graph, options, kernels);
  prediction.memory = predictor.memory(prediction.n_ctx);
  prediction.prompt = predictor.step(1, std::min(options.n_batch, prediction.n_ctx), 0);
  prediction.answer_first =
      predictor.step(options.n_sequences, 1, std::min(kEarly, prediction.n_ctx / 2));
  prediction.answer_last = predictor.step(options.n_sequences, 1, prediction.n_ctx - 1);
  prediction.notes = predictor.notes();
  return prediction;
}

}  // namespace forge::plan
