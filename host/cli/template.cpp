// host/cli/template.cpp: `rocmforge template`: the prompt a conversation becomes.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/quote.hpp"
#include "core/gguf/file.hpp"
#include "core/text/chat_template_gguf.hpp"
#include "host/cli/command.hpp"

namespace forge::cli {
namespace {

using text::ChatForm;
using text::ChatRequest;
using text::ChatTemplate;
using text::ChatTemplateSource;
using text::Data;

struct TemplateOptions {
  std::string file;
  std::string messages;
  std::vector<std::string> variables;  // NAME=JSON
  std::string date;
  bool no_generation_prompt = false;
  bool adapt = false;
};

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream stream(path, std::ios::binary);
  std::string out(std::istreambuf_iterator<char>(stream), {});
  if (!stream.is_open() || stream.bad()) {
    return not_found(fmt::format("cannot read {}", quote(path, path.size())));
  }
  return out;
}

Result<Data> read_json(const std::string& path) {
  FORGE_ASSIGN(const std::string bytes, read_file(path));
  auto data = Data::parse_json(bytes);
  if (!data.ok()) return std::move(data).status().with_prefix(printable(path) + ": ");
  return data;
}

Result<ChatTemplateSource> read_template(const std::string& path) {
  FORGE_ASSIGN(std::string head, [&]() -> Result<std::string> {
    std::ifstream stream(path, std::ios::binary);
    std::string magic(4, '\0');
    stream.read(magic.data(), 4);
    return magic;
  }());
  if (head == "GGUF") {
    FORGE_ASSIGN(const gguf::File file, gguf::File::open(path));
    return text::read_chat_template(file);
  }
  ChatTemplateSource source;
  FORGE_ASSIGN(source.chat, read_file(path));
  source.name = printable(path);
  return source;
}

// Gives one member of the conversation's file, or one --kwarg, its place in the request.
Status set_member(ChatRequest& request, const std::string& name, Data value) {
  if (name == "messages") {
    request.messages = std::move(value);
  } else if (name == "tools" && !value.is_null()) {
    request.tools = std::move(value);
  } else if (name == "add_generation_prompt") {
    const bool* add = value.as_bool();
    if (add == nullptr) {
      return invalid_argument(
          fmt::format("'add_generation_prompt' must be true or false, not {}", value.type_name()));
    }
    request.add_generation_prompt = *add;
  } else {
    request.variables.set(name, std::move(value));
  }
  return {};
}

Status add_conversation(ChatRequest& request, const std::string& path) {
  FORGE_ASSIGN(Data data, read_json(path));
  if (data.as_array() != nullptr) {
    request.messages = std::move(data);
    return {};
  }
  Data::Object* members = data.as_object();
  if (members == nullptr) {
    return invalid_argument(
        fmt::format("{}: the conversation must be an array of messages or an object with the key "
                    "'messages', not {}",
                    printable(path), data.type_name()));
  }
  if (data.find("messages") == nullptr) {
    return invalid_argument(fmt::format("{}: the key 'messages' is missing", printable(path)));
  }
  for (Data::Member& member : *members) {
    FORGE_TRY(set_member(request, member.key, std::move(member.value))
                  .with_prefix(printable(path) + ": "));
  }
  return {};
}

Status add_variable(ChatRequest& request, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return invalid_argument(fmt::format("--kwarg {}: write NAME=JSON", quote(assignment)));
  }
  auto value = Data::parse_json(std::string_view(assignment).substr(equals + 1));
  if (!value.ok()) {
    return std::move(value).status().with_prefix(fmt::format(
        "--kwarg {}: the value must be JSON, a text in double quotes: ", quote(assignment)));
  }
  return set_member(request, assignment.substr(0, equals), *std::move(value));
}

Status print_prompt(const TemplateOptions& options) {
  FORGE_ASSIGN(ChatTemplateSource source, read_template(options.file));
  ChatRequest request;
  FORGE_TRY(add_conversation(request, options.messages));
  for (const std::string& variable : options.variables) {
    FORGE_TRY(add_variable(request, variable));
  }
  if (options.no_generation_prompt) request.add_generation_prompt = false;
  if (!options.date.empty()) {
    FORGE_ASSIGN(request.now, text::DateTime::parse(options.date));
  }
  FORGE_ASSIGN(const ChatTemplate chat, ChatTemplate::compile(std::move(source)));
  const ChatForm form = options.adapt ? ChatForm::kAdapted : ChatForm::kExact;
  FORGE_ASSIGN(const std::string prompt, chat.render(request, form));
  std::fwrite(prompt.data(), 1, prompt.size(), stdout);
  return {};
}

}  // namespace

void add_template(CLI::App& app, Program& program) {
  auto options = std::make_shared<TemplateOptions>();
  CLI::App* command = app.add_subcommand(
      "template",
      "Prints the prompt that a chat template makes of a conversation, exactly as it is");
  command->group(kFileCommands);
  command->add_option("file", options->file, "GGUF model, or a Jinja template by itself")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--messages", options->messages,
                   "The conversation as JSON, in the style of the OpenAI API: an array of "
                   "messages, or an object with messages, tools, add_generation_prompt and any "
                   "more variables; - reads standard input")
      ->type_name("FILE")
      ->required();
  command->add_flag("--no-generation-prompt", options->no_generation_prompt,
                    "Do not end where the assistant's answer begins");
  command
      ->add_option("--kwarg", options->variables,
                   "A variable of the template, such as enable_thinking=false; may be repeated")
      ->type_name("NAME=JSON")
      ->allow_extra_args(false);
  command
      ->add_option("--date", options->date,
                   "What strftime_now() prints: 2025-01-31 or 2025-01-31T12:34:56")
      ->type_name("DATE");
  command->add_flag("--adapt", options->adapt,
                    "Bring messages into the form the template wants first, as chat does. Without "
                    "it the prompt equals that of transformers for the same messages");
  add_examples(*command, {{"The prompt of a conversation",
                           "rocmforge template model.gguf --messages chat.json"},
                          {"Without thinking, with a template of your own",
                           "rocmforge template my.jinja --messages chat.json --kwarg "
                           "enable_thinking=false"}});
  command->callback([options, &program] {
    program.skip_config();
    program.set_action([options] { return print_prompt(*options); });
  });
}

}  // namespace forge::cli
