// core/engine/session.hpp: one conversation's sequence, and the tokens it holds.
#ifndef FORGE_CORE_ENGINE_SESSION_HPP_
#define FORGE_CORE_ENGINE_SESSION_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/engine/engine.hpp"
#include "forge/sdk/status.hpp"

namespace forge::engine {

// Remembers which tokens are in the state, so that a prompt which begins like the last one only
// costs what is new. Thread-compatible, together with its engine; closes its sequence.
class Session {
 public:
  static Result<std::unique_ptr<Session>> open(Engine& engine);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  state::SequenceId sequence() const { return sequence_; }
  // What the state holds.
  std::span<const std::int32_t> tokens() const { return tokens_; }

  // Keeps the longest common beginning of the state and `wanted`, forgets the rest, and answers how
  // many tokens were kept: fewer than wanted.size(), so that the last token's logits come out of
  // the next step. The caller evaluates wanted[kept ..].
  Result<std::uint32_t> rewind(std::span<const std::int32_t> wanted);

  // Tells that tokens were evaluated.
  void append(std::span<const std::int32_t> tokens) {
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  }

  // State and tokens as bytes, and back. Bytes of another model or pack are refused, and so are
  // more tokens than the context holds.
  Result<std::vector<std::byte>> save();
  Status load(std::span<const std::byte> bytes);

 private:
  Session(Engine& engine, state::SequenceId sequence) : engine_(engine), sequence_(sequence) {}

  Engine& engine_;
  state::SequenceId sequence_;
  std::vector<std::int32_t> tokens_;
};

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_SESSION_HPP_
