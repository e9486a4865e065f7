// host/cli/terminal.hpp: what is known about the terminal, if there is one.
#ifndef FORGE_HOST_CLI_TERMINAL_HPP_
#define FORGE_HOST_CLI_TERMINAL_HPP_

#include <cstddef>
#include <cstdio>
#include <string_view>

namespace forge::cli {

bool is_terminal(std::FILE* stream);

// Columns of the terminal; 80 when the stream is none or does not say.
std::size_t terminal_width(std::FILE* stream);

// Whether colours are wanted: a terminal, not TERM=dumb, and NO_COLOR (no-color.org) not set.
bool wants_colour(std::FILE* stream);

// Columns that a text takes: 2 for East Asian wide characters and emoji, 0 for combining marks, 1
// for the rest. Good enough to line up tables; not a full implementation of UAX #11.
std::size_t display_width(std::string_view text);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_TERMINAL_HPP_
