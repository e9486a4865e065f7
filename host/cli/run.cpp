// rocmforge run: one prompt, one answer; or many of them from a file.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/config/text_file.hpp"
#include "core/engine/scheduler.hpp"
#include "host/chat/conversation.hpp"
#include "host/chat/generation_options.hpp"
#include "host/cli/command.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/run_batch.hpp"
#include "host/cli/stats_line.hpp"
#include "host/cli/terminal.hpp"
#include "host/model_runtime.hpp"

namespace forge::cli {
namespace {

struct RunOptions {
  std::string prompt;
  std::string file;
  std::string batch;
  bool raw = false;
};

// The prompt: -p, a file, or standard input when it is not a terminal.
Result<std::string> read_prompt(const RunOptions& options) {
  if (!options.prompt.empty()) return options.prompt;
  if (!options.file.empty()) return config::read_text_file(options.file);
  if (!is_terminal(stdin))
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  return std::string("Hello! Who are you, and what can you do?");
}

Result<std::vector<std::int32_t>> make_prompt(const PromptMaker& maker, const std::string& text,
                                              bool raw, const ChatConfig& chat) {
  if (raw || !maker.has_template()) return maker.complete(text);
  text::ChatRequest request;
  text::Data::Array messages;
  if (!chat.system.empty()) messages.push_back(chat_message("system", chat.system));
  messages.push_back(chat_message("user", text));
  request.messages = std::move(messages);
  return maker.chat(std::move(request));
}

// Generates and prints. A GPU that fails on the way is given up, and the processor goes on behind
// the last text that was printed.
Result<engine::GenerationResult> generate(ModelRuntime& runtime, engine::GenerationRequest request,
                                          const Config& config, const RuntimeOptions& options) {
  while (true) {
    std::vector<std::int32_t> unprinted;  // their text is held back, or they have none
    std::uint32_t n_printed = 0;
    engine::GenerationResult result;
    {
      FORGE_ASSIGN(auto session, engine::Session::open(runtime.engine()));
      std::vector<std::int32_t> tokens = request.prompt;
      const auto print = [&](const engine::GenerationEvent& event) {
        std::fwrite(event.text.data(), 1, event.text.size(), stdout);
        std::fflush(stdout);
        if (event.token != nullptr) unprinted.push_back(event.token->token);
        if (!event.text.empty()) {
          tokens.insert(tokens.end(), unprinted.begin(), unprinted.end());
          n_printed += static_cast<std::uint32_t>(unprinted.size());
          unprinted.clear();
        }
        return !Interrupt::requested();
      };
      result = engine::generate(runtime.engine(), *session, request, print);
      request.prompt = std::move(tokens);
    }
    if (result.status.ok() || !runtime.can_fall_back()) return result;
    FORGE_TRY(runtime.fall_back(result.status, config, options));
    if (request.max_tokens != 0) request.max_tokens -= std::min(n_printed, request.max_tokens - 1);
  }
}

Status answer(ModelRuntime& runtime, const PromptMaker& maker, const std::string& text, bool raw,
              const Program& program, const RuntimeOptions& options) {
  const Config& config = program.config();
  engine::GenerationRequest request = generation_request(config.sampling);
  FORGE_ASSIGN(request.prompt, make_prompt(maker, text, raw, config.chat));
  const Result<engine::GenerationResult> result =
      generate(runtime, std::move(request), config, options);
  std::fputc('\n', stdout);
  if (!result.ok()) return result.status();
  FORGE_TRY(result->status);
  if (config.chat.show_stats && !program.quiet())
    fmt::print(stderr, "{}\n", stats_line(*result, runtime.pack_id()));
  return Interrupt::check();
}

Status run(const RunOptions& options, const Program& program) {
  const Interrupt interrupt;
  const Config& config = program.config();
  FORGE_ASSIGN(auto runtime, ModelRuntime::create(config, "rocmforge run"));
  FORGE_TRY(runtime->open_model(config));
  FORGE_ASSIGN(const PromptMaker maker, PromptMaker::create(runtime->model(), config.chat));
  if (!options.batch.empty()) return run_batch(*runtime, maker, options.batch, program);
  FORGE_ASSIGN(const std::string text, read_prompt(options));
  RuntimeOptions runtime_options;
  runtime_options.quiet = program.quiet();
  FORGE_TRY(runtime->load(config, runtime_options));
  return answer(*runtime, maker, text, options.raw, program, runtime_options);
}

}  // namespace

void add_run(CLI::App& app, Program& program) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Answers one prompt, with the built-in demo model if none is named");
  command->group(kModelCommands);
  command
      ->add_option("-p,--prompt", options->prompt,
                   "What to say; else --file, or standard input when it is a pipe")
      ->type_name("TEXT");
  command->add_option("-f,--file", options->file, "File with the prompt")->type_name("FILE");
  command->add_flag("--raw", options->raw, "Continue the text as it is, without the chat template");
  command
      ->add_option(
          "--batch", options->batch,
          "Answer many: a file of JSON lines with \"prompt\" or \"messages\", and settings such as "
          "\"max_tokens\", \"temperature\", \"stop\" or \"logprobs\" (- for standard input); "
          "answers come as JSON lines")
      ->type_name("FILE");
  program.add_config_options(*command,
                             {"model", "sampling", "context", "chat.system", "chat.template_file",
                              "chat.thinking", "chat.show_stats", "threads", "device", "plugins"});
  add_examples(*command,
               {{"Ask the demo model", "rocmforge run -p 'What is 17 + 25?'"},
                {"A model of your own, the same answer every time",
                 "rocmforge run -m model.gguf -p 'Tell me a story' --seed 7"},
                {"Continue a text, at most 50 tokens",
                 "rocmforge run -m model.gguf --raw -p 'Once upon a time' -n 50"},
                {"Text in, text out", "rocmforge run -m model.gguf < question.txt > answer.txt"},
                {"Four prompts at a time", "rocmforge run --batch prompts.jsonl --sequences 4"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return run(*options, program); });
  });
}

}  // namespace forge::cli
