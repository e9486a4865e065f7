// rocmforge inspect, as its user meets it.
#include <cstring>

#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::test {
namespace {

Finished inspect(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {FORGE_PROGRAM, "inspect"});
  return run({std::move(arguments), {{"XDG_CONFIG_HOME", "/nonexistent"}}, {}});
}

TEST_CASE("inspect prints a page, and JSON with --json") {
  const TemporaryFolder folder;
  const std::string file = folder.file("m.gguf", gguf::testing::small_file());
  const Finished page = inspect({file});
  CHECK(page.exit_code == 0);
  CHECK(page.err == "");
  CHECK(page.out.starts_with("File\n  Path              " + file + "\n"));
  CHECK(page.out.find("output.weight") == std::string::npos);
  CHECK(inspect({file, "--tensors"}).out.find("output.weight") != std::string::npos);
  const Finished json = inspect({file, "--json"});
  CHECK(json.exit_code == 0);
  CHECK(json.out.starts_with("{\n  \"schema\": 1,\n"));
  CHECK(json.out.ends_with("}\n"));
}

TEST_CASE("inspect writes a tensor as f32") {
  const TemporaryFolder folder;
  const std::string file = folder.file("m.gguf", gguf::testing::small_file());
  // A file that is there is replaced.
  const std::string out = folder.file("t.f32", "old");
  const auto floats = [&](const char* name) {
    const Finished done = inspect({file, "--tensor", name, "--out", out});
    CHECK(done.err == "");
    CHECK(done.exit_code == 0);
    const std::string text = read_file(out);
    std::vector<float> values(text.size() / sizeof(float));
    std::memcpy(values.data(), text.data(), values.size() * sizeof(float));
    return values;
  };
  CHECK(floats("token_embd.weight") ==
        std::vector<float>{0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f});
  // Q8_0: scale 1 (0x3c00), every number 7.
  CHECK(floats("output.weight") == std::vector<float>(32, 7.0f));
}

TEST_CASE("inspect says what is wrong, on standard error") {
  const TemporaryFolder folder;
  const std::string file = folder.file("m.gguf", gguf::testing::small_file());
  const auto fails = [](const Finished& done, int code, const std::string& message) {
    INFO(done.err);
    CHECK(done.exit_code == code);
    CHECK(done.out.empty());
    CHECK(done.err.find(message) != std::string::npos);
    CHECK(done.err.starts_with("error: "));
  };
  fails(inspect({file + "x"}), 1, "No such file or directory");
  fails(inspect({folder.file("bad.gguf", "GGUF")}), 1, "byte 4: the file ends inside the version");
  fails(inspect({file, "--tensor", "nope", "--out", folder.in("x")}), 1,
        "no tensor is named 'nope' (the file has 2 tensors)");
  fails(inspect({file, "--tensor", "output.weight"}), 2, "--out");
  fails(inspect({}), 2, "file");
  gguf::testing::Bytes unknown;
  unknown.header(1, 0).tensor("w", {4}, 99, 0).align(32).zeros(32);
  fails(inspect({folder.file("u.gguf", unknown), "--tensor", "w", "--out", folder.in("x")}), 1,
        "tensor 'w' has type unknown(99), which no codec here describes");
}

}  // namespace
}  // namespace forge::test
