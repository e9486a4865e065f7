// host/cli/inspect_json.hpp: a model file described for machines.
#ifndef FORGE_HOST_CLI_INSPECT_JSON_HPP_
#define FORGE_HOST_CLI_INSPECT_JSON_HPP_

#include <string>

#include "core/gguf/file.hpp"
#include "core/gguf/summary.hpp"

namespace forge::cli {

// One JSON object with everything the header of the file holds, complete; docs/gguf.md describes
// its fields, whose names and meanings stay. What the file does not say is null. Strings that are
// not UTF-8 are {"hex": "c328"}; numbers that JSON has not are "nan", "inf" and "-inf".
std::string inspect_json(const gguf::File& file, const gguf::Summary& summary);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_INSPECT_JSON_HPP_
