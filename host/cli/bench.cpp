// rocmforge bench: how fast a model runs on this machine.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/atomic_file.hpp"
#include "core/codec/host_codecs.hpp"
#include "host/bench/measure.hpp"
#include "host/bench/peer.hpp"
#include "host/bench/synthetic_model.hpp"
#include "host/bench/trace.hpp"
#include "host/cli/bench_report.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"
#include "host/model_runtime.hpp"

namespace forge::cli {
namespace {

using bench::Measurement;
using bench::Peer;
using bench::Test;

struct BenchOptions {
  std::string synthetic;
  std::string write;
  std::vector<std::uint32_t> prompts = {512};
  std::vector<std::uint32_t> answers = {64};
  std::vector<std::uint32_t> threads;
  std::vector<std::uint32_t> depths = {0};
  std::vector<std::uint32_t> sequences = {1};
  std::uint32_t repetitions = 5;
  std::string pack;
  std::string format = "table";
  bool profile = false;
  std::vector<std::string> compare;
  std::string trace;
  bool roofline = false;
  bool launches = false;
  std::string sampling = "default";

  // One step of each test by itself.
  bool wants_steps() const { return roofline || launches || !trace.empty(); }
  bool wants_profile() const { return profile || roofline || !trace.empty(); }
};

engine::SamplingParams sampling_of(const std::string& name) {
  engine::SamplingParams params;
  if (name == "greedy") params.temperature = 0;
  if (name == "top-p" || name == "open") {
    params.top_k = 0;
    params.min_p = 0;
  }
  if (name == "open") params.top_p = 1;
  params.logprobs = name == "logits";
  return params;
}

std::vector<Test> tests_of(const BenchOptions& options) {
  std::vector<Test> tests;
  for (const std::uint32_t depth : options.depths) {
    for (const std::uint32_t n : options.prompts) {
      if (n != 0) tests.push_back({Test::Kind::kPrompt, n, 1, depth});
    }
    for (const std::uint32_t sequences : options.sequences) {
      for (const std::uint32_t n : options.answers) {
        if (n != 0)
          tests.push_back(
              {Test::Kind::kAnswer, n, sequences, depth, sampling_of(options.sampling)});
      }
    }
  }
  return tests;
}

std::uint32_t positions_needed(const std::vector<Test>& tests) {
  std::uint32_t most = 0;
  for (const Test& test : tests) most = std::max(most, test.depth + test.n_tokens);
  return most;
}

Result<BenchRun> run_threads(ModelRuntime& runtime, const BenchOptions& options,
                             const Config& config, std::uint32_t threads, const Program& program) {
  const std::vector<Test> tests = tests_of(options);
  RuntimeOptions runtime_options;
  runtime_options.threads = threads;
  runtime_options.pack = options.pack;
  runtime_options.profile = options.wants_profile();
  runtime_options.quiet = program.quiet();
  runtime_options.n_ctx = positions_needed(tests);
  runtime_options.n_sequences =
      *std::max_element(options.sequences.begin(), options.sequences.end());
  FORGE_TRY(runtime.load(config, runtime_options));
  BenchRun run;
  run.threads = threads;
  run.pack = runtime.pack_id();
  run.k_type = config.device.k_type;
  run.v_type = config.device.v_type;
  if (options.roofline) {
    FORGE_ASSIGN(run.limits, runtime.measure_limits());
  }
  Progress bar("Measuring", {.unit = Unit::kCount, .quiet = program.quiet()});
  const std::uint64_t total = tests.size() * options.repetitions;
  std::uint64_t done = 0;
  for (const Test& test : tests) {
    FORGE_ASSIGN(Measurement m, bench::measure(runtime.engine(), test, options.repetitions, [&] {
                   bar.update(done++, total);
                   return Interrupt::check();
                 }));
    run.measurements.push_back(std::move(m));
  }
  if (options.profile) run.counters = runtime.engine().plan().counters();
  if (options.wants_steps()) {
    for (const Test& test : tests) {
      FORGE_ASSIGN(auto counters, bench::trace_step(runtime.engine(), test));
      run.traced.push_back(
          {fmt::format("{}, {} threads", test.name(), threads), std::move(counters)});
    }
  }
  return run;
}

// Each engine twice in turn, so that a machine that gets slower or faster does so for all.
constexpr int kRounds = 2;

void add_rates(std::vector<Measurement>& to, const std::vector<Measurement>& from) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i].rates.insert(to[i].rates.end(), from[i].rates.begin(), from[i].rates.end());
}

Result<BenchRun> compare_threads(ModelRuntime& runtime, const BenchOptions& options,
                                 const Config& config, std::uint32_t threads,
                                 const std::vector<Peer>& peers, const std::string& model_file,
                                 const Program& program) {
  BenchRun run;
  for (int round = 0; round < kRounds; ++round) {
    FORGE_ASSIGN(BenchRun own, run_threads(runtime, options, config, threads, program));
    runtime.unload();  // the peers need the memory
    std::vector<std::vector<Measurement>> others;
    for (const Peer& peer : peers) {
      FORGE_TRY(Interrupt::check());
      Progress note("Measuring " + peer.name, {.unit = Unit::kCount, .quiet = program.quiet()});
      note.update(0, 0);
      FORGE_ASSIGN(auto measured, bench::measure_peer(peer, model_file, threads, tests_of(options),
                                                      options.repetitions));
      others.push_back(std::move(measured));
    }
    if (round == 0) {
      run = std::move(own);
      run.of_peers = std::move(others);
      continue;
    }
    add_rates(run.measurements, own.measurements);
    for (std::size_t i = 0; i < others.size(); ++i) add_rates(run.of_peers[i], others[i]);
  }
  return run;
}

void print(const BenchOptions& options, const engine::Model& model,
           const std::vector<BenchRun>& runs, const std::vector<Peer>& peers,
           const std::string& cpu) {
  if (options.format == "json") {
    fmt::print("{}\n", bench_json(model, runs, peers, cpu));
    return;
  }
  const bool markdown = options.format == "markdown";
  const auto show = [&](const Table& table) {
    fmt::print("{}", markdown ? table.markdown() : table.text());
  };
  show(peers.empty() ? bench_results(model, runs) : bench_comparison(model, runs, peers));
  for (const BenchRun& run : runs) {
    if (options.profile) {
      fmt::print("\n{} threads, all tests together:\n\n", run.threads);
      show(bench_profile(run));
    }
    if (options.launches) {
      fmt::print("\n{}:\n\n", run.pack);
      show(bench_launches(model, run));
    }
    if (options.roofline) {
      fmt::print(
          "\n{} threads, one step of each test; limits measured in this run: {:.1f} GB/s "
          "read, {:.1f} GMAC/s int8, {:.1f} GMAC/s f32{}:\n\n",
          run.threads, run.limits.read_bytes * 1e-9, run.limits.int8_macs * 1e-9,
          run.limits.f32_macs * 1e-9,
          run.limits.bf16_macs == 0
              ? ""
              : fmt::format(", {:.1f} GMAC/s bf16", run.limits.bf16_macs * 1e-9));
      show(bench_roofline(run));
    }
  }
}

Status check(const BenchOptions& options) {
  const auto has_zero = [](const std::vector<std::uint32_t>& v) {
    return v.empty() || std::find(v.begin(), v.end(), 0u) != v.end();
  };
  if (options.repetitions == 0 || has_zero(options.sequences))
    return invalid_argument("repetitions and sequences must be at least 1");
  if (!options.threads.empty() && has_zero(options.threads))
    return invalid_argument("a number of threads must be at least 1");
  if (!options.write.empty() && options.synthetic.empty())
    return invalid_argument("--write goes with --synthetic");
  if (tests_of(options).empty())
    return invalid_argument("nothing to measure: both -p and -n are 0");
  return {};
}

Status write_model(const bench::SyntheticModel& model, const std::string& path) {
  FORGE_ASSIGN(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::kRefuse));
  FORGE_TRY(file.reserve(model.bytes().size()));
  FORGE_TRY(file.write(model.bytes()));
  return file.commit();
}

Result<std::vector<Peer>> peers_of(const BenchOptions& options) {
  std::vector<Peer> peers;
  for (const std::string& text : options.compare) {
    FORGE_ASSIGN(Peer peer, Peer::parse(text));
    peers.push_back(std::move(peer));
  }
  return peers;
}

Status write_trace(const std::string& path, const std::vector<BenchRun>& runs) {
  std::vector<bench::TracedStep> steps;
  for (const BenchRun& run : runs) steps.insert(steps.end(), run.traced.begin(), run.traced.end());
  FORGE_ASSIGN(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::kReplace));
  const std::string json = bench::chrome_trace(steps);
  FORGE_TRY(file.write(std::as_bytes(std::span(json))));
  return file.commit();
}

// A generated model as a file that the peers can read, gone afterwards.
class TemporaryModel {
 public:
  explicit TemporaryModel(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("rocmforge-bench-{}-{}.gguf", name, ::getpid())) {}
  ~TemporaryModel() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryModel(const TemporaryModel&) = delete;
  TemporaryModel& operator=(const TemporaryModel&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// The model to measure, and what must outlive the runtime that reads it.
struct BenchModel {
  std::unique_ptr<bench::SyntheticModel> synthetic;
  std::unique_ptr<TemporaryModel> file;
};

Result<BenchModel> open_model(const BenchOptions& options, Config& config, ModelRuntime& runtime) {
  BenchModel model;
  if (options.synthetic.empty()) {
    if (!options.compare.empty() && config.model.path.empty())
      return invalid_argument("--compare needs a model file (-m) or --synthetic");
    FORGE_TRY(runtime.open_model(config));
    return model;
  }
  FORGE_ASSIGN(model.synthetic,
               bench::SyntheticModel::create(options.synthetic, process_codecs().view()));
  if (options.compare.empty()) {
    FORGE_ASSIGN(auto opened,
                 engine::Model::from_memory(model.synthetic->bytes(), model.synthetic->name(),
                                            runtime.plugins()));
    runtime.use_model(std::move(opened));
    return model;
  }
  model.file = std::make_unique<TemporaryModel>("model");
  FORGE_TRY(write_model(*model.synthetic, model.file->path()));
  model.synthetic.reset();
  config.model.path = model.file->path();
  FORGE_TRY(runtime.open_model(config));
  return model;
}

Status run_bench(const BenchOptions& options, const Program& program) {
  FORGE_TRY(check(options));
  const Interrupt interrupt;
  Config config = program.config();
  FORGE_ASSIGN(const std::vector<Peer> peers, peers_of(options));
  if (!options.write.empty()) {
    FORGE_ASSIGN(const auto model,
                 bench::SyntheticModel::create(options.synthetic, process_codecs().view()));
    return write_model(*model, options.write);
  }
  BenchModel model;  // outlives the runtime
  FORGE_ASSIGN(auto runtime, ModelRuntime::create(config, "rocmforge bench", options.pack));
  FORGE_ASSIGN(model, open_model(options, config, *runtime));
  std::vector<std::uint32_t> threads = options.threads;
  if (threads.empty()) threads = {runtime->setup().survey.cpu.recommended_threads()};
  std::vector<BenchRun> runs;
  for (const std::uint32_t n : threads) {
    FORGE_ASSIGN(BenchRun run, peers.empty() ? run_threads(*runtime, options, config, n, program)
                                             : compare_threads(*runtime, options, config, n, peers,
                                                               config.model.path, program));
    runs.push_back(std::move(run));
  }
  print(options, *runtime->model(), runs, peers, runtime->setup().survey.cpu.name);
  if (!options.trace.empty()) FORGE_TRY(write_trace(options.trace, runs));
  return {};
}

}  // namespace

void add_bench(CLI::App& app, Program& program) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand(
      "bench", "Measures how fast a model reads prompts (pp) and writes answers (tg)");
  command->group(kMeasureCommands);
  const auto numbers = [&](const char* flags, std::vector<std::uint32_t>& out, const char* help) {
    command->add_option(flags, out, help)->type_name("N,N,...")->delimiter(',');
  };
  command
      ->add_option("--synthetic", options->synthetic,
                   "Instead of a file: a known shape with generated weights, SHAPE:TYPE, as in "
                   "qwen2.5-7b:Q4_0; a wrong shape lists all")
      ->type_name("SHAPE:TYPE");
  command
      ->add_option(
          "--write", options->write,
          "Write the generated model to this file, for other programs, and measure nothing")
      ->type_name("FILE");
  numbers("-p,--prompt", options->prompts, "Lengths of prompts to read; 0: none [512]");
  numbers("-n,--answer", options->answers, "Lengths of answers to write; 0: none [64]");
  numbers("-d,--depth", options->depths, "Positions that are there already, not timed [0]");
  numbers("--parallel", options->sequences, "Sequences that answer at the same time [1]");
  numbers("-t,--threads", options->threads, "Numbers of threads, one run each [one per core]");
  command->add_option("-r,--repetitions", options->repetitions, "Times to measure each [5]")
      ->type_name("N");
  command
      ->add_option("--with", options->pack,
                   "Kernel pack to run on by its id; 'reference' is the plain f32 executor")
      ->type_name("ID");
  command->add_option("--format", options->format, "How to print")
      ->type_name("table|markdown|json")
      ->check(CLI::IsMember({"table", "markdown", "json"}));
  command->add_flag("--profile", options->profile,
                    "Also where the time went, by kernel; costs a little speed");
  command->add_flag("--launches", options->launches,
                    "Also how many kernels one step of each test launches");
  command
      ->add_option("--sampling", options->sampling,
                   "What a pack that samples does for each token of an answer: draws from the "
                   "default chain's top 40, takes the best, draws by a top-p of 0.95 or by nothing "
                   "but a temperature, or brings all logits, as other packs always do [default]")
      ->type_name("default|greedy|top-p|open|logits")
      ->check(CLI::IsMember({"default", "greedy", "top-p", "open", "logits"}));
  command->add_flag("--roofline", options->roofline,
                    "The same beside what the device can do at most, measured first: bytes "
                    "read, multiply-adds, and the fraction reached");
  command
      ->add_option("--trace", options->trace,
                   "Write a timeline of one step of each test, for ui.perfetto.dev or "
                   "chrome://tracing; replaces the file")
      ->type_name("FILE");
  command
      ->add_option("--compare", options->compare,
                   "Also measure another engine on the same file, in turn: a llama-bench (of "
                   "llama.cpp or ik_llama.cpp) with any options; may be repeated")
      ->type_name("NAME=COMMAND");
  program.add_config_options(*command,
                             {"model", "context.batch", "threads.pin", "device", "plugins"});
  add_examples(*command,
               {{"The demo model", "rocmforge bench"},
                {"Known shapes, without a download",
                 "rocmforge bench --synthetic qwen2.5-7b:Q4_0 -p 128,512 -n 64 -t 1,2"},
                {"Long contexts, several users",
                 "rocmforge bench -m model.gguf -p 0 -n 64 -d 0,8192 --parallel 1,4"},
                {"Beside llama.cpp, with ratios",
                 "rocmforge bench -m model.gguf --compare 'llama.cpp=./llama-bench' --compare "
                 "'ik=./ik/llama-bench -rtr 1' --format markdown"},
                {"How near the device's limits", "rocmforge bench -m model.gguf --roofline"},
                {"For a document or a script", "rocmforge bench -m model.gguf --format json"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return run_bench(*options, program); });
  });
}

}  // namespace forge::cli
