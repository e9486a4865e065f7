// rocmforge logits: what a model thinks of each next token, as numbers.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/base/atomic_file.hpp"
#include "core/engine/session.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/model_runtime.hpp"

namespace forge::cli {
namespace {

struct LogitsOptions {
  std::string model;
  std::vector<std::int32_t> tokens;
  std::string out;
  std::string pack;
  std::uint32_t chunk = 0;
};

// Rows of one step: a row of logits is 600 KB for a vocabulary of 150,000.
constexpr std::uint32_t kRowsPerChunk = 64;

Status write_logits(ModelRuntime& runtime, const LogitsOptions& options, const Program& program) {
  engine::Engine& engine = runtime.engine();
  const std::uint32_t n_vocab = engine.n_vocab();
  FORGE_ASSIGN(AtomicFile out, AtomicFile::create(options.out, AtomicFile::Existing::kReplace));
  FORGE_ASSIGN(auto session, engine::Session::open(engine));
  std::vector<float> logits(std::size_t{engine.n_batch()} * n_vocab);
  std::vector<std::uint32_t> rows(engine.n_batch());
  for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
  Progress bar("Evaluating", {.unit = Unit::kCount, .quiet = program.quiet()});
  const std::span<const std::int32_t> tokens = options.tokens;
  for (std::size_t done = 0; done < tokens.size();) {
    const std::size_t n = std::min<std::size_t>(tokens.size() - done, engine.n_batch());
    const engine::StepInput input = {session->sequence(), tokens.subspan(done, n),
                                     std::span(rows).first(n)};
    FORGE_TRY(engine.step({&input, 1}, logits.data()));
    FORGE_TRY(out.write(std::as_bytes(std::span(logits).first(n * n_vocab))));
    done += n;
    bar.update(done, tokens.size());
    FORGE_TRY(Interrupt::check());
  }
  return out.commit();
}

Status logits(const LogitsOptions& options, const Program& program) {
  const Interrupt interrupt;
  Config config = program.config();
  config.model.path = options.model;
  FORGE_ASSIGN(auto runtime, ModelRuntime::create(config, "rocmforge logits", options.pack));
  FORGE_TRY(runtime->open_model(config));
  RuntimeOptions runtime_options;
  runtime_options.quiet = program.quiet();
  runtime_options.pack = options.pack;
  runtime_options.n_batch = options.chunk != 0 ? options.chunk : kRowsPerChunk;
  runtime_options.n_outputs = runtime_options.n_batch;
  FORGE_TRY(runtime->load(config, runtime_options));
  return write_logits(*runtime, options, program);
}

}  // namespace

void add_logits(CLI::App& app, Program& program) {
  auto options = std::make_shared<LogitsOptions>();
  CLI::App* command = app.add_subcommand(
      "logits", "Writes a model's logits for a row of tokens, f32 [tokens, vocabulary]");
  command->group(kMeasureCommands);
  command->add_option("model", options->model, "GGUF file")->type_name("FILE")->required();
  command->add_option("--tokens", options->tokens, "Token ids, in order")
      ->type_name("ID,ID,...")
      ->delimiter(',')
      ->required();
  command->add_option("--out", options->out, "File to write: row-major little-endian f32")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--with", options->pack,
                   "Kernel pack to run on by its id; 'reference' is the plain f32 executor")
      ->type_name("ID");
  command
      ->add_option("--chunk", options->chunk,
                   "Tokens evaluated at a time; changes nothing but time")
      ->type_name("N");
  program.add_config_options(*command, {"context.length", "threads", "device", "plugins"});
  add_examples(
      *command,
      {{"Logits of three tokens", "rocmforge logits model.gguf --tokens 1,2,3 --out logits.f32"},
       {"The same from the reference executor",
        "rocmforge logits model.gguf --tokens 1,2,3 --with reference --k-type f32 --v-type f32 "
        "--out reference.f32"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return logits(*options, program); });
  });
}

}  // namespace forge::cli
