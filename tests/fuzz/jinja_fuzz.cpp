// Parses any text as a template and renders it, as an engine and as transformers would.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text/jinja/template.hpp"

namespace {

using forge::jinja::Data;
using forge::jinja::RenderOptions;
using forge::jinja::Template;

const Data& variables() {
  static const Data data = *Data::parse_json(R"({
    "n": 42, "f": 2.5, "big": 123456789012345678901234567890, "t": true, "nil": null, "e": "",
    "s": "hello World", "u": "Zoë ß ΑΣ 你好 😀", "xs": [3, 1, 2, 1], "ws": ["pear", "Fig", "apple"],
    "d": {"b": 1, "a": "x", "C": null}, "nested": {"x": {"y": [1, {"q": "r"}]}},
    "messages": [
      {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "123456789", "type": "function", "function": {"name": "f", "arguments": {"q": 1.0}}}]},
      {"role": "tool", "content": [{"type": "text", "text": "42"}], "name": "f"}],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d",
      "parameters": {"type": "object", "properties": {"q": {"type": ["number", "null"]}}}}}],
    "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>"})");
  return data;
}

// An error is a sentence with a place, and never a slip of the interpreter itself.
void check_error(const forge::Status& status) {
  const bool has_place = status.message().find(", line ") != std::string::npos;
  if (!has_place || status.code() == forge::Code::kInternal) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  static_cast<void>(Data::parse_json(source));
  const auto parsed = Template::parse(source);
  if (!parsed.ok()) {
    check_error(parsed.status());
    return 0;
  }
  for (const bool allow_mutation : {false, true}) {
    RenderOptions options;
    options.limits.steps = 100'000;
    options.limits.memory = std::size_t{8} << 20;
    options.limits.output = std::size_t{1} << 20;
    options.now = forge::jinja::DateTime{2025, 1, 31, 12, 0, 0};
    options.allow_mutation = allow_mutation;
    const auto text = parsed->render(variables(), options);
    if (!text.ok()) check_error(text.status());
  }
  return 0;
}
