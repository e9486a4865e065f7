// run, run --batch and logits through the built program, on models of a few kilobytes that the test
// makes: the same answer however it is asked, and clear words for what is wrong.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/support/tiny_model.hpp"

namespace forge::test {
namespace {

using Json = nlohmann::json;

Finished forge_run(std::vector<std::string> arguments, std::string input = {}) {
  arguments.insert(arguments.begin(), FORGE_PROGRAM);
  return run({std::move(arguments), {{"XDG_CONFIG_HOME", "/nonexistent"}}, std::move(input)});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A folder with a model in it.
class ModelFolder {
 public:
  explicit ModelFolder(const TinyModel& shape = {}) { write_tiny_model(model(), shape); }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string model() const { return path("tiny.gguf"); }
  std::string file(const std::string& name, const std::string& text) const {
    return folder_.file(name, text);
  }

  // The logits' bytes for these options.
  std::string logits(const std::string& tokens, std::vector<std::string> options = {}) const {
    const std::string out = path("logits.f32");
    std::filesystem::remove(out);
    options.insert(options.begin(),
                   {"logits", model(), "--tokens", tokens, "--out", out, "--quiet"});
    const Finished done = forge_run(options);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    CHECK(done.err == "");
    CHECK(done.out.empty());
    return read_file(out);
  }

 private:
  TemporaryFolder folder_;
};

std::string some_tokens(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += (i == 0 ? "" : ",") + std::to_string(i * 37 % 256);
  return text;
}

std::vector<float> floats(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

// Packs that this machine can run, best first.
std::vector<std::string> packs() {
  const Finished done = forge_run({"plugins", "--json"});
  std::vector<std::string> ids;
  const Json json = Json::parse(done.out);
  for (const Json& plugin : json.at("plugins")) {
    if (plugin.at("accepted") == true && plugin.at("kinds")[0] == "kernel-pack")
      ids.push_back(plugin.at("id"));
  }
  REQUIRE_FALSE(ids.empty());
  return ids;
}

TEST_CASE("logits: decode is chunked prefill is prefill, bit for bit, on any number of threads") {
  std::vector<TinyModel> models(3);
  models[1].architecture = "llama";
  models[1].window = 20;
  models[1].tied = true;
  models[1].matrix_type = FORGE_TYPE_Q8_0;
  models[1].embedding_type = FORGE_TYPE_Q8_0;
  models[2].matrix_type = FORGE_TYPE_Q4_K;
  models[2].n_embd = models[2].n_ff = 256;
  models[2].head_dim = 64;
  const std::string tokens = some_tokens(70);
  for (const TinyModel& shape : models) {
    const ModelFolder folder(shape);
    for (const std::string& pack : packs()) {
      const std::string whole = folder.logits(tokens, {"--with", pack, "-t", "1"});
      REQUIRE(whole.size() == 70u * kTinyTokens * sizeof(float));
      for (const char* chunk : {"1", "3", "32", "69"}) {
        INFO(shape.architecture << " on " << pack << ", chunks of " << chunk);
        CHECK(folder.logits(tokens, {"--with", pack, "--chunk", chunk, "-t", "3"}) == whole);
      }
      // The first rows do not know what comes later.
      const std::string first = folder.logits(some_tokens(5), {"--with", pack});
      CHECK(whole.compare(0, first.size(), first) == 0);
    }
  }
}

TEST_CASE("logits: with a KV cache of another type, too, and it makes a difference") {
  TinyModel shape;
  shape.head_dim = 32;
  const ModelFolder folder(shape);
  const std::string tokens = some_tokens(70);
  for (const std::string& pack : packs()) {
    const std::string f16 = folder.logits(tokens, {"--with", pack});
    for (const auto& [k, v] : {std::pair{"q8_0", "q8_0"}, {"q8_0", "f16"}, {"f16", "q8_0"}}) {
      INFO(pack << ", K " << k << ", V " << v);
      const std::vector<std::string> types = {"--with", pack, "--k-type", k, "--v-type", v};
      const auto logits = [&](std::vector<std::string> more) {
        more.insert(more.begin(), types.begin(), types.end());
        return folder.logits(tokens, more);
      };
      const std::string whole = logits({"-t", "1"});
      CHECK(whole != f16);
      for (const char* chunk : {"1", "5", "33"})
        CHECK(logits({"--chunk", chunk, "-t", "3"}) == whole);
    }
  }
}

TEST_CASE(
    "logits: heads that q8_0 does not divide run on the reference executor, with the reason") {
  const ModelFolder folder;  // heads of 16
  const Finished done =
      forge_run({"logits", folder.model(), "--tokens", "1,2", "--out", folder.path("out.f32"),
                 "--k-type", "q8_0", "--log-level", "info"});
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK(has(done.err, "keys in Q8_0 with heads of a multiple of 32 elements, not 16"));
}

// F32 weights: rounding only. 70 rows through two layers of width 64; logits of size 3.
TEST_CASE("logits: every pack agrees with the reference executor") {
  const ModelFolder folder;
  const std::vector<std::string> f32 = {"--k-type", "f32", "--v-type", "f32"};
  auto options = f32;
  options.insert(options.end(), {"--with", "reference"});
  const std::vector<float> expected = floats(folder.logits(some_tokens(70), options));
  double size = 0;
  for (const float e : expected) size = std::max(size, std::abs(double{e}));
  CHECK(size > 0.5);
  for (const std::string& pack : packs()) {
    options = f32;
    options.insert(options.end(), {"--with", pack});
    const std::vector<float> got = floats(folder.logits(some_tokens(70), options));
    REQUIRE(got.size() == expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      worst = std::max(worst, std::abs(double{got[i]} - expected[i]));
    INFO(pack << ": " << worst);
    CHECK(worst < 1e-4 * size);
  }
}

TEST_CASE("logits: wrong tokens, packs and places are refused") {
  const ModelFolder folder;
  const auto refused = [&](std::vector<std::string> options, int code, const char* says) {
    options.insert(options.begin(), {"logits", folder.model(), "--quiet"});
    const Finished done = forge_run(options);
    INFO(done.err);
    CHECK(done.exit_code == code);
    CHECK(has(done.err, says));
    CHECK(done.err.starts_with("error: "));
    CHECK(done.out.empty());
  };
  const std::string out = folder.path("out.f32");
  refused({"--tokens", "1,263", "--out", out}, 1, "token 263 is not in the vocabulary of 263");
  refused({"--tokens", "-1", "--out", out}, 1, "token -1");
  refused({"--tokens", "1;2", "--out", out}, 2, "--tokens");
  refused({"--tokens", "1"}, 2, "--out");
  refused({"--out", out}, 2, "--tokens");
  refused({"--tokens", "1", "--out", out, "--with", "nothing"}, 1, "'nothing'");
  refused({"--tokens", "1", "--out", out, "--chunk", "-1"}, 2, "--chunk");
  refused({"--tokens", "1", "--out", folder.path("no/such/folder")}, 1, "no/such/folder");
  refused({"--tokens", some_tokens(40), "--out", out, "--context", "39"}, 1, "39 are there");
  CHECK_FALSE(std::filesystem::exists(out));  // nothing half-written
}

// ---------------------------------------------------------------- run

TEST_CASE("run: the same seed gives the same text, and so do batches, threads and chunks") {
  const ModelFolder folder;
  const auto text = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"run", "-m", folder.model(), "--raw", "-p",
                                     "the hello of a prompt with some length", "-n", "20", "-q"});
    const Finished done = forge_run(options);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return done.out;
  };
  const std::string first = text({"--seed", "3"});
  CHECK(first.size() > 5);
  CHECK(text({"--seed", "3"}) == first);
  CHECK(text({"--seed", "3", "-t", "3", "--batch-size", "4"}) == first);
  CHECK(text({"--seed", "4"}) != first);
  const std::string greedy = text({"--temperature", "0"});
  CHECK(text({"--temperature", "0", "--seed", "9"}) == greedy);
  CHECK(text({"--temperature", "0", "--stop", greedy.substr(3, 3)}) ==
        greedy.substr(0, greedy.find(greedy.substr(3, 3))) + "\n");
}

TEST_CASE("run: a prompt from the flag, from a file, from standard input") {
  const ModelFolder folder;
  const std::vector<std::string> base = {"run",    "-m", folder.model(), "--raw", "-q",
                                         "--temp", "0",  "-n",           "8"};
  const auto text = [&](std::vector<std::string> more, const std::string& input = {}) {
    more.insert(more.begin(), base.begin(), base.end());
    const Finished done = forge_run(more, input);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return done.out;
  };
  const std::string answer = text({"-p", "hello the"});
  CHECK(text({"--file", folder.file("prompt.txt", "hello the")}) == answer);
  CHECK(text({}, "hello the") == answer);
}

TEST_CASE("run --batch: every line is answered as if it were alone, in order") {
  const ModelFolder folder;
  std::string lines;
  for (int i = 0; i < 9; ++i) {
    Json line = {{"id", "q" + std::to_string(i)},
                 {"prompt", std::string(static_cast<std::size_t>(1 + i * 5), 'a') + " the " +
                                std::to_string(i)},
                 {"max_tokens", 3 + i},
                 {"seed", i}};
    if (i % 2 == 0) line["raw"] = true;
    lines += line.dump() + "\n";
    if (i == 4) lines += "\n  \n";  // empty lines are no questions
  }
  const std::string file = folder.file("questions.jsonl", lines);
  const auto answers = [&](std::vector<std::string> more, const std::string& input = {}) {
    more.insert(more.begin(), {"run", "-m", folder.model(), "-q"});
    const Finished done = forge_run(more, input);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return done.out;
  };
  const std::string alone = answers({"--batch", file, "--sequences", "1"});
  CHECK(answers({"--batch", file, "--sequences", "4"}) == alone);
  CHECK(answers({"--batch", file, "--sequences", "9", "--batch-size", "7", "-t", "2"}) == alone);
  CHECK(answers({"--batch", "-", "--sequences", "3"}, lines) == alone);
  std::istringstream stream(alone);
  int n = 0;
  for (std::string line; std::getline(stream, line); ++n) {
    const Json answer = Json::parse(line);
    CHECK(answer.at("index") == n);
    CHECK(answer.at("id") == "q" + std::to_string(n));
    CHECK(answer.at("finish_reason") == "length");
    CHECK(answer.at("completion_tokens") == 3 + n);
  }
  CHECK(n == 9);
}

TEST_CASE("run --batch: lines that are wrong have their error in their place") {
  const ModelFolder folder;
  const std::string input =
      "{\"prompt\": \"a\", \"max_tokens\": 2}\n"
      "not json\n"
      "[1]\n"
      "{\"max_tokens\": 2}\n"
      "{\"prompt\": 5}\n"
      "{\"prompt\": \"a\", \"temperature\": \"hot\"}\n"
      "{\"prompt\": \"a\", \"temperature\": -2}\n"
      "{\"prompt\": \"" +
      std::string(400, 'x') +
      "\"}\n"
      "{\"prompt\": \"a\", \"max_tokens\": 2}\n";
  const Finished done =
      forge_run({"run", "-m", folder.model(), "-q", "--batch", "-", "--sequences", "2"}, input);
  CHECK(done.exit_code == 0);
  std::istringstream stream(done.out);
  const char* says[] = {nullptr,      "parse error", "not a JSON object", "neither \"prompt\" nor",
                        "type_error", "type_error",  "temperature",       "the context holds 256",
                        nullptr};
  int n = 0;
  std::string first;
  for (std::string line; std::getline(stream, line); ++n) {
    REQUIRE(n < 9);
    const Json answer = Json::parse(line);
    CHECK(answer.at("index") == n);
    INFO(line);
    if (says[n] == nullptr) {
      CHECK(answer.contains("text"));
    } else {
      CHECK(has(answer.at("error"), says[n]));
    }
  }
  CHECK(n == 9);
}

TEST_CASE("run: wrong flags are refused before anything is loaded") {
  const ModelFolder folder;
  const auto refused = [&](std::vector<std::string> options, const char* says) {
    options.insert(options.begin(), {"run", "-m", folder.model(), "-p", "x"});
    const Finished done = forge_run(options);
    INFO(done.err);
    CHECK(done.exit_code == 2);
    CHECK(done.err.starts_with("error: "));
    CHECK(has(done.err, says));
    CHECK(done.out.empty());
  };
  refused({"--temperature", "-1"}, "--temperature");
  refused({"--temperature", "warm"}, "--temperature");
  refused({"--top-p", "1.5"}, "--top-p");
  refused({"-n", "-1"}, "--max-tokens");
  refused({"--sequences", "0"}, "--sequences");
  refused({"--batch-size", "0"}, "--batch-size");
  refused({"--k-type", "q9"}, "--k-type");
  refused({"--temprature", "1"}, "--temprature");
}

TEST_CASE("run: a prompt longer than the context is refused, one that just fits is answered") {
  const ModelFolder folder;
  const auto with = [&](std::size_t n) {
    return forge_run({"run", "-m", folder.model(), "--raw", "-q", "--temp", "0", "--context", "40",
                      "-p", std::string(n, 'x')});
  };
  const Finished long_one = with(41);
  CHECK(long_one.exit_code == 1);
  CHECK(has(long_one.err, "the prompt has 41 tokens, but the context holds 40"));
  CHECK(with(40).exit_code == 0);
}

// ---------------------------------------------------------------- wrong files

TEST_CASE("model files that are none are one clear line each") {
  const ModelFolder folder;
  const std::string good = read_file(folder.model());
  const auto refused = [&](const std::string& path, const char* says) {
    for (const char* command : {"run", "logits"}) {
      const std::vector<std::string> arguments =
          command == std::string("run")
              ? std::vector<std::string>{"run", "-m", path, "-p", "x", "-q"}
              : std::vector<std::string>{
                    "logits", path, "--tokens", "1", "--out", folder.path("x.f32"), "-q"};
      const Finished done = forge_run(arguments);
      INFO(command << ": " << done.err);
      CHECK(done.exit_code == 1);
      CHECK(done.err.starts_with("error: "));
      CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
      CHECK(has(done.err, says));
    }
  };
  refused(folder.path("missing.gguf"), "No such file");
  refused(folder.file("empty.gguf", ""), "empty");
  refused(folder.file("text.gguf", "this is a text about models, and no model"), "text.gguf");
  refused(folder.file("html.gguf", "<!DOCTYPE html><html>404</html>"), "html.gguf");
  for (const std::size_t n :
       {std::size_t{4}, std::size_t{30}, good.size() / 10, good.size() / 2, good.size() - 1})
    refused(folder.file("cut.gguf", good.substr(0, n)), "cut.gguf");
  std::string other = good;
  other.replace(other.find("qwen3"), 5, "qwen9");  // the value of general.architecture comes first
  refused(folder.file("other.gguf", other), "no plugin builds the architecture 'qwen9'");
  std::string renamed = good;
  renamed.replace(renamed.find("blk.1.ffn_up.weight"), 19, "blk.1.ffn_xx.weight");
  refused(folder.file("renamed.gguf", renamed), "tensor 'blk.1.ffn_up.weight' is missing");
}

// ---------------------------------------------------------------- conformance

TEST_CASE("conformance: one op of every pack of this machine") {
  for (const std::string& pack : packs()) {
    const Finished table = forge_run({"conformance", pack, "--op", "norm", "-q"});
    INFO(table.out << table.err);
    CHECK(table.exit_code == 0);
    CHECK(has(table.out, "bf16"));
    CHECK(has(table.out, " 0 wrong"));
    const Finished json = forge_run({"conformance", pack, "--type", "q4_k", "--json", "-q"});
    REQUIRE(json.exit_code == 0);
    const Json report = Json::parse(json.out);
    CHECK(report.at("pack") == pack);
    CHECK(report.at("failed") == 0);
    CHECK(report.at("ok").get<int>() > 10);
    bool linear = false;
    for (const Json& line : report.at("lines")) {
      CHECK(line.at("type") == "q4_k");
      linear = linear || (line.at("op") == "linear" && line.at("result") == "ok");
      if (line.at("result") == "not supported") CHECK(line.at("reason").is_string());
    }
    CHECK(linear);
  }
}

TEST_CASE("conformance: what cannot be checked is refused") {
  const auto refused = [](std::vector<std::string> arguments, int code, const char* says) {
    arguments.insert(arguments.begin(), "conformance");
    const Finished done = forge_run(arguments);
    INFO(done.err);
    CHECK(done.exit_code == code);
    CHECK(has(done.err, says));
  };
  refused({}, 2, "id is required");
  refused({"reference"}, 1, "compared with itself it is always right");
  refused({"no-such-pack"}, 1, "'no-such-pack'");
  refused({"arch-qwen"}, 1, "'arch-qwen' is not a kernel pack");
  const std::string pack = packs().back();
  refused({pack, "--op", "linaer", "-q"}, 1, "did you mean 'linear'?");
  refused({pack, "--op", "rope", "--type", "q4_k", "-q"}, 1, "'rope' has no cases with 'q4_k'");
  refused({pack, "--seed", "x"}, 2, "--seed");
}

}  // namespace
}  // namespace forge::test
