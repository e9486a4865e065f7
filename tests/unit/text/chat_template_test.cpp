#include "core/text/chat_template.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/text/chat_template_gguf.hpp"
#include "tests/catch.hpp"

namespace forge::text {
namespace {

Data message(std::string_view role, Data content) {
  return Data::object({{"role", role}, {"content", std::move(content)}});
}

Data call(Data content, Data arguments) {
  Data function = Data::object({{"name", "f"}, {"arguments", std::move(arguments)}});
  Data out = message("assistant", std::move(content));
  out.set("tool_calls",
          Data::Array{Data::object(
              {{"id", "123456789"}, {"type", "function"}, {"function", std::move(function)}})});
  return out;
}

ChatTemplate compile(std::string source) {
  ChatTemplateSource from;
  from.chat = std::move(source);
  from.bos_token = "<s>";
  from.eos_token = "</s>";
  auto out = ChatTemplate::compile(std::move(from));
  REQUIRE((out.ok() ? "" : out.status().message()) == std::string());
  return *std::move(out);
}

std::string render(const ChatTemplate& chat, Data messages, ChatForm form = ChatForm::kAdapted) {
  ChatRequest request;
  request.messages = std::move(messages);
  auto text = chat.render(request, form);
  return text.ok() ? *text : "error: " + text.status().message();
}

constexpr const char* kPlain =
    "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}";

TEST_CASE("a conversation becomes a prompt with the model's tokens and the request's variables") {
  const ChatTemplate chat = compile(std::string(kPlain) + "{{ mood }}{{ strftime_now('%Y') }}");
  ChatRequest request;
  request.messages = Data::Array{message("user", "Hi")};
  request.variables = Data::object({{"mood", "calm"}});
  request.now = DateTime{1999, 1, 1};
  CHECK(*chat.render(request) == "<s>user:Hi;assistant:calm1999");
  request.add_generation_prompt = false;
  request.variables.set("bos_token", "");
  CHECK(*chat.render(request) == "user:Hi;calm1999");
}

TEST_CASE("tools choose the template for tools, and are not seen when there are none") {
  ChatTemplateSource source;
  source.chat = "plain {{ tools is defined }}";
  source.tool_use = "with tools {{ tools|length }}";
  const auto chat = ChatTemplate::compile(source);
  REQUIRE(chat.ok());
  ChatRequest request;
  request.messages = Data::Array{message("user", "Hi")};
  CHECK(*chat->render(request) == "plain False");
  request.tools = Data::Array{};
  CHECK(*chat->render(request) == "plain False");
  CHECK(*chat->render(request, ChatForm::kExact) == "plain True");
  request.tools = Data::Array{Data::object({{"type", "function"}})};
  CHECK(*chat->render(request) == "with tools 1");
}

TEST_CASE("wrong requests are told apart") {
  const ChatTemplate chat = compile(kPlain);
  CHECK(render(chat, Data("Hi")) == "error: 'messages' must be an array of messages, not string");
  CHECK(render(chat, Data::Array{message("user", ""), Data(5)}) ==
        "error: messages[1] must be an object, not number");
  CHECK(render(chat, Data::Array{Data::object({{"content", "x"}})}) ==
        "error: messages[0] has no 'role'");
  CHECK(render(chat, Data::Array{Data::object({{"role", 1}})}) ==
        "error: messages[0].role must be a string, not number");
  ChatRequest request;
  request.messages = Data::Array{};
  request.tools = "none";
  CHECK(chat.render(request).status().message() == "'tools' must be an array of tools, not string");
  ChatTemplateSource broken;
  broken.chat = "{% if %}";
  broken.name = "m.gguf";
  CHECK(ChatTemplate::compile(broken).status().message().starts_with(
      "m.gguf, line 1, column 7: Expected an expression"));
}

// Templates that print arguments in the ways that are found in the wild.
constexpr const char* kDumps =
    "{% for m in messages %}{{ m.content or '' }}{% for c in m.tool_calls or [] %}"
    "{{ c.function.arguments|tojson }}{% endfor %}{% endfor %}";
constexpr const char* kEither =
    "{% for m in messages %}{{ m.content or '' }}{% for c in m.tool_calls or [] %}"
    "{% set a = c.function.arguments %}{{ a if a is string else a|tojson }}{% endfor %}{% endfor "
    "%}";
constexpr const char* kAppends =
    "{% for m in messages %}{{ m.content or '' }}{% for c in m.tool_calls or [] %}"
    "{{ '<' + c.function.arguments + '>' }}{% endfor %}{% endfor %}";

TEST_CASE("arguments come in the form that the template prints well") {
  const Data text = R"({"a":1})";
  const Data object = Data::object({{"a", 1}});
  const Data user = message("user", "");
  CHECK(render(compile(kDumps), Data::Array{user, call(Data(), text)}) == R"({"a": 1})");
  CHECK(render(compile(kDumps), Data::Array{user, call(Data(), object)}) == R"({"a": 1})");
  CHECK(render(compile(kDumps), Data::Array{user, call(Data(), text)}, ChatForm::kExact) ==
        R"("{\"a\":1}")");
  // Text that the template takes stays the text the model wrote.
  CHECK(render(compile(kEither), Data::Array{user, call(Data(), text)}) == R"({"a":1})");
  CHECK(render(compile(kEither), Data::Array{user, call(Data(), object)}) == R"({"a": 1})");
  CHECK(render(compile(kAppends), Data::Array{user, call(Data(), text)}) == R"(<{"a":1}>)");
  CHECK(render(compile(kAppends), Data::Array{user, call(Data(), object)}) == R"(<{"a": 1}>)");
  CHECK(render(compile(kAppends), Data::Array{user, call(Data(), object)}, ChatForm::kExact)
            .find("can only concatenate") != std::string::npos);
  // No object: passed on as it is.
  CHECK(render(compile(kDumps), Data::Array{user, call(Data(), "not json")}) == R"("not json")");
}

TEST_CASE("null content becomes what the template takes") {
  const char* concatenates =
      "{% for m in messages %}{{ m.role + ':' + m.content }}"
      "{% for c in m.tool_calls or [] %}{{ c.function.arguments|tojson }}{% endfor %};{% endfor %}";
  const char* prints =
      "{% for m in messages %}{{ m.role }}:{{ m.content }}"
      "{% for c in m.tool_calls or [] %}{{ c.function.arguments|tojson }}{% endfor %};{% endfor %}";
  const char* wants_null =
      "{% for m in messages %}{% if m.content is none %}{{ "
      "m.tool_calls[0].function.arguments|tojson }}"
      "{% else %}{{ m.content }}{% endif %};{% endfor %}";
  const Data object = Data::object({{"a", 1}});
  const Data user = message("user", "u");
  CHECK(render(compile(concatenates), Data::Array{user, call(Data(), object)}) ==
        "user:u;assistant:{\"a\": 1};");
  CHECK(render(compile(prints), Data::Array{user, call(Data(), object)}) ==
        "user:u;assistant:{\"a\": 1};");
  CHECK(render(compile(wants_null), Data::Array{user, call("", object)}) == "u;{\"a\": 1};");
  CHECK(render(compile(wants_null), Data::Array{user, call(Data(), object)}) == "u;{\"a\": 1};");
  Data without = call(Data(), object);
  without.as_object()->erase(without.as_object()->begin() + 1);
  CHECK(render(compile(concatenates), Data::Array{user, without}) ==
        "user:u;assistant:{\"a\": 1};");
  CHECK(render(compile(prints), Data::Array{user, call(Data(), object)}, ChatForm::kExact) ==
        "user:u;assistant:None{\"a\": 1};");
}

TEST_CASE("content of parts becomes text, and text a list of parts, where it must") {
  const Data parts = Data::Array{Data::object({{"type", "text"}, {"text", "a"}}),
                                 Data::object({{"type", "text"}, {"text", "b"}})};
  const Data image = Data::Array{Data::object({{"type", "image_url"}, {"image_url", "x"}})};
  const char* wants_list =
      "{% for m in messages %}{% for p in m.content %}[{{ p.text }}]{% endfor %}{% endfor %}";
  CHECK(render(compile(kPlain), Data::Array{message("user", parts)}) == "<s>user:a\nb;assistant:");
  CHECK(render(compile(kPlain), Data::Array{message("user", image)}).find("image_url") !=
        std::string::npos);
  CHECK(render(compile(wants_list), Data::Array{message("user", parts)}) == "[a][b]");
  CHECK(render(compile(wants_list), Data::Array{message("user", "a")}) == "[a]");
}

TEST_CASE("what a template can take is found out once") {
  const ChatTraits dumps = compile(kDumps).traits(false);
  CHECK_FALSE(dumps.text_arguments);
  CHECK(dumps.object_arguments);
  CHECK(compile(kEither).traits(true).text_arguments);
  const ChatTraits appends = compile(kAppends).traits(false);
  CHECK(appends.text_arguments);
  CHECK_FALSE(appends.object_arguments);
  // A template that refuses everything is left alone.
  CHECK(render(compile("{{ raise_exception('never') }}"), Data::Array{message("user", "x")})
            .find("never") != std::string::npos);
}

TEST_CASE("lists of a template can be appended to, as some templates do") {
  const char* queue =
      "{% set ns = namespace(ids=[]) %}{% for m in messages %}{% set _ = ns.ids.append(m.role) %}"
      "{% endfor %}{{ ns.ids }}";
  CHECK(render(compile(queue), Data::Array{message("user", "x")}) == "['user']");
  CHECK(render(compile(queue), Data::Array{message("user", "x")}, ChatForm::kExact)
            .find("is unsafe") != std::string::npos);
}

TEST_CASE("the chat templates that models ship can all be used") {
  const std::filesystem::path folder(FORGE_SHARED_DATA "/templates");
  if (!std::filesystem::exists(folder)) {
    fmt::print("skipped: no chat templates of models in {}\n", folder.string());
    return;
  }
  const Data calls = Data::Array{
      message("user", "What is up?"), call(Data(), R"({"q":"x"})"),
      Data::object(
          {{"role", "tool"}, {"tool_call_id", "123456789"}, {"name", "f"}, {"content", "42"}})};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const ChatTemplate chat = compile({std::istreambuf_iterator<char>(stream), {}});
    INFO(entry.path().filename().string());
    const std::string prompt = render(chat, Data::Array{message("user", "What is up?")});
    CHECK(prompt.find("What is up?") != std::string::npos);
    CHECK(prompt.find("error: ") == std::string::npos);
    const ChatTraits& traits = chat.traits(false);
    CHECK(traits.text_content);
    // With tools: what the template prints of a call is the call, not a quoted text or "None".
    if (!traits.text_arguments && !traits.object_arguments) continue;
    const std::string with_calls = render(chat, calls);
    if (with_calls.starts_with("error: ")) continue;  // it refuses such conversations
    CHECK(with_calls.find("None") == std::string::npos);
    CHECK(with_calls.find("{\\\"q\\\"") == std::string::npos);
  }
}

}  // namespace
}  // namespace forge::text
