// rocmforge chat: a conversation at the terminal, or line by line through a pipe.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "host/chat/chat_session.hpp"
#include "host/chat/think_filter.hpp"
#include "host/cli/chat_commands.hpp"
#include "host/cli/command.hpp"
#include "host/cli/idle_wait.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/line_editor.hpp"
#include "host/cli/stats_line.hpp"
#include "host/cli/terminal.hpp"
#include "host/model_runtime.hpp"

namespace forge::cli {
namespace {

struct ChatOptions {
  std::string load;
};

// Prints an answer as it comes; reasoning is dimmed on a terminal, or left out.
class AnswerPrinter {
 public:
  AnswerPrinter(ChatSession& chat, const ChatConfig& config)
      : chat_(chat), show_thinking_(config.show_thinking), colour_(wants_colour(stdout)) {}

  bool print(std::string_view text) {
    if (filter_ == nullptr) {
      filter_ = std::make_unique<ThinkFilter>(
          chat_.opened_thinking(),
          [this](std::string_view part, bool thinking) { show(part, thinking); });
    }
    if (!text.empty()) filter_->push(text);
    return !Interrupt::requested();
  }

  bool began() const { return filter_ != nullptr; }

  void finish() {
    if (filter_ != nullptr) filter_->finish();
    if (colour_ && dim_) std::fputs("\x1b[0m", stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }

 private:
  void show(std::string_view text, bool thinking) {
    if (thinking && !show_thinking_) return;
    if (thinking != dim_) {
      if (colour_) std::fputs(thinking ? "\x1b[2m" : "\x1b[0m", stdout);
      if (!thinking) std::fputs("\n\n", stdout);
      dim_ = thinking;
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  ChatSession& chat_;
  const bool show_thinking_, colour_;
  bool dim_ = false;
  std::unique_ptr<ThinkFilter> filter_;
};

class ChatLoop {
 public:
  ChatLoop(ModelRuntime& runtime, const RuntimeOptions& runtime_options, ChatSession& chat,
           Config& config, const Program& program)
      : runtime_(runtime),
        runtime_options_(runtime_options),
        chat_(chat),
        config_(config),
        program_(program),
        interactive_(is_terminal(stdin) && is_terminal(stdout)),
        context_{chat, &runtime.engine(), config, runtime.pack_id(), nullptr} {}

  Status run() {
    auto editor = LineEditor::create({history_file(), chat_command_names()});
    greet();
    for (;;) {
      const Line line = read(*editor);
      Interrupt::reset();  // one that came before the line was edited is over with it
      if (line.kind == Line::Kind::kEnd) break;
      if (line.kind == Line::Kind::kInterrupted) {
        note("(Ctrl-D or /quit leaves)");
        continue;
      }
      if (line.text.find_first_not_of(" \t\n") == std::string::npos) continue;
      if (line.text.front() == '/') {
        if (!command(line.text)) return {};
      } else {
        answer(&line.text);
      }
      FORGE_TRY(ended_);
      if (!interactive_ && Interrupt::requested()) return Interrupt::check();
    }
    if (interactive_) std::fputc('\n', stdout);
    if (interactive_ || n_failed_ == 0) return {};
    return Status(error_.code(), fmt::format("{} of the lines failed, the first with: {}",
                                             n_failed_, error_.message()));
  }

  // One word with a slash; false when it was the last.
  bool command(const std::string& line) {
    auto reply = run_chat_command(line, context_);
    if (!reply.ok()) {
      fail(std::move(reply).status());
      return true;
    }
    if (!reply->text.empty()) note(reply->text);
    if (reply->then == ChatReply::Then::kAnswerAgain) answer(nullptr);
    return reply->then != ChatReply::Then::kQuit;
  }

 private:
  // A GPU may sleep while nothing comes.
  Line read(LineEditor& editor) {
    std::optional<IdleWait> wait;
    if (config_.device.idle_release > 0 && runtime_.can_rest())
      wait.emplace(std::chrono::duration<double>(config_.device.idle_release),
                   [this] { runtime_.rest(); });
    return editor.read("> ");
  }

  void greet() {
    if (!interactive_ || program_.quiet()) return;
    note(
        fmt::format("{} on {}, {} positions. /help lists commands, Ctrl-C stops an answer, Ctrl-D "
                    "leaves.",
                    context_.engine->model().name(), context_.pack, context_.engine->n_ctx()));
  }

  // What the program says, not the model.
  void note(const std::string& text) {
    const bool colour = wants_colour(stderr);
    fmt::print(stderr, "{}{}{}\n", colour ? "\x1b[2m" : "", text, colour ? "\x1b[0m" : "");
  }

  void fail(Status status) {
    fmt::print(stderr, "error: {}\n", status.message());
    if (n_failed_++ == 0) error_ = std::move(status);
  }

  // A GPU that fails is given up; the conversation goes on on the processor.
  Status fall_back(const Status& why) {
    chat_.detach();
    FORGE_TRY(runtime_.fall_back(why, config_, runtime_options_));
    context_.engine = &runtime_.engine();
    context_.pack = runtime_.pack_id();
    return chat_.attach(runtime_.engine());
  }

  Result<engine::GenerationResult> generate(const std::string* text) {
    AnswerPrinter printer(chat_, config_.chat);
    const ChatSession::OnText on_text = [&](std::string_view part) { return printer.print(part); };
    auto result = text == nullptr ? chat_.regenerate(on_text) : chat_.answer(*text, on_text);
    if (result.ok() || printer.began()) printer.finish();
    return result;
  }

  // nullptr: the last message once more. An answer that a GPU broke off begins anew.
  void answer(const std::string* text) {
    auto result = generate(text);
    if (!result.ok() && chat_.step_failed() && runtime_.can_fall_back()) {
      ended_ = fall_back(result.status());
      if (!ended_.ok()) return;
      result = generate(text);
    }
    if (!result.ok()) return fail(std::move(result).status());
    last_ = std::move(*result);
    context_.last = &last_;
    if (last_.reason == engine::FinishReason::kContextFull)
      note(
          "(the context is full: /clear begins anew, --context N makes it longer, "
          "--when-full shift forgets the oldest turns)");
    if (config_.chat.show_stats && !program_.quiet()) note(stats_line(last_, context_.pack));
  }

  ModelRuntime& runtime_;
  const RuntimeOptions& runtime_options_;
  ChatSession& chat_;
  Config& config_;
  const Program& program_;
  const bool interactive_;
  ChatContext context_;
  engine::GenerationResult last_;
  std::size_t n_failed_ = 0;
  Status error_;  // the first
  Status ended_;  // no pack is left to go on with
};

Status chat(const ChatOptions& options, const Program& program) {
  const Interrupt interrupt;
  Config config = program.config();
  FORGE_ASSIGN(auto runtime, ModelRuntime::create(config, "rocmforge chat"));
  FORGE_TRY(runtime->open_model(config));
  FORGE_ASSIGN(PromptMaker maker, PromptMaker::create(runtime->model(), config.chat));
  FORGE_TRY(maker.require_template());
  RuntimeOptions runtime_options;
  runtime_options.quiet = program.quiet();
  runtime_options.n_sequences = 1;
  FORGE_TRY(runtime->load(config, runtime_options));
  FORGE_ASSIGN(auto session, ChatSession::create(runtime->engine(), std::move(maker), config));
  ChatLoop loop(*runtime, runtime_options, *session, config, program);
  if (!options.load.empty()) loop.command("/load " + options.load);
  return loop.run();
}

}  // namespace

void add_chat(CLI::App& app, Program& program) {
  auto options = std::make_shared<ChatOptions>();
  CLI::App* command = app.add_subcommand(
      "chat", "Talks with a model, with the built-in demo model if none is named");
  command->group(kModelCommands);
  command->add_option("--load", options->load, "Go on with a conversation saved by /save")
      ->type_name("FILE");
  program.add_config_options(*command, {"model", "sampling", "context.length", "context.batch",
                                        "chat", "threads", "device", "plugins"});
  add_examples(*command,
               {{"Talk with the demo model", "rocmforge chat"},
                {"A model of your own, with a role",
                 "rocmforge chat -m model.gguf --system 'You are a pirate.'"},
                {"Never stop at the end of the context",
                 "rocmforge chat -m model.gguf --context 4096 --when-full shift"},
                {"One message a line, one answer a line", "rocmforge chat < messages.txt"},
                {"Go on where /save left off", "rocmforge chat --load talk.json"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return chat(*options, program); });
  });
}

}  // namespace forge::cli
