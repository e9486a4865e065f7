// host/bench/model_shapes.hpp: the sizes of well-known models, from their published configurations.
#ifndef FORGE_HOST_BENCH_MODEL_SHAPES_HPP_
#define FORGE_HOST_BENCH_MODEL_SHAPES_HPP_

#include <array>
#include <cstdint>
#include <string_view>

namespace forge::bench {

struct ModelShape {
  std::string_view name, architecture;
  std::uint32_t n_embd, n_layers, n_ff, n_heads, n_kv_heads, head_dim, n_vocab;
  bool tied;  // the output matrix is the embedding
  float rope_base, eps;
  std::uint32_t n_ctx;
  bool rope_factors;  // has rope_freqs.weight
};

// https://huggingface.co/{Qwen,meta-llama,mistralai}/*/blob/main/config.json
inline constexpr std::array kModelShapes = {
    ModelShape{"qwen2.5-0.5b", "qwen2", 896, 24, 4864, 14, 2, 64, 151936, true, 1e6f, 1e-6f, 32768,
               false},
    ModelShape{"qwen2.5-1.5b", "qwen2", 1536, 28, 8960, 12, 2, 128, 151936, true, 1e6f, 1e-6f,
               32768, false},
    ModelShape{"qwen2.5-3b", "qwen2", 2048, 36, 11008, 16, 2, 128, 151936, true, 1e6f, 1e-6f, 32768,
               false},
    ModelShape{"qwen2.5-7b", "qwen2", 3584, 28, 18944, 28, 4, 128, 152064, false, 1e6f, 1e-6f,
               32768, false},
    ModelShape{"qwen2.5-14b", "qwen2", 5120, 48, 13824, 40, 8, 128, 152064, false, 1e6f, 1e-6f,
               32768, false},
    ModelShape{"qwen3-0.6b", "qwen3", 1024, 28, 3072, 16, 8, 128, 151936, true, 1e6f, 1e-6f, 40960,
               false},
    ModelShape{"qwen3-1.7b", "qwen3", 2048, 28, 6144, 16, 8, 128, 151936, true, 1e6f, 1e-6f, 40960,
               false},
    ModelShape{"qwen3-4b", "qwen3", 2560, 36, 9728, 32, 8, 128, 151936, true, 1e6f, 1e-6f, 40960,
               false},
    ModelShape{"qwen3-8b", "qwen3", 4096, 36, 12288, 32, 8, 128, 151936, false, 1e6f, 1e-6f, 40960,
               false},
    ModelShape{"qwen3-14b", "qwen3", 5120, 40, 17408, 40, 8, 128, 151936, false, 1e6f, 1e-6f, 40960,
               false},
    ModelShape{"llama-3.2-1b", "llama", 2048, 16, 8192, 32, 8, 64, 128256, true, 5e5f, 1e-5f,
               131072, true},
    ModelShape{"llama-3.2-3b", "llama", 3072, 28, 8192, 24, 8, 128, 128256, true, 5e5f, 1e-5f,
               131072, true},
    ModelShape{"llama-3.1-8b", "llama", 4096, 32, 14336, 32, 8, 128, 128256, false, 5e5f, 1e-5f,
               131072, true},
    ModelShape{"llama-2-7b", "llama", 4096, 32, 11008, 32, 32, 128, 32000, false, 1e4f, 1e-5f, 4096,
               false},
    ModelShape{"mistral-7b", "llama", 4096, 32, 14336, 32, 8, 128, 32768, false, 1e6f, 1e-5f, 32768,
               false},
};

}  // namespace forge::bench

#endif  // FORGE_HOST_BENCH_MODEL_SHAPES_HPP_
