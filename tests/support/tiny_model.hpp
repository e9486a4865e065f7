// tests/support/tiny_model.hpp: whole models of a few kilobytes, with a tokenizer, made when a test
// runs.
#ifndef FORGE_TESTS_SUPPORT_TINY_MODEL_HPP_
#define FORGE_TESTS_SUPPORT_TINY_MODEL_HPP_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/model.hpp"
#include "core/graph/pack_device.hpp"
#include "core/plugin/registry.hpp"
#include "forge/abi/tensor.h"

namespace forge::test {

// A dense decoder with random weights: "qwen3" (norms on Q and K) or "llama". Its vocabulary is
// bytes 0 .. 255, a few merges ("he", "ll", "the"), and control tokens.
struct TinyModel {
  std::string architecture = "qwen3";
  std::uint32_t matrix_type = FORGE_TYPE_F32;  // of all matrices but the embeddings
  std::uint32_t embedding_type = FORGE_TYPE_F32;
  std::uint32_t n_embd = 64, n_ff = 96, n_layers = 2;
  std::uint32_t n_heads = 4, n_kv_heads = 2, head_dim = 16;
  std::uint32_t n_ctx = 256;
  std::uint32_t window = 0;  // llama only
  bool tied = false;         // no output.weight
  bool chat_template = true;
  std::uint32_t seed = 1;
  float spread = 0.2f;  // standard deviation of matrices: answers that are not all alike
};

// Tokens of the vocabulary that tests name.
inline constexpr std::int32_t kTinyTokens = 263;
inline constexpr std::int32_t kTinyThe = 259;
inline constexpr std::int32_t kTinyEnd = 260;    // <|end|>: ends an answer
inline constexpr std::int32_t kTinyStart = 261;  // <|start|>
inline constexpr std::int32_t kTinyStop = 262;   // <|stop|>: a control token without a job

// Writes the model to `path`, which must not exist.
void write_tiny_model(const std::string& path, const TinyModel& shape = {});

// The architectures "qwen3" and "llama" without plugins. Lives until the end.
const plugin::PluginView& tiny_architectures();

// Such a model, opened from a file that is gone already.
std::shared_ptr<const engine::Model> open_tiny_model(const TinyModel& shape = {});

// An engine of it on `packs`, else on the reference executor. EngineOptions::memory_limit is set to
// "enough" where it is 0.
std::unique_ptr<engine::Engine> tiny_engine(
    std::shared_ptr<const engine::Model> model, engine::EngineOptions options,
    std::vector<std::shared_ptr<graph::PackDevice>> packs = {});

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_TINY_MODEL_HPP_
