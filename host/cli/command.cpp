#include "host/cli/command.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "host/cli/config_options.hpp"
#include "host/cli/logging.hpp"
#include "host/cli/usage_error.hpp"
#include "host/cli/version.hpp"

namespace forge::cli {
namespace {

constexpr const char* kGlobalGroup = "Options of every command";

// Prints "error: " and the message, a line for each of its lines.
void print_error(std::string_view message) {
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    fmt::print(stderr, "error: {}\n", printable(message.substr(0, end)));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
}

std::string exit_codes_text() {
  std::string text = "Exit codes:\n";
  for (const ExitCodeInfo& info : kExitCodes)
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(info.code), info.meaning);
  return text;
}

// What was printed has to have arrived: a full disk is an error, not a short file.
Status flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  return data_loss(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

// Says what went wrong, if anything; returns the exit code.
int finish(Status status) {
  if (status.ok()) status = flush_output();
  if (!status.ok() && status.code() != Code::kCancelled) print_error(status.message());
  return exit_code(status);
}

// Status of `action`, whatever it throws.
Status run_fenced(const std::function<Status()>& action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    return resource_exhausted("out of memory");
  } catch (const std::exception& error) {
    return internal_error(fmt::format("unexpected exception: {}", error.what()));
  }
}

}  // namespace

Program::Program(CLI::App& app) : app_(app) {
  install_help(app);
  app.fallthrough();  // options of the program are understood behind a subcommand, too
  app.option_defaults()->group(kGlobalGroup);
  add_global_options();
  app.footer(exit_codes_text());
  app.option_defaults()->group("Options");
}

void Program::add_global_options() {
  app_.set_help_flag("-h,--help", "Print this help");
  app_.add_flag_callback(
      "--version",
      [] {
        fmt::print("{}", version_text());
        throw CLI::Success();
      },
      "Print the version, the plugin ABI and how the program was built");
  app_.add_option("--config", config_file_,
                  "Read this TOML file in place of the user's own configuration (FORGE_CONFIG)")
      ->type_name("FILE")
      ->envname("FORGE_CONFIG");
  app_.add_flag("--no-config", no_config_, "Read no configuration file");
  app_.add_option("--set", assignments_,
                  "Set any configuration key, as in sampling.top_k=20; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app_.add_flag("-q,--quiet", quiet_, "Print no progress and no notes, only results and errors");
  cli::add_config_options(app_, "logging", kGlobalGroup, flags_);
}

void Program::add_config_options(CLI::App& command, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) cli::add_config_options(command, name, "", flags_);
}

int Program::run(int argc, const char* const* argv) {
  // A reader that goes away ("| head") ends the program quietly, also where the parent ignores it.
  std::signal(SIGPIPE, SIG_DFL);
  const int code = parse(argc, argv);
  if (code >= 0) return code;
  if (const Status status = run_fenced([this] { return load_config(); }); !status.ok()) {
    print_error(status.message());
    return kExitUsage;
  }
  return finish(run_fenced(action_));
}

// An exit code, or -1 to go on.
int Program::parse(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    if (const auto words = app_.remaining(); !words.empty() && app_.get_subcommands().empty()) {
      print_error(usage_error(app_, CLI::ExtrasError(app_.get_name(), words)));
      return kExitUsage;  // help of a command there is not
    }
    fmt::print("{}", innermost_command(app_).help());
    return finish({});
  } catch (const CLI::Success&) {
    return finish({});
  } catch (const CLI::ParseError& error) {
    print_error(usage_error(app_, error));
    return kExitUsage;
  } catch (const std::exception& error) {
    print_error(error.what());
    return kExitError;
  }
  if (action_) return -1;
  fmt::print(stderr, "{}", innermost_command(app_).help());
  return kExitUsage;
}

Status Program::load_config() {
  if (skip_config_) return {};
  const config::Environment environment = config::process_environment();
  for (const std::string& assignment : assignments_) {
    const std::size_t equals = assignment.find('=');
    const std::string name = assignment.substr(0, equals);
    const config::Key* key = config::find(name);
    if (key == nullptr) {
      const std::size_t dot = name.find('.');
      const bool has_section = dot != std::string::npos;
      return invalid_argument(
          fmt::format("--set: unknown key {}{}", quote(name),
                      config::suggest_key(has_section ? name.substr(0, dot) : "",
                                          has_section ? name.substr(dot + 1) : name)));
    }
    if (equals == std::string::npos) {
      return invalid_argument(fmt::format("--set {}: write it as {}=VALUE", name, name));
    }
    add_flag_value(flags_, *key, "--set " + name, assignment.substr(equals + 1));
  }
  if (no_config_) {
    config_file_.clear();
  } else if (config_file_.empty()) {
    config_file_ = config::user_config_file(environment);
  }
  FORGE_ASSIGN(loaded_, config::load({config_file_, environment, flags_}));
  FORGE_TRY(install_logging(loaded_.config.logging));
  log::get("config").debug("configuration file: {}", config_file_.empty() ? "none" : config_file_);
  return {};
}

void add_all_commands(CLI::App& app, Program& program) {
#define FORGE_COMMAND(name) add_##name(app, program);
#include "host/cli/commands.inc"
#undef FORGE_COMMAND
}

}  // namespace forge::cli
