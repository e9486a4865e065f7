// rocmforge quantize: a model file into smaller types.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/quote.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/gguf/file.hpp"
#include "core/quantize/importance.hpp"
#include "core/quantize/mixture.hpp"
#include "core/quantize/model_quantizer.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"
#include "host/codec_plugins.hpp"

namespace forge::cli {
namespace {

struct QuantizeOptions {
  std::string in, out, type;
  std::string output_type, embedding_type, importance;
  std::vector<std::string> tensor_types;  // PATTERN=TYPE
  bool pure = false;
  bool force = false;
  bool dry_run = false;
  bool verbose = false;
};

Result<std::uint32_t> type_number(const std::string& name, const CodecView& codecs) {
  FORGE_ASSIGN(const forge_codec_v1* codec, codecs.find(std::string_view(name)));
  if (codec->quantize == nullptr)
    return unimplemented(fmt::format("{} can be decoded, but not encoded", codec->name));
  return codec->type;
}

Result<quantize::Wishes> wishes_of(const QuantizeOptions& options, const CodecView& codecs) {
  quantize::Wishes wishes;
  wishes.pure = options.pure;
  if (!options.output_type.empty()) {
    FORGE_ASSIGN(wishes.output_type, type_number(options.output_type, codecs));
  }
  if (!options.embedding_type.empty()) {
    FORGE_ASSIGN(wishes.embedding_type, type_number(options.embedding_type, codecs));
  }
  for (const std::string& text : options.tensor_types) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0)
      return invalid_argument(
          fmt::format("--tensor-type {}: expected PATTERN=TYPE, as in 'blk.*.ffn_down.weight=Q6_K'",
                      quote(text)));
    FORGE_ASSIGN(const std::uint32_t type, type_number(text.substr(equals + 1), codecs));
    wishes.overrides.push_back({text.substr(0, equals), type});
  }
  return wishes;
}

double bits_per_weight(std::uint64_t bytes, std::uint64_t elements) {
  return elements == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(elements);
}

// What the new file is made of: a row for each type.
std::string summary(const quantize::ModelPlan& plan, const CodecView& codecs) {
  struct Sum {
    std::uint64_t tensors = 0, elements = 0, bytes = 0;
  };
  std::map<std::uint32_t, Sum> sums;
  for (const quantize::TensorStep& step : plan.steps) {
    Sum& sum = sums[step.type];
    ++sum.tensors;
    sum.elements += gguf::element_count(*step.tensor);
    sum.bytes += step.new_bytes;
  }
  Table table({{"type"},
               {"tensors", Table::Align::kRight},
               {"weights", Table::Align::kRight},
               {"size", Table::Align::kRight}});
  for (const auto& [type, sum] : sums)
    table.add_row({codecs.name_of(type), fmt::to_string(sum.tensors), fmt::to_string(sum.elements),
                   format_bytes(sum.bytes)});
  return fmt::format("{}{}: {} -> {}, {:.2f} -> {:.2f} bits per weight\n", table.text(),
                     plan.mixture.name, format_bytes(plan.old_bytes), format_bytes(plan.new_bytes),
                     bits_per_weight(plan.old_bytes, plan.n_elements),
                     bits_per_weight(plan.new_bytes, plan.n_elements));
}

std::string tensor_line(const quantize::TensorStep& step, std::size_t number, std::size_t total,
                        bool with_importance, const CodecView& codecs) {
  return fmt::format("[{:>4}/{}] {:<36} {:>16}  {:>6} -> {:<6}  {} -> {}{}\n", number, total,
                     printable(gguf::name_of(*step.tensor)), gguf::shape_text(*step.tensor),
                     codecs.name_of(step.tensor->type), codecs.name_of(step.type),
                     format_bytes(step.tensor->n_bytes), format_bytes(step.new_bytes),
                     with_importance ? "  (weighted)" : "");
}

// Notes for people; they are not part of the result.
void warn(const quantize::ModelPlan& plan, const Program& program) {
  if (plan.n_requantized == 0 || program.quiet()) return;
  fmt::print(stderr,
             "note: {} tensors are quantized already and lose precision a second time; start from "
             "an F16, BF16 or F32 file where there is one\n",
             plan.n_requantized);
}

Status convert(const QuantizeOptions& options, const quantize::ModelPlan& plan,
               const gguf::File& file, const CodecView& codecs, const Program& program) {
  std::optional<quantize::Importance> importance;
  if (!options.importance.empty()) {
    FORGE_ASSIGN(importance, quantize::Importance::open(options.importance));
  }
  const std::int64_t wanted = program.config().threads.count;
  const Interrupt interrupt;
  Progress progress("Quantizing", {Unit::kCount, program.quiet()});
  quantize::RunOptions run;
  run.n_threads = wanted > 0 ? static_cast<unsigned>(wanted)
                             : std::max(1u, std::thread::hardware_concurrency());
  run.replace = options.force;
  run.importance = importance ? &*importance : nullptr;
  run.stop = &Interrupt::requested;
  run.progress = [&](std::uint64_t done) { progress.update(done, plan.n_elements); };
  std::size_t number = 0;
  run.finished = [&](const quantize::TensorStep& step, bool with_importance) {
    ++number;
    if (!options.verbose) return;
    progress.finish();
    fmt::print("{}", tensor_line(step, number, plan.steps.size(), with_importance, codecs));
  };
  const auto start = std::chrono::steady_clock::now();
  const Status status = quantize::quantize_model(file, plan, codecs, options.out, run);
  progress.finish();
  if (status.code() == Code::kAlreadyExists)
    return already_exists(status.message() + " with --force");
  FORGE_TRY(status);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("{}", summary(plan, codecs));
  if (!program.quiet())
    fmt::print(stderr, "{} written in {:.1f} s on {} threads\n", printable(options.out),
               seconds.count(), run.n_threads);
  return {};
}

Status quantize_file(const QuantizeOptions& options, const Program& program) {
  const CodecPlugins plugins(program.config());
  const CodecView& codecs = plugins.view();
  FORGE_ASSIGN(const quantize::Mixture mixture, quantize::find_mixture(options.type, codecs));
  FORGE_ASSIGN(const quantize::Wishes wishes, wishes_of(options, codecs));
  FORGE_ASSIGN(const gguf::File file, gguf::File::open(options.in, {gguf::codec_types(codecs)}));
  FORGE_ASSIGN(const quantize::ModelPlan plan, quantize::plan_model(file, mixture, wishes, codecs));
  warn(plan, program);
  if (!options.dry_run) return convert(options, plan, file, codecs, program);
  for (std::size_t i = 0; options.verbose && i < plan.steps.size(); ++i)
    fmt::print("{}", tensor_line(plan.steps[i], i + 1, plan.steps.size(), false, codecs));
  fmt::print("{}", summary(plan, codecs));
  return {};
}

void declare(CLI::App& command, QuantizeOptions& options) {
  command.add_option("IN", options.in, "GGUF file, of a split model any part")
      ->type_name("FILE")
      ->required();
  command.add_option("OUT", options.out, "File to write")->type_name("FILE")->required();
  command
      .add_option(
          "type", options.type,
          "Q4_K_M, Q5_K_M or another mixture (Q3_K_S, Q3_K_M, Q3_K_L, Q4_K_S, Q5_K_S), or a "
          "codec's name for one type throughout: Q8_0, Q6_K, Q4_0, IQ4_NL, F16, ...")
      ->type_name("TYPE")
      ->required();
  command.add_flag("--pure", options.pure,
                   "The one type for every matrix, output and embeddings included");
  command
      .add_option("--output-type", options.output_type,
                  "Type of the output matrix, or of the embeddings where they are it")
      ->type_name("TYPE");
  command.add_option("--embedding-type", options.embedding_type, "Type of the token embeddings")
      ->type_name("TYPE");
  command
      .add_option("--tensor-type", options.tensor_types,
                  "Type of the matrices whose names match, as in 'blk.*.ffn_down.weight=Q6_K'; may "
                  "be repeated, the first match counts")
      ->type_name("PATTERN=TYPE")
      ->allow_extra_args(false);
  command
      .add_option("--imatrix", options.importance,
                  "Importance matrix written by llama-imatrix (GGUF): columns that matter more "
                  "are kept more exactly")
      ->type_name("FILE");
  command.add_flag("--dry-run", options.dry_run, "Only say what the file would be made of");
  command.add_flag("-f,--force", options.force, "Replace an existing file");
  command.add_flag("-v,--verbose", options.verbose, "A line for each tensor");
}

}  // namespace

void add_quantize(CLI::App& app, Program& program) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* command =
      app.add_subcommand("quantize", "Writes a model with its weights in smaller types");
  command->group(kFileCommands);
  declare(*command, *options);
  program.add_config_options(*command, {"threads.count", "plugins.search_paths"});
  add_examples(*command,
               {{"The usual choice", "rocmforge quantize model-f16.gguf model-q4.gguf Q4_K_M"},
                {"What would that be made of?",
                 "rocmforge quantize model-f16.gguf none.gguf Q5_K_M --dry-run -v"},
                {"More bits for some tensors",
                 "rocmforge quantize in.gguf out.gguf Q4_K_S --tensor-type "
                 "'blk.*.attn_v.weight=Q8_0'"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return quantize_file(*options, program); });
  });
}

}  // namespace forge::cli
