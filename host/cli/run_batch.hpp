// host/cli/run_batch.hpp: many prompts through one model, several at a time.
#ifndef FORGE_HOST_CLI_RUN_BATCH_HPP_
#define FORGE_HOST_CLI_RUN_BATCH_HPP_

#include <string>

#include "forge/sdk/status.hpp"
#include "host/chat/conversation.hpp"
#include "host/cli/command.hpp"
#include "host/model_runtime.hpp"

namespace forge::cli {

// Reads JSON lines from `path` ("-": standard input) and prints one JSON line per answer, in the
// order of the questions:
//   in   {"prompt": "text"} or {"messages": [...], "tools": [...]}, and optionally "max_tokens",
//        "temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty",
//        "presence_penalty", "frequency_penalty", "seed", "stop", "logprobs", "raw", "id"
//   out  {"index": 0, "id": ..., "text": "...", "finish_reason": "stop", "prompt_tokens": 12,
//        "completion_tokens": 34}; with "logprobs": N also "logprobs", one {"id", "token",
//        "logprob", "best"} a token, where best lists the N most probable tokens
// A line that cannot be answered gets {"index": ..., "error": "..."}; the rest goes on.
// context.sequences of them run side by side.
Status run_batch(ModelRuntime& runtime, const PromptMaker& maker, const std::string& path,
                 const Program& program);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_RUN_BATCH_HPP_
