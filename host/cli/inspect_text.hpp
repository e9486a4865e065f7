// host/cli/inspect_text.hpp: a model file described for people.
#ifndef FORGE_HOST_CLI_INSPECT_TEXT_HPP_
#define FORGE_HOST_CLI_INSPECT_TEXT_HPP_

#include <string>

#include "core/gguf/file.hpp"
#include "core/gguf/summary.hpp"

namespace forge::cli {

// What the file is, its model, the mix of its types, its tokenizer and all metadata, arrays and
// long strings cut; with `with_tensors` also a table of the tensors. Text out of the file is made
// printable.
std::string inspect_text(const gguf::File& file, const gguf::Summary& summary, bool with_tensors);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_INSPECT_TEXT_HPP_
