// rocmforge conformance: a kernel pack against the reference executor.
#include "core/conformance/suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/codec/host_codecs.hpp"
#include "core/plugin/loader.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"
#include "host/gpu_policy.hpp"
#include "host/plugin_setup.hpp"

namespace forge::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ConformanceOptions {
  std::string pack;
  conformance::SuiteOptions suite;
  bool json = false;
};

// Several threads whatever the machine has: more than one even where there is one core.
constexpr std::uint32_t kThreads = 3;

std::string names_of(const plugin::PluginView& plugins) {
  std::string names;
  for (const plugin::RegisteredPack& pack : plugins.kernel_packs())
    names += (names.empty() ? "" : ", ") + pack.id;
  return names.empty() ? "none" : names;
}

Result<std::shared_ptr<graph::PackDevice>> open(const plugin::RegisteredPack& pack,
                                                const safety::Admission* admission,
                                                const Config& config, std::uint32_t n_threads) {
  const plugin::PackDevice& device = pack.devices.front();
  graph::DeviceOptions options;
  options.key = device.key;
  options.name = device.name;
  options.processor = device.processor;
  options.data_directory = pack.directory.string();
  options.n_threads = n_threads;
  options.prompts = graph::prompt_type_named(config.device.prompt_type);
  if (admission != nullptr) options.memory_budget = admission->budget.bytes;
  return graph::PackDevice::open(pack.id, *pack.pack, options);
}

std::string outcome(const conformance::Line& line) {
  if (line.n_failed != 0) return "FAILED";
  return line.n_ok != 0 ? "ok" : "not supported";
}

std::string note(const conformance::Line& line) {
  if (line.n_unsupported == 0) return {};
  if (line.n_ok + line.n_failed == 0) return line.reason;
  return fmt::format("{} not supported: {}", line.n_unsupported, line.reason);
}

void print_text(const conformance::Report& report, const std::string& pack) {
  Table table({{"op"},
               {"type"},
               {"result"},
               {"cases", Table::Align::kRight},
               {"error", Table::Align::kRight},
               {"note"}});
  for (const conformance::Line& line : report.lines) {
    const bool ran = line.n_ok + line.n_failed != 0;
    table.add_row({line.op, line.type, outcome(line),
                   ran ? fmt::format("{}/{}", line.n_ok, line.n_ok + line.n_failed) : "",
                   ran ? fmt::format("{:.3f}", line.worst) : "", note(line)});
  }
  fmt::print("{}\n", table.text());
  for (const conformance::Line& line : report.lines) {
    for (const conformance::Failure& failure : line.failures)
      fmt::print("FAILED {} {}, {}: {}\n", line.op, line.type, failure.shape, failure.what);
  }
  fmt::print(
      "{}: {} cases right, {} wrong, {} not supported. error: the largest one, in units of what "
      "rounding may do\n",
      pack, report.n_ok(), report.n_failed(), report.n_unsupported());
}

void print_json(const conformance::Report& report, const ConformanceOptions& options) {
  Json out = {{"pack", options.pack},
              {"seed", options.suite.seed},
              {"ok", report.n_ok()},
              {"failed", report.n_failed()},
              {"not_supported", report.n_unsupported()},
              {"lines", Json::array()}};
  for (const conformance::Line& line : report.lines) {
    Json one = {{"op", line.op},
                {"type", line.type},
                {"result", outcome(line)},
                {"ok", line.n_ok},
                {"failed", line.n_failed},
                {"not_supported", line.n_unsupported},
                {"error", line.worst},
                {"reason", line.reason.empty() ? Json(nullptr) : Json(line.reason)},
                {"failures", Json::array()}};
    for (const conformance::Failure& failure : line.failures)
      one["failures"].push_back({{"shape", failure.shape}, {"what", failure.what}});
    out["lines"].push_back(std::move(one));
  }
  fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
}

Status conform(const ConformanceOptions& options, const Program& program) {
  if (options.pack == "reference")
    return invalid_argument(
        "'reference' is what packs are compared with; compared with itself it is always right. "
        "Name a kernel pack: 'rocmforge plugins' lists them");
  const Interrupt interrupt;
  PluginSetup setup = set_up_plugins(program.config());
  safety::Gate gate(gate_options(program.config(), "rocmforge conformance"), setup.survey);
  plugin::Loader loader(setup.options, process_codecs());
  loader.set_gpu_gate([&](plugin::Selection& all, std::string_view id) {
    if (id == options.pack) return gate.admit(all, id);
    return failed_precondition(fmt::format("'{}' was asked for", options.pack));
  });
  loader.load_chosen(setup.selection);  // also codecs, whose types are tried too
  FORGE_TRY(loader.load(setup.selection, options.pack));
  const plugin::RegisteredPack* pack = loader.view().kernel_pack(options.pack);
  if (pack == nullptr)
    return invalid_argument(fmt::format("plugin '{}' is not a kernel pack; these are loaded: {}",
                                        options.pack, names_of(loader.view())));
  const auto configured = static_cast<std::uint32_t>(program.config().threads.count);
  FORGE_ASSIGN(const auto one, open(*pack, gate.admission(pack->id), program.config(), 1));
  FORGE_ASSIGN(const auto many, open(*pack, gate.admission(pack->id), program.config(),
                                     configured > 1 ? configured : kThreads));
  Progress bar("Checking", {.unit = Unit::kCount, .quiet = program.quiet()});
  conformance::SuiteOptions suite = options.suite;
  suite.prompts = graph::prompt_type_named(program.config().device.prompt_type);
  suite.progress = [&](std::size_t done, std::size_t total) {
    bar.update(done, total);
    return !Interrupt::requested();
  };
  FORGE_ASSIGN(const conformance::Report report, conformance::run_suite(*one, *many, suite));
  bar.finish();
  if (options.json) {
    print_json(report, options);
  } else {
    print_text(report, options.pack);
  }
  if (report.n_failed() == 0) return {};
  return data_loss(fmt::format("{} of {} cases are wrong on '{}'", report.n_failed(),
                               report.n_failed() + report.n_ok(), options.pack));
}

}  // namespace

void add_conformance(CLI::App& app, Program& program) {
  auto options = std::make_shared<ConformanceOptions>();
  CLI::App* command = app.add_subcommand(
      "conformance", "Checks every op and type of a kernel pack against the reference executor");
  command->group(kMeasureCommands);
  command->add_option("id", options->pack, "The pack's id; 'rocmforge plugins' lists them")
      ->type_name("PACK")
      ->required();
  command->add_option("--op", options->suite.op, "This op only: linear, attention, ...")
      ->type_name("OP");
  command
      ->add_option("--type", options->suite.type,
                   "This type of weights or KV state only: q4_k, f16, ...")
      ->type_name("TYPE");
  command->add_option("--seed", options->suite.seed, "Other numbers in the same shapes")
      ->type_name("N");
  command->add_flag("--json", options->json, "Print one JSON object");
  program.add_config_options(*command, {"threads.count", "device", "plugins"});
  add_examples(*command, {{"Everything a pack does", "rocmforge conformance cpu-avx2"},
                          {"One kernel, with other numbers",
                           "rocmforge conformance cpu-avx512 --op linear --type q4_k --seed 7"},
                          {"A pack of your own, for scripts",
                           "rocmforge conformance my-pack --plugin-path build/plugins --json"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return conform(*options, program); });
  });
}

}  // namespace forge::cli
