#include "host/chat/generation_options.hpp"

#include <random>

namespace forge {

engine::GenerationRequest generation_request(const SamplingConfig& config) {
  engine::GenerationRequest request;
  engine::SamplingParams& s = request.sampling;
  s.temperature = static_cast<float>(config.temperature);
  s.top_k = static_cast<std::int32_t>(config.top_k);
  s.top_p = static_cast<float>(config.top_p);
  s.min_p = static_cast<float>(config.min_p);
  s.typical_p = static_cast<float>(config.typical_p);
  s.repetition_penalty = static_cast<float>(config.repetition_penalty);
  s.presence_penalty = static_cast<float>(config.presence_penalty);
  s.frequency_penalty = static_cast<float>(config.frequency_penalty);
  s.penalty_window = static_cast<std::int32_t>(config.penalty_window);
  for (const auto& [token, bias] : config.logit_bias)
    s.logit_bias.emplace_back(static_cast<std::int32_t>(token), static_cast<float>(bias));
  if (config.seed < 0) {
    std::random_device device;
    s.seed = (std::uint64_t{device()} << 32) | device();
  } else {
    s.seed = static_cast<std::uint64_t>(config.seed);
  }
  request.max_tokens = static_cast<std::uint32_t>(config.max_tokens);
  request.stop = config.stop;
  return request;
}

}  // namespace forge
