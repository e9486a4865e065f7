// host/chat/generation_options.hpp: the [sampling] section as the engine wants it.
#ifndef FORGE_HOST_CHAT_GENERATION_OPTIONS_HPP_
#define FORGE_HOST_CHAT_GENERATION_OPTIONS_HPP_

#include "core/config/config.hpp"
#include "core/engine/generation.hpp"

namespace forge {

// Everything but the prompt. A seed of -1 becomes a random one.
engine::GenerationRequest generation_request(const SamplingConfig& config);

}  // namespace forge

#endif  // FORGE_HOST_CHAT_GENERATION_OPTIONS_HPP_
