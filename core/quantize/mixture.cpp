#include "core/quantize/mixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"

namespace forge::quantize {
namespace {

// ---------------------------------------------------------------- the mixtures as data

constexpr Rule kQ3KM[] = {
    {Role::kAttentionValue, Layers::kFirstTwo, FORGE_TYPE_Q5_K},
    {Role::kAttentionValue, Layers::kAll, FORGE_TYPE_Q4_K},
    {Role::kFeedForwardDown, Layers::kFirstSixteenth, FORGE_TYPE_Q5_K},
    {Role::kFeedForwardDown, Layers::kAll, FORGE_TYPE_Q4_K},
    {Role::kAttentionOutput, Layers::kAll, FORGE_TYPE_Q4_K},
};
constexpr Rule kQ3KL[] = {
    {Role::kAttentionValue, Layers::kAll, FORGE_TYPE_Q5_K},
    {Role::kFeedForwardDown, Layers::kAll, FORGE_TYPE_Q5_K},
    {Role::kAttentionOutput, Layers::kAll, FORGE_TYPE_Q5_K},
};
constexpr Rule kQ4KS[] = {
    {Role::kAttentionValue, Layers::kFirstFour, FORGE_TYPE_Q5_K},
    {Role::kFeedForwardDown, Layers::kFirstEighth, FORGE_TYPE_Q5_K},
};
// Q4_K_M and Q5_K_M.
constexpr Rule kMedium[] = {
    {Role::kAttentionValue, Layers::kMoreBits, FORGE_TYPE_Q6_K},
    {Role::kFeedForwardDown, Layers::kMoreBits, FORGE_TYPE_Q6_K},
};

struct NamedMixture {
  std::string_view name;
  std::span<const Rule> rules;
  std::uint32_t base;
  std::uint32_t file_type;
};
constexpr NamedMixture kMixtures[] = {
    {"Q3_K_S", {}, FORGE_TYPE_Q3_K, 11},      {"Q3_K_M", kQ3KM, FORGE_TYPE_Q3_K, 12},
    {"Q3_K_L", kQ3KL, FORGE_TYPE_Q3_K, 13},   {"Q4_K_S", kQ4KS, FORGE_TYPE_Q4_K, 14},
    {"Q4_K_M", kMedium, FORGE_TYPE_Q4_K, 15}, {"Q5_K_S", {}, FORGE_TYPE_Q5_K, 16},
    {"Q5_K_M", kMedium, FORGE_TYPE_Q5_K, 17},
};

// general.file_type of files that are mostly of one type (llama_ftype in llama.h).
struct FileType {
  std::uint32_t type, file_type;
};
constexpr FileType kFileTypes[] = {
    {FORGE_TYPE_F32, 0},     {FORGE_TYPE_F16, 1},     {FORGE_TYPE_Q4_0, 2},  {FORGE_TYPE_Q4_1, 3},
    {FORGE_TYPE_Q8_0, 7},    {FORGE_TYPE_Q5_0, 8},    {FORGE_TYPE_Q5_1, 9},  {FORGE_TYPE_Q2_K, 10},
    {FORGE_TYPE_Q3_K, 11},   {FORGE_TYPE_Q4_K, 14},   {FORGE_TYPE_Q5_K, 16}, {FORGE_TYPE_Q6_K, 18},
    {FORGE_TYPE_IQ4_NL, 25}, {FORGE_TYPE_IQ4_XS, 30}, {FORGE_TYPE_BF16, 32}, {FORGE_TYPE_MXFP4, 38},
};

// Where rows are not whole blocks of 256.
struct Fallback {
  std::uint32_t from, to;
};
constexpr Fallback kFallbacks[] = {
    {FORGE_TYPE_Q2_K, FORGE_TYPE_Q4_0}, {FORGE_TYPE_Q3_K, FORGE_TYPE_Q4_0},
    {FORGE_TYPE_Q4_K, FORGE_TYPE_Q5_0}, {FORGE_TYPE_Q5_K, FORGE_TYPE_Q5_1},
    {FORGE_TYPE_Q6_K, FORGE_TYPE_Q8_0}, {FORGE_TYPE_IQ4_XS, FORGE_TYPE_IQ4_NL},
};

// Small or delicate matrices, by a part of their name.
constexpr std::string_view kKept[] = {
    "_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d", "shortconv.conv.weight", "position_embd",
    "token_types",  "attn_rel_b.weight",   ".rel_pos",   ".patch_embd",           "altup",
    "laurel",       "per_layer_model_proj"};

// ---------------------------------------------------------------- names

constexpr bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string_view name_of(const forge_tensor_v1& tensor) {
  return {tensor.name.data, tensor.name.size};
}

// The layer number of "blk.12.ffn_down.weight"; nullopt for names that have none.
std::optional<std::uint32_t> layer_of(std::string_view name) {
  constexpr std::string_view kPrefix = "blk.";
  if (name.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  std::uint32_t layer = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') return std::nullopt;
  return layer;
}

// Glob with '*' only; takes at most pattern.size() * name.size() steps.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;  // the last one passed
  std::size_t resume = 0;                     // where in the name its text ends, for now
  for (std::size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// ---------------------------------------------------------------- rules

bool in_layers(Layers layers, std::uint32_t index, std::uint32_t count) {
  switch (layers) {
    case Layers::kAll:
      return true;
    case Layers::kMoreBits:
      return index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2;
    case Layers::kFirstTwo:
      return index < 2;
    case Layers::kFirstFour:
      return index < 4;
    case Layers::kFirstEighth:
      return index < count / 8;
    case Layers::kFirstSixteenth:
      return index < count / 16;
  }
  return false;
}

// A tensor's place among those of its role: attention values are counted (hybrid models do not have
// them in every layer), down projections go by layer number (experts have several a layer).
struct Place {
  std::uint32_t index = 0;
  std::uint32_t count = 0;
};

std::vector<Place> find_places(std::span<const forge_tensor_v1> tensors, const ModelShape& model) {
  std::vector<Place> places(tensors.size());
  std::vector<std::size_t> values;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string_view name = name_of(tensors[i]);
    places[i] = {layer_of(name).value_or(0), model.n_layers};
    if (role_of(name) == Role::kAttentionValue) values.push_back(i);
  }
  std::sort(values.begin(), values.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(places[a].index, a) < std::pair(places[b].index, b);
  });
  for (std::uint32_t rank = 0; rank < values.size(); ++rank)
    places[values[rank]] = {rank, static_cast<std::uint32_t>(values.size())};
  return places;
}

double bits_per_weight(const forge_codec_v1& codec) {
  return 8.0 * codec.block_bytes / codec.block_elements;
}

bool fits(const forge_codec_v1* codec, const forge_tensor_v1& tensor) {
  return codec != nullptr && tensor.shape[0] % codec->block_elements == 0;
}

class Chooser {
 public:
  Chooser(const Mixture& mixture, const ModelShape& model, const Wishes& wishes,
          const CodecView& codecs, bool tied)
      : mixture_(mixture), model_(model), wishes_(wishes), codecs_(codecs), tied_(tied) {}

  std::uint32_t choose(const forge_tensor_v1& tensor, Place place) const {
    if (!is_quantizable(tensor)) return tensor.type;
    for (const Override& wish : wishes_.overrides)
      if (matches(wish.pattern, name_of(tensor))) return fitting(tensor, wish.type);
    Role role = role_of(name_of(tensor));
    if (tied_ && role == Role::kEmbedding) role = Role::kOutput;
    if (role == Role::kOutput && wishes_.output_type) return fitting(tensor, *wishes_.output_type);
    if (role == Role::kEmbedding && wishes_.embedding_type)
      return fitting(tensor, *wishes_.embedding_type);
    // F32, F16 and BF16 files have one type.
    const bool mixed = !wishes_.pure && mixture_.base->block_elements > 1;
    return fitting(tensor, mixed ? by_rules(tensor, role, place) : mixture_.base->type);
  }

 private:
  std::uint32_t by_rules(const forge_tensor_v1& tensor, Role role, Place place) const {
    const std::uint32_t base = mixture_.base->type;
    if (role == Role::kOutput) {
      // Errors here go straight into the logits.
      if (!fits(mixture_.base, tensor)) return FORGE_TYPE_Q8_0;
      const forge_codec_v1* q6 = codecs_.find(FORGE_TYPE_Q6_K);
      const bool larger = q6 != nullptr && bits_per_weight(*mixture_.base) > bits_per_weight(*q6);
      return larger ? base : std::uint32_t{FORGE_TYPE_Q6_K};
    }
    std::uint32_t type = base;
    for (const Rule& rule : mixture_.rules) {
      if (rule.role != role || !in_layers(rule.layers, place.index, place.count)) continue;
      type = rule.type;
      break;
    }
    return adjusted(type, role);
  }

  // Two kinds of models in which some matrices are small enough to get more bits at little cost.
  std::uint32_t adjusted(std::uint32_t type, Role role) const {
    const bool grouped_80_layers =
        model_.n_layers == 80 && model_.n_heads != model_.n_kv_heads &&
        (model_.architecture == "llama" || model_.architecture == "qwen2");
    if (grouped_80_layers && role == Role::kAttentionValue &&
        (type == FORGE_TYPE_Q3_K || type == FORGE_TYPE_Q4_K))
      type = FORGE_TYPE_Q5_K;
    if (model_.n_experts != 8) return type;
    if (role == Role::kAttentionValue || role == Role::kAttentionKey) return FORGE_TYPE_Q8_0;
    constexpr std::uint32_t kSmall[] = {FORGE_TYPE_Q2_K, FORGE_TYPE_Q3_K, FORGE_TYPE_Q4_K,
                                        FORGE_TYPE_IQ4_NL, FORGE_TYPE_IQ4_XS};
    const bool small =
        std::find(std::begin(kSmall), std::end(kSmall), mixture_.base->type) != std::end(kSmall);
    return role == Role::kAttentionOutput && small ? std::uint32_t{FORGE_TYPE_Q5_K} : type;
  }

  // The type itself or the first of its replacements whose blocks fit the rows.
  std::uint32_t fitting(const forge_tensor_v1& tensor, std::uint32_t type) const {
    const forge_codec_v1* codec = codecs_.find(type);
    if (fits(codec, tensor)) return type;
    for (const Fallback& fallback : kFallbacks)
      if (fallback.from == type && fits(codecs_.find(fallback.to), tensor)) return fallback.to;
    const bool standard = type < FORGE_TYPE_PRIVATE;
    for (std::uint32_t i = 0; !standard && codec != nullptr && i < codec->n_converts_to; ++i)
      if (fits(codecs_.find(codec->converts_to[i]), tensor)) return codec->converts_to[i];
    return FORGE_TYPE_F16;
  }

  const Mixture& mixture_;
  const ModelShape& model_;
  const Wishes& wishes_;
  const CodecView& codecs_;
  bool tied_;
};

}  // namespace

Role role_of(std::string_view name) {
  if (name == "output.weight") return Role::kOutput;
  if (name == "token_embd.weight" || name == "per_layer_token_embd.weight") return Role::kEmbedding;
  if (contains(name, "attn_v.weight") || contains(name, "attn_qkv.weight") ||
      contains(name, "attn_kv_b.weight"))
    return Role::kAttentionValue;
  if (contains(name, "attn_k.weight")) return Role::kAttentionKey;
  if (contains(name, "attn_output.weight")) return Role::kAttentionOutput;
  if (contains(name, "ffn_down")) return Role::kFeedForwardDown;
  return Role::kOther;
}

bool is_quantizable(const forge_tensor_v1& tensor) {
  constexpr std::string_view kEnding = "weight";
  const std::string_view name = name_of(tensor);
  if (name.size() < kEnding.size() || name.substr(name.size() - kEnding.size()) != kEnding)
    return false;
  // A vector may be written with two dimensions, one of them 1.
  if (tensor.shape[1] <= 1 && tensor.shape[2] <= 1 && tensor.shape[3] <= 1) return false;
  return std::none_of(std::begin(kKept), std::end(kKept),
                      [name](std::string_view part) { return contains(name, part); });
}

std::vector<std::string_view> mixture_names() {
  std::vector<std::string_view> names;
  for (const NamedMixture& mixture : kMixtures) names.push_back(mixture.name);
  return names;
}

Result<Mixture> find_mixture(std::string_view name, const CodecView& codecs) {
  return guarded([&]() -> Result<Mixture> {
    Mixture found;
    const std::string wanted = upper_case(name);
    for (const NamedMixture& mixture : kMixtures) {
      if (mixture.name != wanted) continue;
      found = {wanted, codecs.find(mixture.base), mixture.rules, mixture.file_type};
      if (found.base == nullptr)
        return failed_precondition(fmt::format("{} needs a codec that is not registered", wanted));
      return found;
    }
    auto codec = codecs.find(name);
    if (!codec.ok()) {
      std::vector<std::string_view> names = mixture_names();
      for (const forge_codec_v1* known : codecs.all()) names.emplace_back(known->name);
      std::string hint = did_you_mean(name.substr(0, 64), names);
      if (hint.empty()) hint = fmt::format("; known: {}", fmt::join(names, " "));
      return not_found(fmt::format("no type or mixture is named {}{}", quote(name), hint));
    }
    found.base = *codec;
    found.name = found.base->name;
    if (found.base->quantize == nullptr)
      return unimplemented(fmt::format("{} can be decoded, but not encoded, by {}", found.name,
                                       quote(codecs.owner_of(found.base->type))));
    for (const FileType& entry : kFileTypes)
      if (entry.type == found.base->type) found.file_type = entry.file_type;
    return found;
  });
}

Result<std::vector<std::uint32_t>> choose_types(const Mixture& mixture, const ModelShape& model,
                                                std::span<const forge_tensor_v1> tensors,
                                                const Wishes& wishes, const CodecView& codecs) {
  return guarded([&]() -> Result<std::vector<std::uint32_t>> {
    for (const Override& wish : wishes.overrides) {
      const bool used = std::any_of(tensors.begin(), tensors.end(), [&](const auto& tensor) {
        return is_quantizable(tensor) && matches(wish.pattern, name_of(tensor));
      });
      if (!used)
        return not_found(
            fmt::format("no weight matrix is named {}; `inspect --tensors` lists the names",
                        quote(wish.pattern)));
    }
    const bool tied = std::none_of(tensors.begin(), tensors.end(), [](const auto& tensor) {
      return role_of(name_of(tensor)) == Role::kOutput;
    });
    const Chooser chooser(mixture, model, wishes, codecs, tied);
    const std::vector<Place> places = find_places(tensors, model);
    std::vector<std::uint32_t> types(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i)
      types[i] = chooser.choose(tensors[i], places[i]);
    return types;
  });
}

}  // namespace forge::quantize
