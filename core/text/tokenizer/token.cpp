#include "core/text/tokenizer/token.hpp"

namespace forge::text {

std::string_view role_key(TokenRole role) {
  constexpr std::string_view kKeys[kTokenRoleCount] = {
      "tokenizer.ggml.bos_token_id",     "tokenizer.ggml.eos_token_id",
      "tokenizer.ggml.eot_token_id",     "tokenizer.ggml.eom_token_id",
      "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.seperator_token_id",
      "tokenizer.ggml.padding_token_id", "tokenizer.ggml.mask_token_id",
      "tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.fim_suf_token_id",
      "tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.fim_pad_token_id",
      "tokenizer.ggml.fim_rep_token_id", "tokenizer.ggml.fim_sep_token_id",
  };
  return kKeys[static_cast<std::size_t>(role)];
}

}  // namespace forge::text
