#include "core/text/tokenizer/known_tokens.hpp"

namespace forge::text {
namespace {

constexpr TokenRole kEot = TokenRole::kEot;
constexpr TokenRole kPrefix = TokenRole::kFimPrefix;
constexpr TokenRole kSuffix = TokenRole::kFimSuffix;
constexpr TokenRole kMiddle = TokenRole::kFimMiddle;
constexpr TokenRole kPadding = TokenRole::kFimPadding;
constexpr TokenRole kRepository = TokenRole::kFimRepository;

constexpr KnownToken kKnown[] = {
    {"<|eot_id|>", kEot, true},                    // Llama 3
    {"<|im_end|>", kEot, true},                    // ChatML
    {"<|end|>", kEot, true},                       // Phi 3, gpt-oss
    {"<end_of_turn>", kEot, true},                 // Gemma
    {"<|endoftext|>", kEot, true},                 // GPT-2
    {"<|end_of_text|>", kEot, true},               // Llama 3, Granite
    {"<EOT>", kEot, true},                         // CodeLlama
    {"_<EOT>", kEot, true},                        //
    {"[EOT]", kEot, true},                         // Kimi K2
    {"<｜end▁of▁sentence｜>", kEot, true},         // DeepSeek
    {"<end_of_utterance>", kEot, true},            // SmolDocling
    {"<|eom_id|>", TokenRole::kEom, true},         // Llama 3
    {"<|return|>", std::nullopt, true},            // gpt-oss
    {"<|call|>", std::nullopt, true},              // gpt-oss
    {"<|flush|>", std::nullopt, true},             // Solar Open
    {"<|calls|>", std::nullopt, true},             // Solar Open
    {"</s>", std::nullopt, true},                  // Llama 2
    {"[EOS]", std::nullopt, true},                 // Kimi K2
    {"<eos>", std::nullopt, true},                 // Gemma
    {"<turn|>", std::nullopt, true},               // Gemma 4
    {"<|tool_response>", std::nullopt, true},      // Gemma 4
    {"[e~[", std::nullopt, true},                  // MiniMax M2
    {"<|fim_prefix|>", kPrefix, false},            // Qwen
    {"<fim-prefix>", kPrefix, false},              //
    {"<fim_prefix>", kPrefix, false},              // Granite, StarCoder
    {"<｜fim▁begin｜>", kPrefix, false},           // DeepSeek
    {"<PRE>", kPrefix, false},                     //
    {"▁<PRE>", kPrefix, false},                    // CodeLlama
    {"<|code_prefix|>", kPrefix, false},           // GLM 4.5
    {"<|prefix|>", kPrefix, false},                // Falcon H1
    {"<|fim_suffix|>", kSuffix, false},            //
    {"<fim-suffix>", kSuffix, false},              //
    {"<fim_suffix>", kSuffix, false},              //
    {"<｜fim▁hole｜>", kSuffix, false},            //
    {"<SUF>", kSuffix, false},                     //
    {"▁<SUF>", kSuffix, false},                    //
    {"<|code_suffix|>", kSuffix, false},           //
    {"<|suffix|>", kSuffix, false},                //
    {"<|fim_middle|>", kMiddle, false},            //
    {"<fim-middle>", kMiddle, false},              //
    {"<fim_middle>", kMiddle, false},              //
    {"<｜fim▁end｜>", kMiddle, false},             //
    {"<MID>", kMiddle, false},                     //
    {"▁<MID>", kMiddle, false},                    //
    {"<|code_middle|>", kMiddle, false},           //
    {"<|middle|>", kMiddle, false},                //
    {"<|fim_pad|>", kPadding, false},              //
    {"<fim-pad>", kPadding, false},                //
    {"<fim_pad>", kPadding, false},                //
    {"<PAD>", kPadding, false},                    //
    {"[PAD]", kPadding, false},                    // Kimi K2
    {"<|fim_repo|>", kRepository, false},          //
    {"<|repo_name|>", kRepository, false},         // Qwen
    {"<fim-repo>", kRepository, false},            //
    {"<REPO>", kRepository, false},                //
    {"<reponame>", kRepository, false},            // Granite
    {"<|file_sep|>", TokenRole::kFimFile, false},  // Qwen
};

constexpr std::string_view kHarmony[] = {"<|channel|>", "<|message|>", "<|start|>",
                                         "<|constrain|>"};

}  // namespace

std::span<const KnownToken> known_tokens() { return kKnown; }

std::span<const std::string_view> harmony_tokens() { return kHarmony; }

}  // namespace forge::text
