#include "host/cli/config_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <variant>

#include "core/config/value.hpp"

namespace forge::cli {
namespace {

using config::Accessor;
using config::Key;

// What stands for the value in help: "N", "FILE", "text|json".
std::string type_name(const Key& key) {
  if (!key.choices.empty() && std::holds_alternative<Accessor<std::string>>(key.field)) {
    return fmt::format("{}", fmt::join(key.choices, "|"));
  }
  struct Visitor {
    const Key& key;
    std::string operator()(const Accessor<bool>&) const { return ""; }
    std::string operator()(const Accessor<std::int64_t>&) const { return "N"; }
    std::string operator()(const Accessor<double>&) const { return "X"; }
    std::string operator()(const Accessor<std::string>&) const {
      return key.is_folder ? "DIR" : key.is_path ? "FILE" : "TEXT";
    }
    std::string operator()(const Accessor<config::Strings>&) const {
      return key.is_path ? "DIR" : "TEXT";
    }
    std::string operator()(const Accessor<config::Biases>&) const { return "ID=X"; }
    std::string operator()(const Accessor<config::Names>&) const { return "NAME=LEVEL"; }
  };
  return std::visit(Visitor{key}, key.field);
}

bool takes_many(const Key& key) {
  return std::holds_alternative<Accessor<config::Strings>>(key.field) ||
         std::holds_alternative<Accessor<config::Biases>>(key.field);
}

// Help, and the default where it says something.
std::string description(const Key& key) {
  std::string out(key.help);
  const config::Value value = config::get(Config{}, key);
  const std::string text = config::to_toml(value);
  if (takes_many(key)) {
    out += "; may be repeated";
  } else if (text != "\"\"") {
    out += fmt::format(
        " [{}]", std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : text);
  }
  return out;
}

// "--threads" of "-t,--threads": what messages call the flag.
std::string_view long_name(std::string_view flag) {
  flag.remove_prefix(std::min(flag.find("--"), flag.size()));
  return flag.substr(0, flag.find(','));
}

void add_switch(CLI::App& command, const Key& key, const std::string& group,
                std::vector<config::FlagValue>& out) {
  const std::string_view name = long_name(key.flag);
  // "!" makes CLI11 count the opposite down, so that the sign tells which one was given.
  const std::string names = fmt::format("{},!--no-{}", key.flag, name.substr(2));
  const auto store = [&key, &out, name](std::int64_t count) {
    add_flag_value(out, key, name, count > 0 ? "true" : "false");
  };
  command.add_flag_function(names, store, description(key))->group(group);
}

void add_option(CLI::App& command, const Key& key, const std::string& group,
                std::vector<config::FlagValue>& out) {
  const auto store = [&key, &out](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) add_flag_value(out, key, long_name(key.flag), text);
  };
  command
      .add_option_function<std::vector<std::string>>(std::string(key.flag), store, description(key))
      ->type_name(type_name(key))
      ->type_size(1)
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
}

}  // namespace

void add_flag_value(std::vector<config::FlagValue>& flags, const Key& key, std::string_view flag,
                    std::string text) {
  const auto same = std::ranges::find_if(
      flags, [&](const config::FlagValue& f) { return f.key == &key && f.flag == flag; });
  if (same == flags.end()) {
    flags.push_back({&key, std::string(flag), {std::move(text)}});
  } else {
    same->texts.push_back(std::move(text));
  }
}

void add_config_options(CLI::App& command, std::string_view name, std::string_view group,
                        std::vector<config::FlagValue>& out) {
  for (const Key& key : config::keys()) {
    if (key.flag.empty() || (key.section != name && key.full_name() != name)) continue;
    const std::string_view heading =
        group.empty() ? config::find_section(key.section)->help : group;
    if (std::holds_alternative<Accessor<bool>>(key.field)) {
      add_switch(command, key, std::string(heading), out);
    } else {
      add_option(command, key, std::string(heading), out);
    }
  }
}

}  // namespace forge::cli
