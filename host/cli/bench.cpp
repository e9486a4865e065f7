// rocmforge bench: how fast a model runs on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/atomic_file.hpp"
#include "core/codec/host_codecs.hpp"
#include "host/bench/measure.hpp"
#include "host/bench/synthetic_model.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"
#include "host/cli/version.hpp"
#include "host/model_runtime.hpp"

namespace forge::cli {
namespace {

using Json = nlohmann::ordered_json;
using bench::Measurement;
using bench::Test;

struct Options {
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
};

// The measurements of one number of threads.
struct Run {
  std::uint32_t threads = 0;
  std::string pack;
  std::vector<Measurement> measurements;
  std::vector<graph::Counter> counters;
};

std::vector<Test> tests_of(const Options& options) {
  std::vector<Test> tests;
  for (const std::uint32_t depth : options.depths) {
    for (const std::uint32_t n : options.prompts) {
      if (n != 0) tests.push_back({Test::Kind::kPrompt, n, 1, depth});
    }
    for (const std::uint32_t sequences : options.sequences) {
      for (const std::uint32_t n : options.answers) {
        if (n != 0) tests.push_back({Test::Kind::kAnswer, n, sequences, depth});
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

std::uint64_t weight_bytes(const engine::Model& model) {
  std::uint64_t sum = 0;
  for (const forge_tensor_v1& weight : model.graph().weights) sum += weight.n_bytes;
  return sum;
}

// Bytes of weights that one step of an answer reads: all but the embedding table, unless that is
// the output matrix too.
std::uint64_t bytes_per_step(const engine::Model& model) {
  std::uint64_t sum = 0;
  bool has_output = false;
  std::uint64_t embedding = 0;
  for (const forge_tensor_v1& weight : model.graph().weights) {
    const std::string_view name(weight.name.data, weight.name.size);
    if (name == "output.weight") has_output = true;
    if (name == "token_embd.weight") embedding = weight.n_bytes;
    sum += weight.n_bytes;
  }
  return has_output ? sum - embedding : sum;
}

Result<Run> run_threads(ModelRuntime& runtime, const Options& options, const Config& config,
                        std::uint32_t threads, const Program& program) {
  const std::vector<Test> tests = tests_of(options);
  RuntimeOptions runtime_options;
  runtime_options.threads = threads;
  runtime_options.pack = options.pack;
  runtime_options.profile = options.profile;
  runtime_options.quiet = program.quiet();
  runtime_options.n_ctx = positions_needed(tests);
  runtime_options.n_sequences =
      *std::max_element(options.sequences.begin(), options.sequences.end());
  FORGE_TRY(runtime.load(config, runtime_options));
  Run run = {threads, runtime.pack_id(), {}, {}};
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
  return run;
}

std::string rate(double tokens_per_second) {
  return fmt::format("{:.{}f}", tokens_per_second, tokens_per_second < 100 ? 2 : 1);
}

Table results(const engine::Model& model, const std::vector<Run>& runs) {
  using Align = Table::Align;
  Table table({{"model"},
               {"size", Align::kRight},
               {"pack"},
               {"threads", Align::kRight},
               {"test"},
               {"tok/s", Align::kRight},
               {"range", Align::kRight},
               {"spread", Align::kRight},
               {"weights GB/s", Align::kRight}});
  for (const Run& run : runs) {
    for (const Measurement& m : run.measurements) {
      const double steps = m.median() / m.test.n_sequences;
      table.add_row(
          {model.name(), format_bytes(weight_bytes(model)), run.pack, std::to_string(run.threads),
           m.test.name(), rate(m.median()), rate(m.slowest()) + " - " + rate(m.fastest()),
           fmt::format("{:.1f} %", m.spread() * 100),
           m.test.kind == Test::Kind::kAnswer
               ? fmt::format("{:.1f}", steps * static_cast<double>(bytes_per_step(model)) * 1e-9)
               : ""});
    }
  }
  return table;
}

// Where the time went: the counters of all nodes, summed by kernel.
Table profile(const Run& run) {
  struct Sum {
    std::uint64_t calls = 0, nanoseconds = 0, bytes = 0, operations = 0;
  };
  std::map<std::string, Sum> sums;
  double total = 0;
  for (const graph::Counter& counter : run.counters) {
    Sum& sum = sums[counter.kernel];
    sum.calls += counter.calls;
    sum.nanoseconds += counter.nanoseconds;
    sum.bytes += counter.bytes;
    sum.operations += counter.operations;
    total += static_cast<double>(counter.nanoseconds);
  }
  std::vector<std::pair<std::string, Sum>> sorted(sums.begin(), sums.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.nanoseconds > b.second.nanoseconds;
  });
  using Align = Table::Align;
  Table table({{"kernel"},
               {"calls", Align::kRight},
               {"ms", Align::kRight},
               {"share", Align::kRight},
               {"GB/s", Align::kRight},
               {"GOP/s", Align::kRight}});
  for (const auto& [kernel, sum] : sorted) {
    const double ns = std::max(1.0, static_cast<double>(sum.nanoseconds));
    table.add_row({kernel, std::to_string(sum.calls), fmt::format("{:.1f}", ns * 1e-6),
                   fmt::format("{:.1f} %", 100 * ns / std::max(1.0, total)),
                   fmt::format("{:.1f}", static_cast<double>(sum.bytes) / ns),
                   fmt::format("{:.1f}", static_cast<double>(sum.operations) / ns)});
  }
  return table;
}

Json json_of(const engine::Model& model, const std::vector<Run>& runs, const std::string& cpu) {
  Json results = Json::array();
  for (const Run& run : runs) {
    for (const Measurement& m : run.measurements) {
      results.push_back({{"test", m.test.name()},
                         {"kind", m.test.kind == Test::Kind::kPrompt ? "pp" : "tg"},
                         {"n_tokens", m.test.n_tokens},
                         {"n_sequences", m.test.n_sequences},
                         {"depth", m.test.depth},
                         {"pack", run.pack},
                         {"threads", run.threads},
                         {"median", m.median()},
                         {"slowest", m.slowest()},
                         {"fastest", m.fastest()},
                         {"rates", m.rates}});
    }
  }
  return {{"version", version()},
          {"cpu", cpu},
          {"model", model.name()},
          {"architecture", model.architecture()},
          {"weight_bytes", weight_bytes(model)},
          {"bytes_per_step", bytes_per_step(model)},
          {"results", std::move(results)}};
}

void print(const Options& options, const engine::Model& model, const std::vector<Run>& runs,
           const std::string& cpu) {
  if (options.format == "json") {
    fmt::print("{}\n", json_of(model, runs, cpu).dump(2));
    return;
  }
  const bool markdown = options.format == "markdown";
  const auto show = [&](const Table& table) {
    fmt::print("{}", markdown ? table.markdown() : table.text());
  };
  show(results(model, runs));
  if (!options.profile) return;
  for (const Run& run : runs) {
    fmt::print("\n{} threads, all tests together:\n\n", run.threads);
    show(profile(run));
  }
}

Status check(const Options& options) {
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

Status run_bench(const Options& options, const Program& program) {
  FORGE_TRY(check(options));
  const Interrupt interrupt;
  const Config& config = program.config();
  std::unique_ptr<bench::SyntheticModel>
      synthetic;  // outlives the runtime, which reads its weights
  FORGE_ASSIGN(auto runtime, ModelRuntime::create(config, "rocmforge bench", options.pack));
  if (options.synthetic.empty()) {
    FORGE_TRY(runtime->open_model(config));
  } else {
    FORGE_ASSIGN(synthetic,
                 bench::SyntheticModel::create(options.synthetic, process_codecs().view()));
    if (!options.write.empty()) return write_model(*synthetic, options.write);
    FORGE_ASSIGN(auto model, engine::Model::from_memory(synthetic->bytes(), synthetic->name(),
                                                        runtime->plugins()));
    runtime->use_model(std::move(model));
  }
  std::vector<std::uint32_t> threads = options.threads;
  if (threads.empty()) threads = {runtime->setup().survey.cpu.recommended_threads()};
  std::vector<Run> runs;
  for (const std::uint32_t n : threads) {
    FORGE_ASSIGN(Run run, run_threads(*runtime, options, config, n, program));
    runs.push_back(std::move(run));
  }
  print(options, *runtime->model(), runs, runtime->setup().survey.cpu.name);
  return {};
}

}  // namespace

void add_bench(CLI::App& app, Program& program) {
  auto options = std::make_shared<Options>();
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
  program.add_config_options(*command,
                             {"model", "context.batch", "threads.pin", "device", "plugins"});
  add_examples(*command,
               {{"The demo model", "rocmforge bench"},
                {"Known shapes, without a download",
                 "rocmforge bench --synthetic qwen2.5-7b:Q4_0 -p 128,512 -n 64 -t 1,2"},
                {"Long contexts, several users",
                 "rocmforge bench -m model.gguf -p 0 -n 64 -d 0,8192 --parallel 1,4"},
                {"For a document or a script", "rocmforge bench -m model.gguf --format json"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return run_bench(*options, program); });
  });
}

}  // namespace forge::cli
