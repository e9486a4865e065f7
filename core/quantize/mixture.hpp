// core/quantize/mixture.hpp: which type each tensor of a model gets when the model is quantized.
//
// A mixture is a base type and rules that give some tensors more bits: the output matrix always,
// attention values and the down projection in some layers. The rules are those of llama.cpp
// (https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp), so that a file quantized
// here has the types of one that was quantized there; tests compare with what it answered.
#ifndef FORGE_CORE_QUANTIZE_MIXTURE_HPP_
#define FORGE_CORE_QUANTIZE_MIXTURE_HPP_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codec/registry.hpp"
#include "forge/abi/codec.h"
#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::quantize {

// What the rules ask about a model.
struct ModelShape {
  std::string architecture;
  std::uint32_t n_layers = 0;
  std::uint32_t n_heads = 0;
  std::uint32_t n_kv_heads = 0;
  std::uint32_t n_experts = 0;
};

// The part a tensor plays, by its name.
enum class Role {
  kOther,
  kEmbedding,
  kOutput,
  kAttentionValue,  // alone or fused with query and key
  kAttentionKey,
  kAttentionOutput,
  kFeedForwardDown,
};

// The layers a rule is for. "Index" counts the tensors of the role by rising layer.
enum class Layers {
  kAll,
  kMoreBits,  // the first and last eighth and every third of the rest
  kFirstTwo,
  kFirstFour,
  kFirstEighth,
  kFirstSixteenth,
};

struct Rule {
  Role role;
  Layers layers;
  std::uint32_t type;
};

struct Mixture {
  std::string name;                        // "Q4_K_M"
  const forge_codec_v1* base = nullptr;    // what most tensors get
  std::span<const Rule> rules;             // the first that fits decides; static
  std::optional<std::uint32_t> file_type;  // value of general.file_type; none for private types
};

// A mixture by name, in upper or lower case: Q3_K_S, Q3_K_M, Q3_K_L, Q4_K_S, Q4_K_M, Q5_K_S,
// Q5_K_M, or the name of a codec for that type everywhere but in the output matrix. kNotFound
// suggests the nearest name; kUnimplemented: that codec cannot encode. `codecs` must outlive the
// mixture.
Result<Mixture> find_mixture(std::string_view name, const CodecView& codecs);

// Names of the mixtures that are not codecs, for help and completion.
std::vector<std::string_view> mixture_names();

// The user's wishes; they come before the rules.
struct Override {
  std::string pattern;  // of tensor names; '*' stands for any text
  std::uint32_t type;
};
struct Wishes {
  bool pure = false;                            // no rules: the base type wherever its blocks fit
  std::optional<std::uint32_t> output_type;     // of the output matrix, tied or not
  std::optional<std::uint32_t> embedding_type;  // of token_embd.weight, when it is not tied
  std::vector<Override> overrides;              // the first that fits decides; of weights only
};

// One type a tensor, in the order of `tensors`. Vectors, norms and other small or delicate tensors
// keep the type they have. Where rows are not whole blocks of the chosen type, one with smaller
// blocks is taken, at last F16. kNotFound: an override that fits no tensor.
Result<std::vector<std::uint32_t>> choose_types(const Mixture& mixture, const ModelShape& model,
                                                std::span<const forge_tensor_v1> tensors,
                                                const Wishes& wishes, const CodecView& codecs);

// True for tensors whose type may change: matrices whose name ends in "weight", but for norms,
// expert routers, convolutions and position tables.
bool is_quantizable(const forge_tensor_v1& tensor);

Role role_of(std::string_view tensor_name);

}  // namespace forge::quantize

#endif  // FORGE_CORE_QUANTIZE_MIXTURE_HPP_
