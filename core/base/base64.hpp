// core/base/base64.hpp: bytes in JSON.
#ifndef FORGE_CORE_BASE_BASE64_HPP_
#define FORGE_CORE_BASE_BASE64_HPP_

#include <string>
#include <string_view>

#include "forge/sdk/status.hpp"

namespace forge {

// RFC 4648, section 4, with padding.
std::string encode_base64(std::string_view bytes);

// Padding may be missing. Errors: kInvalidArgument for any other character and for a length that no
// bytes have; names the position.
Result<std::string> decode_base64(std::string_view text);

}  // namespace forge

#endif  // FORGE_CORE_BASE_BASE64_HPP_
