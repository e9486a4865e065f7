// rocmforge plan: would a model fit on a card, and how fast could it be there? Nothing runs.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/quote.hpp"
#include "core/engine/model.hpp"
#include "host/cli/command.hpp"
#include "host/cli/numbers.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"
#include "host/model_runtime.hpp"
#include "host/plan/prediction.hpp"

namespace forge::cli {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;
using plan::Card;
using plan::Prediction;
using plan::StepPrediction;

struct PlanOptions {
  std::string model;
  std::string card;
  std::uint32_t context = 0;
  bool json = false;
};

struct PlannedCard {
  Card card;
  Prediction prediction;
};

std::string rate_text(double rate) { return fmt::format("{:.{}f}", rate, rate < 100 ? 1 : 0); }

// "fits, up to 61,440 positions"
std::string verdict(const Prediction& p) {
  if (p.memory.fits()) return "fits";
  if (p.memory.longest_context == 0) return "does not fit";
  return fmt::format("fits with at most {} positions", grouped(p.memory.longest_context));
}

constexpr const char* kWarning =
    "A prediction from data sheets and the kernels' machine code: nothing ran. 'at most' is what\n"
    "memory bandwidth and instruction issue allow; 'with launches' adds 3.6 us for each launch.\n";

Table overview(const std::vector<PlannedCard>& all) {
  Table table({{"card"},
               {"--device"},
               {"memory"},
               {"pp tok/s", Align::kRight},
               {"tg tok/s at most", Align::kRight},
               {"with launches", Align::kRight},
               {"at the end", Align::kRight}});
  for (const auto& [card, p] : all) {
    table.add_row({std::string(card.name), std::string(card.id), verdict(p),
                   rate_text(p.prompt.rate()), rate_text(p.answer_first.rate_limit()),
                   rate_text(p.answer_first.rate()), rate_text(p.answer_last.rate())});
  }
  return table;
}

void print_memory(const PlannedCard& planned, const PlanOptions& options, const Config& config) {
  const plan::MemoryPrediction& m = planned.prediction.memory;
  const std::uint64_t vram = std::uint64_t{planned.card.vram_gib} << 30;
  Table table({{"memory"}, {"", Align::kRight}});
  table.add_row({"weights", format_bytes(m.weights)});
  table.add_row(
      {fmt::format("KV cache, {} x {} positions, {}/{}", config.context.sequences,
                   grouped(planned.prediction.n_ctx), config.device.k_type, config.device.v_type),
       format_bytes(m.kv)});
  table.add_row({"a step's values, about", format_bytes(m.scratch)});
  table.add_row({"together", format_bytes(m.total)});
  table.add_row(
      {fmt::format("of {} - {} for the desktop", format_bytes(vram), format_bytes(vram - m.budget)),
       format_bytes(m.budget)});
  fmt::print("{}\n", table.text());
  if (!m.fits() && m.longest_context == 0) {
    fmt::print(
        "It does not fit: take a smaller type of weights, a shorter context (--ctx), or "
        "another card.\n\n");
  } else if (!m.fits()) {
    fmt::print("It does not fit; with --ctx {} it does{}.\n\n", m.longest_context,
               config.device.k_type == "f16" ? ", or try --k-type q8_0 --v-type q8_0" : "");
  } else {
    fmt::print("It fits{}.\n\n",
               options.context == 0 && m.longest_context > planned.prediction.n_ctx
                   ? fmt::format("; room for {} positions", grouped(m.longest_context))
                   : "");
  }
}

void print_speed(const Prediction& p) {
  Table table({{"speed, tok/s"},
               {"at most", Align::kRight},
               {"with launches", Align::kRight},
               {"launches", Align::kRight}});
  const auto row = [&table](std::string name, const StepPrediction& step) {
    table.add_row({std::move(name), rate_text(step.rate_limit()), rate_text(step.rate()),
                   std::to_string(step.launches)});
  };
  row(fmt::format("prompt, {} tokens at a time", p.prompt.n_rows), p.prompt);
  row(fmt::format("answer, at position {}", grouped(p.answer_first.n_past)), p.answer_first);
  row(fmt::format("answer, at position {}", grouped(p.answer_last.n_past)), p.answer_last);
  fmt::print("{}\n", table.text());
}

void print_work(const char* title, const StepPrediction& step) {
  Table table({{title},
               {"launches", Align::kRight},
               {"MB", Align::kRight},
               {"memory us", Align::kRight},
               {"issue us", Align::kRight},
               {"limit"}});
  for (const plan::Work& w : step.work) {
    table.add_row({w.kernel, std::to_string(w.launches), fmt::format("{:.1f}", w.bytes / 1e6),
                   fmt::format("{:.0f}", w.memory_seconds * 1e6),
                   fmt::format("{:.0f}", w.issue_seconds * 1e6),
                   w.memory_seconds > w.issue_seconds ? "memory" : "issue"});
  }
  fmt::print("{}\n", table.text());
}

Json step_json(const StepPrediction& step) {
  Json work = Json::array();
  for (const plan::Work& w : step.work) {
    work.push_back({{"kernel", w.kernel},
                    {"launches", w.launches},
                    {"bytes", w.bytes},
                    {"memory_seconds", w.memory_seconds},
                    {"issue_seconds", w.issue_seconds}});
  }
  return {{"rows", step.n_rows},
          {"past", step.n_past},
          {"launches", step.launches},
          {"tokens_per_second_at_most", step.rate_limit()},
          {"tokens_per_second_with_launches", step.rate()},
          {"work", std::move(work)}};
}

Json planned_json(const PlannedCard& planned) {
  const Prediction& p = planned.prediction;
  return {{"device", planned.card.id},
          {"name", planned.card.name},
          {"processor", planned.card.gfx},
          {"memory",
           {{"weights", p.memory.weights},
            {"kv", p.memory.kv},
            {"kv_per_position", p.memory.kv_per_position},
            {"scratch", p.memory.scratch},
            {"total", p.memory.total},
            {"budget", p.memory.budget},
            {"fits", p.memory.fits()},
            {"longest_context", p.memory.longest_context}}},
          {"prompt", step_json(p.prompt)},
          {"answer_first", step_json(p.answer_first)},
          {"answer_last", step_json(p.answer_last)},
          {"notes", p.notes}};
}

void print(const engine::Model& model, const std::vector<PlannedCard>& planned,
           const PlanOptions& options, const Config& config) {
  const std::uint32_t n_ctx = planned[0].prediction.n_ctx;
  if (options.json) {
    Json devices = Json::array();
    for (const PlannedCard& p : planned) devices.push_back(planned_json(p));
    fmt::print("{}\n", Json{{"prediction", true},
                            {"model", model.name()},
                            {"architecture", model.architecture()},
                            {"context", n_ctx},
                            {"sequences", config.context.sequences},
                            {"devices", std::move(devices)}}
                           .dump(2));
    return;
  }
  if (planned.size() > 1) {
    fmt::print("{} ({}), {} positions\n\n{}\n", printable(model.name()), model.architecture(),
               grouped(n_ctx), overview(planned).text());
  } else {
    fmt::print("{} ({}) on a {} ({})\n\n", printable(model.name()), model.architecture(),
               planned[0].card.name, planned[0].card.gfx);
    print_memory(planned[0], options, config);
    print_speed(planned[0].prediction);
    print_work("an answer's token, at the end", planned[0].prediction.answer_last);
    print_work("the prompt", planned[0].prediction.prompt);
  }
  for (const std::string& note : planned[0].prediction.notes) fmt::print("Note: {}.\n", note);
  fmt::print("{}", kWarning);
}

Status run_plan(const PlanOptions& options, const Program& program) {
  Config config = program.config();
  if (!options.model.empty()) config.model.path = options.model;
  std::vector<PlannedCard> planned;
  if (options.card.empty()) {
    for (const Card& card : plan::kCards) planned.push_back({card, {}});
  } else {
    FORGE_ASSIGN(const Card card, plan::find_card(options.card));
    planned.push_back({card, {}});
  }
  // Architectures are needed, kernels are not: no GPU is touched.
  config.plugins.safe = true;
  FORGE_ASSIGN(auto runtime, ModelRuntime::create(config, "rocmforge plan", "reference"));
  FORGE_TRY(runtime->open_model(config));
  const engine::Model& model = *runtime->model();
  plan::PredictionOptions how;
  how.n_ctx =
      options.context != 0 ? options.context : static_cast<std::uint32_t>(config.context.length);
  how.n_sequences = static_cast<std::uint32_t>(config.context.sequences);
  how.n_batch = static_cast<std::uint32_t>(config.context.batch);
  how.reserve_gib = config.device.desktop_reserve_gb;
  how.prompts = graph::prompt_type_named(config.device.prompt_type);
  FORGE_ASSIGN(how.type_k, type_of_name(config.device.k_type));
  FORGE_ASSIGN(how.type_v, type_of_name(config.device.v_type));
  for (PlannedCard& p : planned) {
    how.card = p.card;
    FORGE_ASSIGN(p.prediction, plan::predict(model.graph(), how, plan::KernelTable::builtin()));
  }
  print(model, planned, options, config);
  return {};
}

}  // namespace

void add_plan(CLI::App& app, Program& program) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* command = app.add_subcommand(
      "plan", "Predicts whether a model fits on a card, and how fast it could be there");
  command->group(kMeasureCommands);
  command->add_option("model", options->model, "GGUF file; without it the built-in model")
      ->type_name("FILE");
  command
      ->add_option("--device", options->card,
                   "The card, as in 9070xt; a wrong one lists all; without it all of them")
      ->type_name("CARD");
  command
      ->add_option("--ctx", options->context,
                   "Positions of a sequence, as --context; 0: as the model was trained")
      ->type_name("N");
  command->add_flag("--json", options->json, "Print one JSON object");
  program.add_config_options(
      *command, {"context.length", "context.batch", "context.sequences", "device.k_type",
                 "device.v_type", "device.prompt_type", "device.desktop_reserve_gb", "plugins"});
  add_examples(*command,
               {{"Would it fit, and what would be its limits?",
                 "rocmforge plan model.gguf --device 9070xt --ctx 32768"},
                {"Every card that is known", "rocmforge plan model.gguf"},
                {"Prompts in FP8", "rocmforge plan model.gguf --device r9700 --prompt-type fp8"},
                {"With a smaller KV cache, for a script",
                 "rocmforge plan model.gguf --device 7900xt --k-type q8_0 --v-type q8_0 --json"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return run_plan(*options, program); });
  });
}

}  // namespace forge::cli
