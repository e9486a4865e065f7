// Renders many small templates in one process, for comparison with other implementations.
//
// Reads one JSON object per line: {"template": "...", "variables": {...}, "now": "2025-01-31",
// "adapt": false}; writes one per line: {"text": "..."} or {"error": "..."}.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/text/jinja/template.hpp"

namespace {

using forge::jinja::Data;
using forge::jinja::DateTime;
using forge::jinja::RenderOptions;
using forge::jinja::Template;

nlohmann::json answer(const forge::Result<std::string>& result) {
  if (result.ok()) return {{"text", *result}};
  return {{"error", result.status().message()}};
}

forge::Result<std::string> render(const std::string& line) {
  FORGE_ASSIGN(const Data request, Data::parse_json(line));
  const Data* source = request.find("template");
  if (source == nullptr || source->as_string() == nullptr) {
    return forge::invalid_argument("the request has no template");
  }
  RenderOptions options;
  if (const Data* now = request.find("now")) {
    FORGE_ASSIGN(options.now, DateTime::parse(*now->as_string()));
  }
  if (const Data* adapt = request.find("adapt")) options.allow_mutation = *adapt->as_bool();
  FORGE_ASSIGN(const Template parsed, Template::parse(*source->as_string()));
  const Data* variables = request.find("variables");
  return parsed.render(variables != nullptr ? *variables : Data(), options);
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto replace = nlohmann::json::error_handler_t::replace;
    std::cout << answer(render(line)).dump(-1, ' ', false, replace) << '\n';
  }
  return 0;
}
