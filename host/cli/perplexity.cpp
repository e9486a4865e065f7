// rocmforge perplexity: how well a model foretells a text, and how far it is from another.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/atomic_file.hpp"
#include "core/base/quote.hpp"
#include "core/engine/session.hpp"
#include "host/bench/token_scores.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/model_runtime.hpp"

namespace forge::cli {
namespace {

struct PerplexityOptions {
  std::string model, text;
  std::string base_logits, save_logits;
  std::string pack;
  std::uint32_t chunks = 0;
  bool json = false;
};

constexpr std::uint32_t kUsualContext = 512;
// Rows of logits of one step: one takes 600 KB for a vocabulary of 150,000.
constexpr std::uint32_t kRowsPerStep = 64;

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return not_found(fmt::format("cannot open {}", quote(path)));
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad()) return data_loss(fmt::format("cannot read {}", quote(path)));
  return text;
}

// The text in chunks of the context's length. Of each, the second half is scored: every token there
// has at least half a context before it. This is how llama.cpp's tool does it, so that numbers can
// be compared.
class Evaluation {
 public:
  Evaluation(engine::Engine& engine, std::vector<std::int32_t> tokens, std::int32_t bos)
      : engine_(engine), tokens_(std::move(tokens)), bos_(bos) {}

  std::size_t chunk_size() const { return engine_.n_ctx(); }
  std::size_t n_chunks() const { return tokens_.size() / chunk_size(); }
  // Scored positions of a chunk: those with a next token in the chunk.
  std::size_t rows_per_chunk() const { return chunk_size() - 1 - chunk_size() / 2; }
  void limit(std::uint32_t chunks) {
    if (chunks != 0 && chunks < n_chunks()) tokens_.resize(chunks * chunk_size());
  }

  // Calls use_row(logits [n_vocab], next token) for every scored position of a chunk.
  template <class UseRow>
  Status run_chunk(std::size_t index, UseRow&& use_row) {
    std::vector<std::int32_t> chunk(
        tokens_.begin() + static_cast<std::ptrdiff_t>(index * chunk_size()),
        tokens_.begin() + static_cast<std::ptrdiff_t>((index + 1) * chunk_size()));
    if (bos_ >= 0) chunk[0] = bos_;
    FORGE_ASSIGN(auto session, engine::Session::open(engine_));
    const std::size_t first = chunk_size() / 2;
    FORGE_TRY(engine_.evaluate(session->sequence(), std::span(chunk).first(first), nullptr));
    const std::uint32_t n_vocab = engine_.n_vocab();
    std::vector<float> logits(std::size_t{kRowsPerStep} * n_vocab);
    std::vector<std::uint32_t> rows(kRowsPerStep);
    for (std::uint32_t i = 0; i < kRowsPerStep; ++i) rows[i] = i;
    for (std::size_t done = first; done + 1 < chunk_size();) {
      const std::size_t n =
          std::min<std::size_t>({kRowsPerStep, chunk_size() - 1 - done, engine_.n_batch()});
      const engine::StepInput input = {session->sequence(), std::span(chunk).subspan(done, n),
                                       std::span(rows).first(n)};
      FORGE_TRY(engine_.step({&input, 1}, logits.data()));
      for (std::size_t i = 0; i < n; ++i)
        FORGE_TRY(use_row(std::span(logits).subspan(i * n_vocab, n_vocab), chunk[done + i + 1]));
      done += n;
    }
    return {};
  }

 private:
  engine::Engine& engine_;
  std::vector<std::int32_t> tokens_;
  std::int32_t bos_;  // -1: none
};

// Rows of another model's logits, read one after the other.
class BaseLogits {
 public:
  static Result<BaseLogits> open(const std::string& path, std::uint64_t n_rows,
                                 std::uint32_t n_vocab) {
    struct stat info{};
    if (stat(path.c_str(), &info) != 0)
      return not_found(fmt::format("cannot open {}", quote(path)));
    const std::uint64_t wanted = n_rows * n_vocab * sizeof(float);
    if (static_cast<std::uint64_t>(info.st_size) != wanted)
      return invalid_argument(fmt::format(
          "{} has {} bytes; {} rows of {} logits are {} bytes. Was it saved with the same text, "
          "context, chunks and vocabulary?",
          quote(path), info.st_size, n_rows, n_vocab, wanted));
    return BaseLogits(path, n_vocab);
  }

  Result<std::span<const float>> next() {
    in_.read(reinterpret_cast<char*>(row_.data()),
             static_cast<std::streamsize>(row_.size() * sizeof(float)));
    if (!in_) return data_loss(fmt::format("cannot read {}", quote(path_)));
    return std::span<const float>(row_);
  }

 private:
  BaseLogits(const std::string& path, std::uint32_t n_vocab)
      : path_(path), in_(path, std::ios::binary), row_(n_vocab) {}

  std::string path_;
  std::ifstream in_;
  std::vector<float> row_;
};

void print(const bench::TokenScores& scores, const PerplexityOptions& options, std::size_t n_chunks,
           const std::string& pack) {
  if (options.json) {
    nlohmann::ordered_json json = {{"tokens", scores.count()},
                                   {"chunks", n_chunks},
                                   {"pack", pack},
                                   {"perplexity", scores.perplexity()},
                                   {"perplexity_error", scores.perplexity_error()}};
    if (scores.has_base()) {
      json["base_perplexity"] = scores.base_perplexity();
      json["kl_mean"] = scores.mean_kl();
      json["kl_mean_error"] = scores.mean_kl_error();
      json["kl_median"] = scores.kl_quantile(0.5);
      json["kl_99"] = scores.kl_quantile(0.99);
      json["kl_max"] = scores.kl_quantile(1);
      json["same_top"] = scores.same_top();
    }
    fmt::print("{}\n", json.dump(2));
    return;
  }
  fmt::print("perplexity       {:.4f} +- {:.4f}   ({} tokens in {} chunks, {})\n",
             scores.perplexity(), scores.perplexity_error(), scores.count(), n_chunks, pack);
  if (!scores.has_base()) return;
  fmt::print("base perplexity  {:.4f}\n", scores.base_perplexity());
  fmt::print("KL divergence    {:.3e} +- {:.1e}   (median {:.2e}, 99 % {:.2e}, most {:.2e})\n",
             scores.mean_kl(), scores.mean_kl_error(), scores.kl_quantile(0.5),
             scores.kl_quantile(0.99), scores.kl_quantile(1));
  fmt::print("same top token   {:.2f} %\n", 100 * scores.same_top());
}

Status evaluate(ModelRuntime& runtime, std::vector<std::int32_t> tokens,
                const PerplexityOptions& options, const Program& program) {
  const text::Vocab& vocab = runtime.model()->tokenizer().vocab();
  engine::Engine& engine = runtime.engine();
  const std::size_t n_tokens = tokens.size();
  Evaluation evaluation(engine, std::move(tokens),
                        vocab.add_bos() ? vocab.role(text::TokenRole::kBos) : -1);
  evaluation.limit(options.chunks);
  const std::size_t n_chunks = evaluation.n_chunks();
  if (n_chunks == 0)
    return invalid_argument(fmt::format(
        "the text has {} tokens, less than one chunk of {}; take a longer text or a shorter chunk "
        "(--context)",
        n_tokens, engine.n_ctx()));
  const std::uint64_t n_rows = n_chunks * evaluation.rows_per_chunk();
  std::optional<BaseLogits> base;
  if (!options.base_logits.empty()) {
    FORGE_ASSIGN(base, BaseLogits::open(options.base_logits, n_rows, engine.n_vocab()));
  }
  std::optional<AtomicFile> saved;
  if (!options.save_logits.empty()) {
    FORGE_ASSIGN(saved, AtomicFile::create(options.save_logits, AtomicFile::Existing::kReplace));
    FORGE_TRY(saved->reserve(n_rows * engine.n_vocab() * sizeof(float)));
  }
  bench::TokenScores scores;
  const auto use_row = [&](std::span<const float> logits, std::int32_t next) -> Status {
    if (saved) FORGE_TRY(saved->write(std::as_bytes(logits)));
    if (!base) {
      scores.add(logits, next);
      return {};
    }
    FORGE_ASSIGN(const std::span<const float> row, base->next());
    scores.add(logits, next, row);
    return {};
  };
  {
    Progress bar("Evaluating", {.unit = Unit::kCount, .quiet = program.quiet()});
    for (std::size_t i = 0; i < n_chunks; ++i) {
      FORGE_TRY(evaluation.run_chunk(i, use_row));
      bar.update(i + 1, n_chunks);
      FORGE_TRY(Interrupt::check());
    }
  }
  if (saved) FORGE_TRY(saved->commit());
  print(scores, options, n_chunks, runtime.pack_id());
  return {};
}

Status perplexity(const PerplexityOptions& options, const Program& program) {
  const Interrupt interrupt;
  Config config = program.config();
  config.model.path = options.model;
  FORGE_ASSIGN(auto runtime, ModelRuntime::create(config, "rocmforge perplexity", options.pack));
  FORGE_TRY(runtime->open_model(config));
  FORGE_TRY(runtime->model()->tokenizer_status());
  FORGE_ASSIGN(const std::string text, read_text(options.text));
  FORGE_ASSIGN(std::vector<std::int32_t> tokens, runtime->model()->tokenizer().encode(text));
  RuntimeOptions runtime_options;
  runtime_options.quiet = program.quiet();
  runtime_options.pack = options.pack;
  runtime_options.n_sequences = 1;
  runtime_options.n_outputs = kRowsPerStep;
  if (config.context.length == 0) runtime_options.n_ctx = kUsualContext;
  FORGE_TRY(runtime->load(config, runtime_options));
  return evaluate(*runtime, std::move(tokens), options, program);
}

}  // namespace

void add_perplexity(CLI::App& app, Program& program) {
  auto options = std::make_shared<PerplexityOptions>();
  CLI::App* command = app.add_subcommand(
      "perplexity", "Measures how well a model foretells a text, and how far it is from another");
  command->group(kMeasureCommands);
  command->add_option("model", options->model, "GGUF file")->type_name("FILE")->required();
  command->add_option("text", options->text, "Text file, cut into chunks of the context (512)")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--base-logits", options->base_logits,
                   "Compare with logits of --save-logits: KL divergence and same top token")
      ->type_name("FILE");
  command
      ->add_option("--save-logits", options->save_logits,
                   "Write the logits of the scored positions: f32 [positions, vocabulary]")
      ->type_name("FILE");
  command->add_option("--chunks", options->chunks, "Only the first N chunks")->type_name("N");
  command
      ->add_option("--with", options->pack,
                   "Kernel pack to run on by its id; 'reference' is the plain f32 executor")
      ->type_name("ID");
  command->add_flag("--json", options->json, "Print one JSON object");
  program.add_config_options(*command,
                             {"context.length", "context.batch", "threads", "device", "plugins"});
  add_examples(
      *command,
      {{"Perplexity of a text", "rocmforge perplexity model.gguf wiki.test.raw"},
       {"What does quantization cost? First the original ...",
        "rocmforge perplexity model-f16.gguf wiki.test.raw --chunks 20 --save-logits base.f32"},
       {"... then the quantized model against it",
        "rocmforge perplexity model-q4.gguf wiki.test.raw --chunks 20 --base-logits base.f32"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return perplexity(*options, program); });
  });
}

}  // namespace forge::cli
