// Conversations as files: ChatSession::save() and load().
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.hpp"
#include "core/base/quote.hpp"
#include "host/chat/chat_session.hpp"

namespace forge {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "rocmforge chat 1";
constexpr std::uintmax_t kMostBytes = 1 << 28;  // of a conversation; its state may be larger

Status write_file(const std::string& path, std::span<const std::byte> bytes) {
  FORGE_ASSIGN(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::kReplace));
  FORGE_TRY(file.write(bytes));
  return file.commit();
}

Result<std::string> read_file(const std::string& path, std::uintmax_t most) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return not_found(fmt::format("cannot open {}: {}", quote(path), error.message()));
  if (size > most)
    return invalid_argument(
        fmt::format("{} has {} bytes: that is no conversation", quote(path), size));
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.eof() && in.fail()) return data_loss(fmt::format("cannot read {}", quote(path)));
  return bytes;
}

struct Conversation {
  std::string model, system;
  std::vector<ChatMessage> messages;
};

Result<Conversation> parse(const std::string& text, const std::string& path) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object() || json.value("format", "") != kFormat)
      return invalid_argument(fmt::format("{} is not a conversation saved by /save", quote(path)));
    Conversation out;
    out.model = json.value("model", "");
    out.system = json.value("system", "");
    for (const Json& message : json.at("messages")) {
      ChatMessage m{message.at("role").get<std::string>(),
                    message.at("content").get<std::string>()};
      if (m.role != "user" && m.role != "assistant")
        return invalid_argument(
            fmt::format("{}: a message has the role {}", quote(path), quote(m.role)));
      out.messages.push_back(std::move(m));
    }
    return out;
  } catch (const Json::exception& error) {
    return invalid_argument(
        fmt::format("{} is not a conversation saved by /save: {}", quote(path), error.what()));
  }
}

}  // namespace

Status ChatSession::save(const std::string& path) {
  Json messages = Json::array();
  for (const ChatMessage& message : messages_)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  const Json json = {{"format", kFormat},
                     {"model", engine_->model().name()},
                     {"system", system_},
                     {"messages", std::move(messages)}};
  // An answer may end in the middle of a character: such bytes become U+FFFD.
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  FORGE_ASSIGN(const std::vector<std::byte> state, session_->save());
  FORGE_TRY(write_file(path + ".state", state));
  return write_file(path, std::as_bytes(std::span(text)));
}

Result<std::string> ChatSession::load(const std::string& path) {
  FORGE_ASSIGN(const std::string text, read_file(path, kMostBytes));
  FORGE_ASSIGN(Conversation loaded, parse(text, path));
  messages_ = std::move(loaded.messages);
  system_ = std::move(loaded.system);
  const std::string saved_by = loaded.model == engine_->model().name()
                                   ? ""
                                   : fmt::format("; it was saved with {}", quote(loaded.model));
  auto state = read_file(path + ".state", UINTMAX_MAX);
  Status status =
      state.ok() ? session_->load(std::as_bytes(std::span(*state))) : std::move(state).status();
  if (status.ok()) return std::string();
  return fmt::format("the next answer reads the conversation anew ({}){}", status.message(),
                     saved_by);
}

}  // namespace forge
