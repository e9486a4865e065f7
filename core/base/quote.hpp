// core/base/quote.hpp: foreign bytes made fit for messages, logs and JSON.
//
// Names, keys and values out of files and command lines may hold anything. These functions let
// printable UTF-8 through and make the rest visible, so that a message stays one line and cannot
// drive a terminal. Pure functions; thread-safe.
#ifndef FORGE_CORE_BASE_QUOTE_HPP_
#define FORGE_CORE_BASE_QUOTE_HPP_

#include <cstddef>
#include <string>
#include <string_view>

namespace forge {

// Appends `text` with control characters (C0, DEL, C1) and invalid bytes written as \n, \t, \xNN or
// \u{NNNN}. Backslashes stay as they are: this is for people to read, not to parse.
void append_printable(std::string& out, std::string_view text);
std::string printable(std::string_view text);

// 'text', printable, cut after about `limit` bytes with "..." in place of the rest.
std::string quote(std::string_view text, std::size_t limit = 80);

// Appends "text" as a JSON string: valid UTF-8 whatever comes in (an invalid byte becomes U+FFFD),
// control characters escaped (RFC 8259, section 7).
void append_json_string(std::string& out, std::string_view text);

}  // namespace forge

#endif  // FORGE_CORE_BASE_QUOTE_HPP_
