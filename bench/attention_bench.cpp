// bench/attention_bench.cpp: attention alone, as a kernel pack of this build runs it.
//
// Usage: attention_bench PACK K_TYPE V_TYPE [HEADS KV_HEADS HEAD_DIM [THREADS [DEPTH ...]]]
//   as in: attention_bench cpu-avx2 q8_0 q8_0 16 8 128 2 0 2048 8192
// Eight layers with a state each, so that the KV of a deep sequence does not stay in caches. For
// each depth (positions that are there already): one row, as when an answer is written, and 128
// rows, as of a prompt. Prints milliseconds a layer, GB/s of KV read (once for all rows) and 10^9
// products a second; the fastest of several runs, which others on the machine disturb least, and the
// median of their times.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "core/conformance/case.hpp"
#include "core/device/survey.hpp"
#include "core/graph/pack_device.hpp"
#include "core/plugin/discovery.hpp"
#include "core/plugin/loader.hpp"
#include "forge/sdk/graph.hpp"

namespace forge {
namespace {

constexpr std::uint32_t kLayers = 8;
constexpr std::uint32_t kPrompt = 128;

struct Setting {
  std::string pack, k_type, v_type;
  std::uint32_t n_heads = 16, n_kv_heads = 8, head_dim = 128, n_threads = 1;
  std::vector<std::uint32_t> depths = {};
};

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "error: {}\n", message);
  std::exit(1);
}

void require(const Status& status) {
  if (!status.ok()) fail(status.message());
}
template <class T>
T require(Result<T> result) {
  require(result.status());
  return std::move(result).value();
}

conformance::Case layers(const Setting& s) {
  const auto type = [](const std::string& name) {
    return require(process_codecs().view().find(std::string_view(name)))->type;
  };
  conformance::CaseBuilder b(FORGE_OP_ATTENTION, s.k_type, "bench");
  forge_attention_params_v1 p = {};
  p.struct_size = sizeof(p);
  p.n_heads = s.n_heads;
  p.n_kv_heads = s.n_kv_heads;
  p.head_dim_k = p.head_dim_v = s.head_dim;
  p.scale = 0.05f;
  const std::uint32_t q = b.input(s.n_heads * s.head_dim);
  const std::uint32_t k = b.input(s.n_kv_heads * s.head_dim);
  const std::uint32_t v = b.input(s.n_kv_heads * s.head_dim);
  for (std::uint32_t i = 0; i < kLayers; ++i)
    b.node(FORGE_OP_ATTENTION, {q, k, v}, {b.output(s.n_heads * s.head_dim)}, {FORGE_NONE}, p,
           b.kv_state(p, type(s.k_type), type(s.v_type)));
  return require(b.finish());
}

// One sequence on an opened pack. Inputs are the same in every batch.
class Bench {
 public:
  Bench(const graph::PackDevice& device, const conformance::Case& c, std::uint32_t n_positions)
      : pack_(device.record()), case_(c), view_(c.graph), blocks_(sdk::blocks_for(n_positions)) {
    forge_plan_options_v1 options = {sizeof(options), kPrompt, kPrompt, 1};
    memory_.struct_size = sizeof(memory_);
    check(pack_.plan_memory(device.handle(), view_.get(), &options, &memory_, &message_));
    check(pack_.plan_compile(device.handle(), view_.get(), &options, nullptr, &plan_, &message_));
    std::iota(blocks_.begin(), blocks_.end(), 0u);
    const auto n = static_cast<std::uint32_t>(blocks_.size());
    check(pack_.state_create(plan_, n, 1, &state_, &message_));
    for (const auto* list : {&case_.graph.inputs, &case_.graph.outputs}) {
      for (const std::uint32_t value : *list) {
        conformance::Random random(value);
        data_.emplace_back(std::size_t{case_.graph.values[value].width} * kPrompt);
        for (float& f : data_.back()) f = random.uniform();
      }
    }
    // All blocks like the first.
    for (std::uint32_t i = 0; i < FORGE_KV_BLOCK_TOKENS; ++i) run(i, 1);
    std::vector<std::byte> bytes(memory_.state_per_block);
    check(pack_.state_read_blocks(state_, blocks_.data(), 1, bytes.data(), &message_));
    for (const std::uint32_t& block : blocks_)
      check(pack_.state_write_blocks(state_, &block, 1, bytes.data(), &message_));
  }
  ~Bench() {
    if (state_ != nullptr) pack_.state_destroy(state_);
    if (plan_ != nullptr) pack_.plan_destroy(plan_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::uint64_t bytes_per_position() const {
    return memory_.state_per_block / FORGE_KV_BLOCK_TOKENS;
  }

  // Seconds of one batch of n rows after n_past positions.
  double run(std::uint32_t n_past, std::uint32_t n) {
    forge_sequence_v1 sequence = {};
    sequence.struct_size = sizeof(sequence);
    sequence.n_rows = n;
    sequence.n_past = n_past;
    sequence.slot = FORGE_NONE;
    sequence.n_blocks = sdk::blocks_for(n_past + n);
    sequence.blocks = blocks_.data();
    const forge_sequence_v1* sequences = &sequence;
    const std::vector<std::int32_t> tokens(n);
    std::vector<forge_buffer_v1> buffers;
    std::vector<const forge_buffer_v1*> pointers;
    for (const auto* list : {&case_.graph.inputs, &case_.graph.outputs}) {
      for (const std::uint32_t value : *list) {
        std::vector<float>& data = data_[buffers.size()];
        buffers.push_back({sizeof(forge_buffer_v1), value, data.data(),
                           std::uint64_t{n} * case_.graph.values[value].width * sizeof(float)});
      }
    }
    for (const forge_buffer_v1& buffer : buffers) pointers.push_back(&buffer);
    forge_batch_v1 batch = {};
    batch.struct_size = sizeof(batch);
    batch.n_rows = n;
    batch.tokens = batch.positions = tokens.data();
    batch.pos_dims = 1;
    batch.n_sequences = 1;
    batch.sequences = &sequences;
    batch.n_buffers = static_cast<std::uint32_t>(buffers.size());
    batch.buffers = pointers.data();
    const auto start = std::chrono::steady_clock::now();
    check(pack_.execute(plan_, state_, &batch, &message_));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  void check(forge_status status) { require(from_abi(status, message_)); }

  const forge_plugin_kernel_pack_v1& pack_;
  const conformance::Case& case_;
  const graph::GraphView view_;
  std::vector<std::uint32_t> blocks_;
  forge_message message_;
  forge_plan_memory_v1 memory_ = {};
  forge_pack_plan* plan_ = nullptr;
  forge_pack_state* state_ = nullptr;
  std::vector<std::vector<float>> data_;  // of inputs, then outputs
};

void measure(Bench& bench, const Setting& s, std::uint32_t depth, std::uint32_t rows) {
  constexpr double kSeconds = 0.5;  // for each line, at least three runs
  std::vector<double> times;
  double sum = 0;
  bench.run(depth, rows);
  while (times.size() < 3 || (sum < kSeconds && times.size() < 1000)) {
    times.push_back(bench.run(depth, rows) / kLayers);
    sum += times.back() * kLayers;
  }
  std::sort(times.begin(), times.end());
  const double best = times.front();
  const double median = times[times.size() / 2];
  const double positions = depth + rows;
  const double seen = rows * (depth + (rows + 1) / 2.0);  // positions, over all rows
  fmt::print("{:>8} {:>5} {:>9.4f} {:>9.4f} {:>8.2f} {:>8.1f}\n", depth, rows, median * 1e3,
             best * 1e3,
             positions * static_cast<double>(bench.bytes_per_position()) / kLayers / best * 1e-9,
             seen * s.n_heads * 2 * s.head_dim / best * 1e-9);
}

void run(const Setting& s) {
  const std::filesystem::path build = FORGE_BUILD_DIR;
  CodecRegistry& codecs = process_codecs();
  plugin::PluginOptions options;
  options.probe_program = build / "bin" / "rocmforge-probe";
  options.cache_directory = build / "bench" / "probe-cache";
  plugin::Selection selection = plugin::select(
      plugin::discover({{build / "plugins", "build tree"}}), device::survey({}), options);
  plugin::Loader loader(options, codecs);
  require(loader.load(selection, s.pack));
  graph::DeviceOptions device;
  device.n_threads = s.n_threads;
  const auto opened =
      require(graph::PackDevice::open(s.pack, *loader.view().kernel_pack(s.pack)->pack, device));
  const conformance::Case c = layers(s);
  const std::uint32_t deepest = *std::max_element(s.depths.begin(), s.depths.end());
  Bench bench(*opened, c, deepest + kPrompt);
  fmt::print("{}, K {}, V {}, {}/{} heads of {}, {} threads\n", s.pack, s.k_type, s.v_type,
             s.n_heads, s.n_kv_heads, s.head_dim, s.n_threads);
  fmt::print("   depth  rows  ms/layer      best     GB/s    GOP/s\n");
  for (const std::uint32_t depth : s.depths) {
    measure(bench, s, depth, 1);
    measure(bench, s, depth, kPrompt);
  }
}

}  // namespace
}  // namespace forge

int main(int argc, char** argv) {
  if (argc < 4) forge::fail("see the head of bench/attention_bench.cpp");
  forge::Setting s{.pack = argv[1], .k_type = argv[2], .v_type = argv[3]};
  const auto number = [&](int i, std::uint32_t otherwise) {
    return argc > i ? static_cast<std::uint32_t>(std::max(0, std::atoi(argv[i]))) : otherwise;
  };
  s.n_heads = number(4, s.n_heads);
  s.n_kv_heads = number(5, s.n_kv_heads);
  s.head_dim = number(6, s.head_dim);
  s.n_threads = number(7, s.n_threads);
  for (int i = 8; i < argc; ++i) s.depths.push_back(number(i, 0));
  if (s.depths.empty()) s.depths = {0, 2048, 8192};
  forge::run(s);
}
