#include "host/cli/run_batch.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/engine/scheduler.hpp"
#include "host/chat/generation_options.hpp"
#include "host/cli/interrupt.hpp"

namespace forge::cli {
namespace {

using Json = nlohmann::ordered_json;

// One line of the file on its way to an answer.
struct Question {
  std::size_t index = 0;
  Json id;
  engine::GenerationRequest request;
  std::string text;
  Json logprobs;  // of the tokens so far, where asked for
};

// A setting of the line, where it has one of the right type.
template <class T, class Out>
void override_with(const Json& line, const char* key, Out& out) {
  if (line.contains(key)) out = static_cast<Out>(line.at(key).get<T>());
}

void override_sampling(const Json& line, engine::SamplingParams& sampling) {
  override_with<float>(line, "temperature", sampling.temperature);
  override_with<std::int32_t>(line, "top_k", sampling.top_k);
  override_with<float>(line, "top_p", sampling.top_p);
  override_with<float>(line, "min_p", sampling.min_p);
  override_with<float>(line, "typical_p", sampling.typical_p);
  override_with<float>(line, "repetition_penalty", sampling.repetition_penalty);
  override_with<float>(line, "presence_penalty", sampling.presence_penalty);
  override_with<float>(line, "frequency_penalty", sampling.frequency_penalty);
  override_with<std::uint64_t>(line, "seed", sampling.seed);
  if (!line.contains("logprobs")) return;
  sampling.logprobs = true;
  override_with<std::uint32_t>(line, "logprobs", sampling.n_logprobs);
}

// A token as answers list it: what it is, its log-probability, and the best ones at its place.
Json describe(const engine::SampledToken& token, const text::Tokenizer& tokenizer) {
  const auto text_of = [&](std::int32_t id) {
    std::string text;
    if (tokenizer.vocab().contains(id)) tokenizer.append_piece(id, true, text);
    return text;
  };
  Json best = Json::array();
  for (const engine::TokenProbability& p : token.best)
    best.push_back({{"id", p.token}, {"token", text_of(p.token)}, {"logprob", p.logprob}});
  return {{"id", token.token},
          {"token", text_of(token.token)},
          {"logprob", token.logprob},
          {"best", std::move(best)}};
}

Result<std::vector<std::int32_t>> prompt_of(const Json& line, const PromptMaker& maker,
                                            const ChatConfig& chat) {
  const bool raw = line.value("raw", false) || !maker.has_template();
  if (!line.contains("messages")) {
    if (!line.contains("prompt"))
      return invalid_argument("the line has neither \"prompt\" nor \"messages\"");
    const std::string text = line.at("prompt").get<std::string>();
    if (raw) return maker.complete(text);
    text::ChatRequest request;
    text::Data::Array messages;
    if (!chat.system.empty()) messages.push_back(chat_message("system", chat.system));
    messages.push_back(chat_message("user", text));
    request.messages = std::move(messages);
    return maker.chat(std::move(request));
  }
  text::ChatRequest request;
  FORGE_ASSIGN(request.messages, text::Data::parse_json(line.at("messages").dump()));
  if (line.contains("tools")) {
    FORGE_ASSIGN(request.tools, text::Data::parse_json(line.at("tools").dump()));
  }
  return maker.chat(std::move(request));
}

// Everything a line says; JSON's exceptions end here.
Result<Question> parse(const std::string& text, std::size_t index, const PromptMaker& maker,
                       const Config& config) {
  try {
    const Json line = Json::parse(text);
    if (!line.is_object()) return invalid_argument("the line is not a JSON object");
    Question q;
    q.index = index;
    if (line.contains("id")) q.id = line.at("id");
    q.request = generation_request(config.sampling);
    override_with<std::uint32_t>(line, "max_tokens", q.request.max_tokens);
    override_sampling(line, q.request.sampling);
    if (q.request.sampling.logprobs) q.logprobs = Json::array();
    if (line.contains("stop")) q.request.stop = line.at("stop").get<std::vector<std::string>>();
    FORGE_ASSIGN(q.request.prompt, prompt_of(line, maker, config.chat));
    return q;
  } catch (const Json::exception& error) {
    return invalid_argument(fmt::format("not what is expected here: {}", error.what()));
  }
}

// Prints answers in the order of the questions, as soon as those before are there.
class Answers {
 public:
  void put(std::size_t index, Json answer) {
    waiting_.emplace(index, std::move(answer));
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
      const std::string line =
          waiting_.begin()->second.dump(-1, ' ', false, Json::error_handler_t::replace);
      fmt::print("{}\n", line);
      std::fflush(stdout);
      waiting_.erase(waiting_.begin());
      ++next_;
    }
  }

  void put_error(std::size_t index, const Status& status) {
    put(index, {{"index", index}, {"error", status.message()}});
  }

  void put_result(const Question& q, const engine::GenerationResult& result) {
    if (result.reason == engine::FinishReason::kError) return put_error(q.index, result.status);
    Json answer = {{"index", q.index}};
    if (!q.id.is_null()) answer["id"] = q.id;
    answer["text"] = q.text;
    answer["finish_reason"] = engine::finish_reason_name(result.reason);
    answer["prompt_tokens"] = result.stats.prompt_tokens;
    answer["completion_tokens"] = result.stats.generated_tokens;
    if (!q.logprobs.is_null()) answer["logprobs"] = q.logprobs;
    put(q.index, std::move(answer));
  }

 private:
  std::map<std::size_t, Json> waiting_;
  std::size_t next_ = 0;
};

// Keeps as many questions in the scheduler as there are sessions.
class Batch {
 public:
  Batch(engine::Engine& engine, const PromptMaker& maker, const Config& config, std::istream& in)
      : engine_(engine), scheduler_(engine), maker_(maker), config_(config), in_(in) {}

  Status run() {
    for (std::int64_t s = 0; s < config_.context.sequences; ++s) {
      FORGE_ASSIGN(auto session, engine::Session::open(engine_));
      free_.push_back(std::move(session));
    }
    while (true) {
      while (!free_.empty() && start_next()) {
      }
      if (scheduler_.idle()) return {};
      FORGE_TRY(scheduler_.step());
      FORGE_TRY(Interrupt::check());
    }
  }

 private:
  // Takes one line; false at the end of the file.
  bool start_next() {
    std::string line;
    do {
      if (!std::getline(in_, line)) return false;
    } while (line.find_first_not_of(" \t\r") == std::string::npos);
    const std::size_t index = n_read_++;
    auto parsed = parse(line, index, maker_, config_);
    if (!parsed.ok()) {
      answers_.put_error(index, parsed.status());
      return true;
    }
    auto question = std::make_shared<Question>(std::move(*parsed));
    auto session = std::make_shared<std::unique_ptr<engine::Session>>(std::move(free_.back()));
    free_.pop_back();
    const Status added = scheduler_.add(
        **session, std::move(question->request),
        [this, question](const engine::GenerationEvent& event) {
          question->text += event.text;
          if (event.token != nullptr && !question->logprobs.is_null())
            question->logprobs.push_back(describe(*event.token, engine_.model().tokenizer()));
          return !Interrupt::requested();
        },
        [this, question, session](const engine::GenerationResult& result) {
          answers_.put_result(*question, result);
          free_.push_back(std::move(*session));
        });
    if (!added.ok()) {
      answers_.put_error(index, added);
      free_.push_back(std::move(*session));
    }
    return true;
  }

  engine::Engine& engine_;
  std::vector<std::unique_ptr<engine::Session>> free_;
  engine::Scheduler scheduler_;
  const PromptMaker& maker_;
  const Config& config_;
  std::istream& in_;
  Answers answers_;
  std::size_t n_read_ = 0;
};

}  // namespace

Status run_batch(ModelRuntime& runtime, const PromptMaker& maker, const std::string& path,
                 const Program& program) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return not_found(fmt::format("cannot read '{}'", path));
  }
  RuntimeOptions options;
  options.quiet = program.quiet();
  FORGE_TRY(runtime.load(program.config(), options));
  return Batch(runtime.engine(), maker, program.config(), path == "-" ? std::cin : file).run();
}

}  // namespace forge::cli
