#include "core/text/tokenizer/pre_tokenizer_spec.hpp"

namespace forge::text {
namespace {

using Pattern = std::string_view;

// The expressions come from the models' own tokenizer.json; differences from there are noted. \s is
// the Unicode property White_Space (PreTokenizer sees to the one character PCRE2 thinks otherwise
// of).

// English contractions, case-insensitive for ASCII only: (?i:s) would also match U+017F.
#define FORGE_CONTRACTIONS "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])"
// What most expressions end with: runs of the rest, line ends, other whitespace.
#define FORGE_TAIL R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"

constexpr Pattern kGpt2[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"};
constexpr Pattern kLlama3[] = {FORGE_CONTRACTIONS
                               R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3})" FORGE_TAIL};
constexpr Pattern kQwen2[] = {FORGE_CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})" FORGE_TAIL};
constexpr Pattern kQwen35[] = {
    FORGE_CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)"
                       R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr Pattern kDefault[] = {R"([\p{P}$+<=>^~|]+)", kGpt2[0], R"(\p{N}+)", "[0-9][0-9][0-9]"};
constexpr Pattern kFalcon[] = {R"([\p{P}$+<=>^~|`]+)", kGpt2[0], "[0-9][0-9][0-9]"};
constexpr Pattern kDigitsGpt2[] = {R"(\p{N})", kGpt2[0]};
// [^\P{L}a-z] is a letter that is not one of a-z; the models write a lookahead, which would need a
// stack frame for each letter.
constexpr Pattern kTekken[] = {
    R"([^\r\n\p{L}\p{N}]?[^\P{L}a-z]*[^\P{L}A-Z]+|[^\r\n\p{L}\p{N}]?[^\P{L}a-z]+[^\P{L}A-Z]*)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr Pattern kGpt4o[] = {
    R"([^\r\n\p{L}\p{N}]?[^\P{L}a-z]*[^\P{L}A-Z]+(?:)" FORGE_CONTRACTIONS
    R"()?|[^\r\n\p{L}\p{N}]?[^\P{L}a-z]+[^\P{L}A-Z]*(?:)" FORGE_CONTRACTIONS
    R"()?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
// U+0800..U+9FA5 and Hangul. The whitespace in there (U+1680, U+2000..) is left out, as llama.cpp
// does.
constexpr Pattern kEastern =
    R"([\x{0800}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e})"
    R"(\x{2060}-\x{2fff}\x{3001}-\x{9fa5}\x{ac00}-\x{d7ff}]+)";
constexpr Pattern kDeepseekCoder[] = {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", kEastern,
                                      R"(\p{N})"};
constexpr Pattern kDeepseek3[] = {
    R"(\p{N}{1,3})", R"([\x{4e00}-\x{9fa5}\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+)",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"
    R"(| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr Pattern kBloom[] = {" ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+"};
constexpr Pattern kViking[] = {kBloom[0], R"(\p{N})"};
constexpr Pattern kSeedCoder[] = {FORGE_CONTRACTIONS
                                  R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+)"
                                  R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr Pattern kBailing[] = {FORGE_CONTRACTIONS
                                R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
                                R"(|\s*[\r\n]|\s+(?!\S)|\s+)"};

#undef FORGE_TAIL
#undef FORGE_CONTRACTIONS

// Columns: name, patterns, ignore_merges, add_bos, default_bos.
constexpr PreTokenizerSpec kSpecs[] = {
    {"default", kDefault, false, false, true},
    {"gpt-2", kGpt2, false, false, true},
    {"phi-2", kGpt2, false, false, true},
    {"mpt", kGpt2, false, false, true},
    {"olmo", kGpt2, false, false, true},
    {"jais", kGpt2, false, false, true},
    {"trillion", kGpt2, false, false, true},
    {"granite-docling", kGpt2, false, false, true},
    {"gigachat", kGpt2, false, false, true},
    {"a.x-4.0", kGpt2, false, false, true},
    {"mellum", kGpt2, false, false, true},
    {"exaone4", kGpt2, false, false, true},
    {"modern-bert", kGpt2, false, false, true},
    {"jina-es", kGpt2, false, false, true},
    {"jina-de", kGpt2, false, false, true},
    {"jina-v2-es", kGpt2, false, false, true},
    {"jina-v2-de", kGpt2, false, false, true},
    {"llama-bpe", kLlama3, true, true, true},
    {"llama3", kLlama3, true, true, true},
    {"llama-v3", kLlama3, true, true, true},
    {"falcon3", kLlama3, true, true, true},
    {"falcon-h1", kLlama3, true, true, true},
    {"pixtral", kLlama3, true, true, true},
    {"midm-2.0", kLlama3, true, true, true},
    {"lfm2", kLlama3, true, true, true},
    {"dbrx", kLlama3, false, false, true},
    {"smaug-bpe", kLlama3, false, false, true},
    {"glm4", kLlama3, false, false, false},
    {"chatglm-bpe", kLlama3, false, false, false},
    {"qwen2", kQwen2, false, false, true},
    {"deepseek-r1-qwen", kQwen2, false, false, true},
    {"megrez", kQwen2, false, false, true},
    {"kormo", kQwen2, false, false, true},
    {"stablelm2", kQwen2, false, false, true},
    {"hunyuan", kQwen2, false, false, true},
    {"grok-2", kQwen2, false, false, true},
    {"solar-open", kQwen2, false, false, true},
    {"qwen35", kQwen35, false, false, true},
    {"starcoder", kDigitsGpt2, false, false, true},
    {"refact", kDigitsGpt2, false, false, true},
    {"command-r", kDigitsGpt2, false, false, true},
    {"smollm", kDigitsGpt2, false, false, true},
    {"codeshell", kDigitsGpt2, false, false, true},
    {"exaone", kDigitsGpt2, false, false, true},
    {"minerva-7b", kDigitsGpt2, false, false, true},
    {"mellum2", kDigitsGpt2, false, false, true},
    {"falcon", kFalcon, false, false, true},
    {"tekken", kTekken, true, true, true},
    {"gpt-4o", kGpt4o, false, false, true},
    {"llama4", kGpt4o, false, false, true},
    {"kanana2", kGpt4o, false, false, true},
    {"minimax-m2", kGpt4o, false, false, true},
    {"deepseek-coder", kDeepseekCoder, false, false, true},
    {"deepseek-v3", kDeepseek3, false, false, true},
    {"hunyuan-dense", kDeepseek3, false, false, true},
    {"joyai-llm", kDeepseek3, false, false, true},
    {"bloom", kBloom, false, false, true},
    {"poro-chat", kBloom, false, false, true},
    {"gpt3-finnish", kBloom, false, false, true},
    {"viking", kViking, false, false, true},
    {"seed-coder", kSeedCoder, false, false, true},
    {"bailingmoe", kBailing, false, false, true},
    {"bailingmoe2", kBailing, false, false, true},
    {"llada-moe", kBailing, false, false, true},
};

}  // namespace

const PreTokenizerSpec* find_pre_tokenizer(std::string_view name) {
  for (const PreTokenizerSpec& spec : kSpecs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

const PreTokenizerSpec& default_pre_tokenizer() { return kSpecs[0]; }

std::span<const PreTokenizerSpec> pre_tokenizer_specs() { return kSpecs; }

}  // namespace forge::text
