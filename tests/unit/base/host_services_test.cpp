#include "core/base/host_services.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>

#include "tests/catch.hpp"

namespace forge {
namespace {

forge_string text(std::string_view t) { return {t.data(), t.size()}; }

TEST_CASE("a slot's sentence and code become a Status") {
  forge_message message;
  message.text = "no such device";
  CHECK(from_abi(FORGE_NOT_FOUND, message).code() == Code::kNotFound);
  CHECK(from_abi(FORGE_NOT_FOUND, message).message() == "no such device");
  CHECK(from_abi(FORGE_OK, message).ok());
}

TEST_CASE("a silent or unknown code is told as such") {
  const forge_message none;
  CHECK(from_abi(FORGE_INTERNAL, none).message() ==
        "failed without a message (internal, status 13)");
  CHECK(from_abi(-7, none).code() == Code::kUnknown);
  CHECK(from_abi(99, none).message() == "failed without a message (unknown, status 99)");
}

TEST_CASE("a plugin's sentence is cut between characters and made printable") {
  const HostServices services("message-test");
  const forge_host_v1& host = *services.get();
  forge_message message;
  host.message_set(host.self, &message, text("a\nb\x1b[31mc"));
  CHECK(message.text == "a\\nb\\x1b[31mc");
  const std::string lengthy = std::string(kMaxMessageBytes - 1, 'x') + "\u00e9";
  host.message_set(host.self, &message, text(lengthy));
  CHECK(message.text.size() == kMaxMessageBytes - 1);
  host.message_set(host.self, &message, {nullptr, 5});
  CHECK(message.text.empty());
  host.message_set(host.self, nullptr, text("dropped"));
}

TEST_CASE("a plugin's lines go to the logger of its id, one line each") {
  auto written = std::make_shared<std::ostringstream>();
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*written);
  sink->set_pattern("%n %l %v");
  log::set_sinks({sink});
  const HostServices services("log-test");
  const forge_host_v1& host = *services.get();
  host.log(host.self, FORGE_LOG_WARN, text("two\nlines"));
  host.log(host.self, FORGE_LOG_DEBUG, text("below the level"));
  host.log(host.self, 77, text("beyond the last level"));
  host.log(host.self, FORGE_LOG_ERROR, {nullptr, 3});
  log::set_sinks({});
  CHECK(written->str() ==
        "log-test warning two\\nlines\nlog-test error beyond the last level\n"
        "log-test error \n");
  CHECK(host.log_enabled(host.self, FORGE_LOG_WARN) == 1);
  CHECK(host.log_enabled(host.self, FORGE_LOG_TRACE) == 0);
}

TEST_CASE("interfaces are found by id") {
  static const int record = 7;
  HostServices::provide("forge.host.test/1", &record);
  const HostServices services("interface-test");
  const forge_host_v1& host = *services.get();
  CHECK(host.get_interface(host.self, "forge.host.test/1") == &record);
  CHECK(host.get_interface(host.self, "forge.host.none/1") == nullptr);
  CHECK(host.get_interface(host.self, nullptr) == nullptr);
  CHECK(&HostServices::make_permanent("a") != &HostServices::make_permanent("a"));
}

}  // namespace
}  // namespace forge
