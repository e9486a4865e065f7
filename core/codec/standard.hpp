// core/codec/standard.hpp: the codecs that come with the host.
#ifndef FORGE_CORE_CODEC_STANDARD_HPP_
#define FORGE_CORE_CODEC_STANDARD_HPP_

#include <span>

#include "forge/abi/codec.h"

namespace forge {

// F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS MXFP4 in both
// directions; IQ2_S IQ3_S IQ3_XXS are only decoded. Static; thread-safe.
std::span<const forge_codec_v1* const> standard_codecs();

}  // namespace forge

#endif  // FORGE_CORE_CODEC_STANDARD_HPP_
