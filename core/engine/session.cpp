#include "core/engine/session.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "core/engine/fingerprint.hpp"

namespace forge::engine {

Result<std::unique_ptr<Session>> Session::open(Engine& engine) {
  FORGE_ASSIGN(const state::SequenceId sequence, engine.sequences().open());
  return std::unique_ptr<Session>(new Session(engine, sequence));
}

Session::~Session() { engine_.sequences().close(sequence_); }

Result<std::uint32_t> Session::rewind(std::span<const std::int32_t> wanted) {
  if (wanted.empty()) return invalid_argument("an empty prompt has no next token");
  const std::size_t comparable = std::min(tokens_.size(), wanted.size() - 1);
  const auto differs =
      std::mismatch(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(comparable),
                    wanted.begin())
          .first;
  const auto common = static_cast<std::uint32_t>(differs - tokens_.begin());
  FORGE_ASSIGN(const std::uint32_t kept, engine_.sequences().truncate(sequence_, common));
  tokens_.resize(kept);
  return kept;
}

namespace {

// Head of saved bytes; then the tokens, then the sequence's state.
struct SavedHeader {
  char magic[8];
  std::uint64_t model;  // fingerprint()
  std::uint64_t n_tokens;
};
constexpr char kMagic[8] = {'F', 'O', 'R', 'G', 'E', 'S', 'S', '2'};

}  // namespace

Result<std::vector<std::byte>> Session::save() {
  FORGE_ASSIGN(const std::vector<std::byte> state, engine_.sequences().save(sequence_));
  SavedHeader header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.model = fingerprint(engine_.model());
  header.n_tokens = tokens_.size();
  const std::size_t token_bytes = tokens_.size() * sizeof(std::int32_t);
  std::vector<std::byte> bytes(sizeof(header) + token_bytes + state.size());
  std::memcpy(bytes.data(), &header, sizeof(header));
  if (token_bytes != 0) std::memcpy(bytes.data() + sizeof(header), tokens_.data(), token_bytes);
  std::memcpy(bytes.data() + sizeof(header) + token_bytes, state.data(), state.size());
  return bytes;
}

Status Session::load(std::span<const std::byte> bytes) {
  SavedHeader header;
  if (bytes.size() < sizeof(header)) return data_loss("the saved session is cut off");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0)
    return invalid_argument("this is not a session saved by this version");
  if (header.model != fingerprint(engine_.model()))
    return invalid_argument("the session was saved with another model");
  const std::span<const std::byte> rest = bytes.subspan(sizeof(header));
  if (header.n_tokens > rest.size() / sizeof(std::int32_t))
    return data_loss("the saved session is cut off");
  if (header.n_tokens > engine_.n_ctx())
    return out_of_range(fmt::format(
        "the saved session has {} tokens, but the context holds {}; use a longer context "
        "(--context)",
        header.n_tokens, engine_.n_ctx()));
  std::vector<std::int32_t> tokens(header.n_tokens);
  if (!tokens.empty())
    std::memcpy(tokens.data(), rest.data(), tokens.size() * sizeof(std::int32_t));
  for (const std::int32_t token : tokens) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= engine_.n_vocab())
      return invalid_argument("the saved session has tokens that this model does not");
  }
  // The old sequence goes first: there may be room for one only.
  engine_.sequences().close(sequence_);
  tokens_.clear();
  auto loaded = engine_.sequences().load(rest.subspan(tokens.size() * sizeof(std::int32_t)));
  if (!loaded.ok()) {
    FORGE_ASSIGN(sequence_, engine_.sequences().open());
    return std::move(loaded).status();
  }
  sequence_ = *loaded;
  if (engine_.sequences().length(sequence_) != tokens.size()) {
    FORGE_TRY(engine_.sequences().truncate(sequence_, 0).status());
    return data_loss("the saved session's state and tokens are of different length");
  }
  tokens_ = std::move(tokens);
  return {};
}

}  // namespace forge::engine
