// host/cli/help.hpp: how --help looks.
#ifndef FORGE_HOST_CLI_HELP_HPP_
#define FORGE_HOST_CLI_HELP_HPP_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace forge::cli {

struct Example {
  std::string_view what;     // "Continue a prompt, always the same way"
  std::string_view command;  // "rocmforge run -p 'Once upon' --seed 7"
};

// Puts examples at the end of a subcommand's help.
void add_examples(CLI::App& command, std::initializer_list<Example> examples);

// Makes `app`, and all subcommands added to it later, print their help this way: what it does,
// usage, arguments, options by group, global options, examples; wrapped at the terminal's width.
void install_help(CLI::App& app);

// What the help of `app` says, wrapped at `width` columns.
std::string help_text(const CLI::App& app, std::size_t width);

// "MS", "DIR": what stands for an option's value, without what its checks add ("MS:INT in [1 -
// 9]").
std::string option_type(const CLI::Option& option);

// "-t, --threads N": an option's names and value as help, manual page and docs write them.
std::string option_signature(const CLI::Option& option);

// The values an option's type name lists ("text|json"), or nothing.
std::vector<std::string> option_choices(const CLI::Option& option);

// Breaks `text` into lines of at most `width` columns (a longer word stays whole); every line after
// the first begins with `indent` spaces, which count.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_HELP_HPP_
