#include "host/cli/logging.hpp"

#include <sys/stat.h>

#include "core/base/log.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::cli {
namespace {

TEST_CASE("levels and files are as configured") {
  const test::TemporaryFolder folder;
  LoggingConfig config;
  config.file = folder.in("forge.log");
  config.format = "json";
  config.level = "error";
  config.levels = {{"gguf", "debug"}, {"arch-x", "info"}};
  REQUIRE(install_logging(config).ok());
  log::get("gguf").debug("one");
  log::get("gguf").trace("never");
  log::get("arch-x").info("two");
  log::get("graph").warn("never");
  log::get("graph").flush();
  log::get("gguf").flush();
  const std::string text = test::read_file(config.file);
  CHECK(text.find("\"message\":\"one\"") != std::string::npos);
  CHECK(text.find("\"message\":\"two\"") != std::string::npos);
  CHECK(text.find("never") == std::string::npos);

  log::set_sinks({});
  for (const char* name : {"gguf", "arch-x"}) log::set_level(name, spdlog::level::warn);
}

TEST_CASE("a log file that cannot be opened is named") {
  LoggingConfig config;
  config.file = "/dev/null/x.log";
  const Status status = install_logging(config);
  CHECK(status.code() == Code::kInvalidArgument);
  CHECK(status.message() == "cannot open log file '/dev/null/x.log' for writing: Not a directory");
  log::set_sinks({});
}

}  // namespace
}  // namespace forge::cli
