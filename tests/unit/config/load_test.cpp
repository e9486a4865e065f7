#include "core/config/load.hpp"

#include "core/config/reference.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::config {
namespace {

using test::TemporaryFolder;

Environment variables(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

struct Read {
  Status status;
  Loaded loaded;
};

Read read(std::string_view text, const std::string& name = "my.toml") {
  Read out;
  out.status = read_toml(text, name, variables({{"HOME", "/home/me"}}), out.loaded);
  return out;
}

std::string error_of(std::string_view text) { return read(text).status.message(); }

TEST_CASE("a file sets what it names and leaves the rest") {
  const Read r = read(R"(
[sampling]
temperature = 1        # whole numbers are numbers
top_k = 0x10
stop = ["</s>", "\n\n"]
logit_bias = { 13 = -100, 198 = 0.5 }
[threads]
pin = true
[logging.levels]
plugin = "debug"
)");
  REQUIRE(r.status.message().empty());
  Config expected;
  expected.sampling.temperature = 1;
  expected.sampling.top_k = 16;
  expected.sampling.stop = {"</s>", "\n\n"};
  expected.sampling.logit_bias = {{13, -100}, {198, 0.5}};
  expected.threads.pin = true;
  expected.logging.levels = {{"plugin", "debug"}};
  CHECK(r.loaded.config == expected);
}

TEST_CASE("an error names file, line, column and the nearest valid name") {
  CHECK(error_of("[sampling]\ntemprature = 1\n") ==
        "my.toml:2:1: unknown key 'sampling.temprature'; did you mean 'sampling.temperature'?");
  CHECK(error_of("[smapling]\n") ==
        "my.toml:1:2: unknown section 'smapling'; did you mean 'sampling'?");
  CHECK(error_of("seed = 1\n") == "my.toml:1:1: unknown key 'seed'; did you mean 'sampling.seed'?");
  CHECK(error_of("[model]\n  n_ctx = 4096\n") ==
        "my.toml:2:3: unknown key 'model.n_ctx'; did you mean 'context.length'?");
  CHECK(
      error_of("[threads]\ncount = \"four\"\n") ==
      "my.toml:2:9: 'threads.count' is the text 'four'; it must be a whole number from 0 to 4096");
  CHECK(error_of("[threads]\ncount = 1.5\n") ==
        "my.toml:2:9: 'threads.count' is the number 1.5; it must be a whole number from 0 to 4096");
  CHECK(error_of("[threads]\ncount = -1\n") ==
        "my.toml:2:9: 'threads.count' is -1; it must be a whole number from 0 to 4096");
  CHECK(error_of("[threads]\npin = 1\n") ==
        "my.toml:2:7: 'threads.pin' is the number 1; it must be true or false");
  CHECK(error_of("[sampling]\ntop_p = nan\n") ==
        "my.toml:2:9: 'sampling.top_p' is nan; it must be a number from 0 to 1");
  CHECK(error_of("[sampling]\nseed = 1979-05-27\n") ==
        "my.toml:2:8: 'sampling.seed' is a date or time; it must be a whole number from -1 up");
  CHECK(error_of("[sampling]\nstop = [\"a\", 3]\n") ==
        "my.toml:2:14: 'sampling.stop' item 2 is the number 3; it must be a list of texts");
  CHECK(error_of("[sampling]\nlogit_bias = { hello = 1 }\n") ==
        "my.toml:2:16: 'sampling.logit_bias' has the name 'hello'; its names must be token ids");
  CHECK(error_of("[device]\nk_type = \"f61\"\n") ==
        "my.toml:2:10: 'device.k_type' is 'f61'; it must be one of f16, f32, q8_0; did you mean "
        "'f16'?");
  CHECK(error_of("sampling = 3\n") ==
        "my.toml:1:1: 'sampling' is the number 3; it must be a section, [sampling]");
  CHECK(error_of("[[sampling]]\n") ==
        "my.toml:1:3: 'sampling' is a list; it must be a section, [sampling]");
}

TEST_CASE("text that is no TOML is refused with its place") {
  for (const std::string_view text :
       {"[sampling\n", "= 1\n", "[a]\n[a]\n", "a = \"x\n", "a = 1\na = 2\n", "\x01", "a = 0x\n",
        "a = \"\\q\"", "a = \"\xff\"\n", "[threads]\ncount = 99999999999999999999\n"}) {
    const std::string message = error_of(text);
    INFO(message);
    CHECK(message.starts_with("my.toml:"));
    CHECK(message.size() > std::string("my.toml:1:1: ").size() + 10);
  }
}

TEST_CASE("several problems are told together, a flood is cut") {
  CHECK(error_of("[sampling]\ntop_p = 2\nsede = 1\n[threds]\n") ==
        "my.toml:2:9: 'sampling.top_p' is 2; it must be a number from 0 to 1\n"
        "my.toml:3:1: unknown key 'sampling.sede'; did you mean 'sampling.seed'?\n"
        "my.toml:4:2: unknown section 'threds'; did you mean 'threads'?");
  std::string flood = "[sampling]\n";
  for (int i = 0; i < 1000; ++i) flood += "key" + std::to_string(i) + " = 1\n";
  const std::string message = error_of(flood);
  CHECK(std::count(message.begin(), message.end(), '\n') == 10);
  CHECK(message.ends_with("\nand 990 more problems"));
}

TEST_CASE("hostile names cannot break the message") {
  const std::string message = error_of("\"\\u001b[31m\\nerror: fake\" = 1\n");
  CHECK(message == "my.toml:1:1: unknown key '\\x1b[31m\\nerror: fake'");
  CHECK(error_of("\"" + std::string(100000, 'a') + "\" = 1\n").size() < 200);
}

TEST_CASE("deep nesting is refused before it is built") {
  std::string dotted = "a";
  for (int i = 0; i < 200000; ++i) dotted += ".a";
  CHECK(error_of(dotted + " = 1\n").find("nested more than 32 levels") != std::string::npos);
  CHECK(error_of("a = " + std::string(200000, '[')).find("nested") != std::string::npos);
  // Dots and brackets inside texts and comments are none of its business.
  const std::string dots(100, '.');
  CHECK(read("[chat]\nsystem = \"" + dots + "[[[[\"  # " + dots + "\n").status.ok());
  CHECK(read("[chat]\nsystem = '''\n" + dots + "'" + std::string(50, '{') + "\n'''\n").status.ok());
}

TEST_CASE("paths in a file start from its folder, ~ from the home folder") {
  const Read r = read(
      "[model]\npath = \"m.gguf\"\n[plugins]\nsearch_paths = [\"p\", \"/abs\", \"~/q\", \"../r\"]\n"
      "[chat]\nsystem = \"m.gguf\"\n",
      "/etc/forge/my.toml");
  REQUIRE(r.status.message().empty());
  CHECK(r.loaded.config.model.path == "/etc/forge/m.gguf");
  CHECK(r.loaded.config.plugins.search_paths ==
        Strings{"/etc/forge/p", "/abs", "/home/me/q", "/etc/r"});
  CHECK(r.loaded.config.chat.system == "m.gguf");
}

TEST_CASE("later sources win: defaults, file, environment, flags") {
  const TemporaryFolder folder;
  Sources sources;
  sources.file = folder.file("c.toml", "[threads]\ncount = 2\npin = true\n[sampling]\nseed = 5\n");
  Result<Loaded> loaded = load(sources);
  REQUIRE(loaded.ok());
  CHECK(loaded->config.threads.count == 2);

  sources.environment = variables({{"FORGE_THREADS", "3"}, {"FORGE_DEVICE", ""}});
  loaded = load(sources);
  REQUIRE(loaded.ok());
  CHECK(loaded->config.threads.count == 3);
  CHECK(loaded->config.device.kind == "auto");  // set to nothing is not set

  sources.flags = {{find("threads.count"), "--threads", {"4"}}};
  loaded = load(sources);
  REQUIRE(loaded.ok());
  CHECK(loaded->config.threads.count == 4);
  CHECK(loaded->config.threads.pin);
  CHECK(loaded->config.sampling.seed == 5);
  const auto origin = [&](std::string_view name) {
    return loaded->origins[static_cast<std::size_t>(find(name) - keys().data())];
  };
  CHECK(origin("threads.count") == "--threads");
  CHECK(origin("threads.pin") == sources.file + ":3");
  CHECK(origin("sampling.top_k").empty());
}

TEST_CASE("problems of file, environment and flags are told together") {
  const TemporaryFolder folder;
  Sources sources;
  sources.file = folder.file("c.toml", "[threads]\ncuont = 2\n");
  sources.environment = variables({{"FORGE_THREADS", "many"}});
  sources.flags = {{find("sampling.top_p"), "--top-p", {"7"}}};
  CHECK(load(sources).status().message() ==
        sources.file + ":2:1: unknown key 'threads.cuont'; did you mean 'threads.count'?\n" +
            "FORGE_THREADS is 'many'; it must be a whole number from 0 to 4096\n"
            "--top-p is 7; it must be a number from 0 to 1");
}

TEST_CASE("log levels of subsystems ride on the flag") {
  Sources sources;
  sources.flags = {{find("logging.level"), "--log-level", {"info,plugin=debug", "gguf=off"}}};
  Result<Loaded> loaded = load(sources);
  REQUIRE(loaded.ok());
  CHECK(loaded->config.logging.level == "info");
  CHECK(loaded->config.logging.levels == Names{{"plugin", "debug"}, {"gguf", "off"}});
  sources.flags[0].texts = {"plugin=loud"};
  CHECK_FALSE(load(sources).ok());
  sources.flags[0].texts = {"loud"};
  CHECK(load(sources).status().message() ==
        "--log-level is 'loud'; it must be one of trace, debug, info, warn, error, off");
}

TEST_CASE("a variable with paths is split at colons") {
  Sources sources;
  sources.environment = variables({{"FORGE_PLUGIN_PATH", "/a::b:"}});
  CHECK(load(sources)->config.plugins.search_paths == Strings{"/a", "b"});
}

TEST_CASE("files that cannot be read are named") {
  const TemporaryFolder folder;
  Sources sources;
  sources.file = folder.in("none.toml");
  CHECK(load(sources).code() == Code::kNotFound);
  CHECK(load(sources).status().message().find("none.toml") != std::string::npos);
  sources.file = folder.path();
  CHECK_FALSE(load(sources).ok());
  sources.file = "/dev/zero";
  CHECK(load(sources).status().message() == "'/dev/zero' is larger than 1048576 bytes");
}

TEST_CASE("the user's own file is found where XDG says") {
  const TemporaryFolder folder;
  const std::string file = folder.file("rocmforge/config.toml", "");
  const std::string dotted = folder.file(".config/rocmforge/config.toml", "");
  CHECK(user_config_file(variables({{"XDG_CONFIG_HOME", folder.path()}})) == file);
  CHECK(user_config_file(variables({{"HOME", folder.path()}})) == dotted);
  CHECK(user_config_file(variables({{"XDG_CONFIG_HOME", "not/absolute"}})).empty());
  CHECK(user_config_file(variables({{"HOME", folder.in("nobody")}})).empty());
  CHECK(user_config_file(variables({})).empty());
}

TEST_CASE("the commented defaults and the effective configuration read back as they were") {
  const Read defaults = read(commented_defaults());
  REQUIRE(defaults.status.message().empty());
  CHECK(defaults.loaded.config == Config{});

  Config config;
  config.sampling.temperature = 0.1;
  config.sampling.stop = {"a\n\"b\"", "\x01ü"};
  config.sampling.logit_bias = {{1, -0.5}};
  config.logging.levels = {{"arch-qwen", "trace"}};
  config.chat.system = "line\nline # \\";
  config.model.path = "/m.gguf";
  const Read back = read(effective(config, {}));
  REQUIRE(back.status.message().empty());
  CHECK(back.loaded.config == config);
}

}  // namespace
}  // namespace forge::config
