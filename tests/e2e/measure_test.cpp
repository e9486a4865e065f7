// rocmforge bench and perplexity through the built program. What they measure is no test: that they
// measure, print and refuse is.
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::test {
namespace {

// The smallest model: what is measured does not matter.
constexpr const char* kModel = FORGE_MODELS "/demo-draft.gguf";

using Json = nlohmann::json;

Finished forge_run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FORGE_PROGRAM);
  return run({std::move(arguments), {{"XDG_CONFIG_HOME", "/nonexistent"}}, {}});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("bench: every test of every number of threads, as table and as JSON") {
  const std::vector<std::string> what = {"bench", "-m", kModel, "-p",  "4,8",
                                         "-n",    "2",  "-d",   "0,6", "--parallel",
                                         "1,3",   "-t", "1,2",  "-r",  "2"};
  auto arguments = what;
  arguments.insert(arguments.end(), {"--format", "json", "--quiet"});
  const Finished done = forge_run(arguments);
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK(done.err == "");
  const Json json = Json::parse(done.out);
  REQUIRE(json.at("results").size() == 2 * 2 * (2 + 2));
  for (const Json& result : json.at("results")) {
    CHECK(result.at("rates").size() == 2);
    CHECK(result.at("median").get<double>() > 0);
  }
  CHECK(json.at("results")[3].at("test") == "tg2 x3");
  CHECK(json.at("bytes_per_step").get<std::uint64_t>() > 1'500'000);
  CHECK(json.at("k_type") == "f16");

  arguments = what;
  arguments.insert(arguments.end(), {"--format", "markdown", "--profile"});
  const Finished table = forge_run(arguments);
  REQUIRE(table.exit_code == 0);
  CHECK(has(table.out, "tg2 x3 @ 6"));
  CHECK(has(table.out, "matmul"));
  CHECK(has(table.out, "| f16 |"));
}

TEST_CASE("bench: the types of the KV cache are those that were asked for, and are shown") {
  const auto table = [](std::vector<std::string> types) {
    types.insert(types.begin(), {"bench", "-p", "4", "-n", "2", "-r", "1", "--profile", "--quiet"});
    const Finished done = forge_run(types);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return done.out;
  };
  const std::string q8 = table({"--k-type", "q8_0", "--v-type", "q8_0"});
  CHECK(has(q8, " q8_0 "));
  CHECK(has(q8, "attention_q8_0_"));
  const std::string mixed = table({"--k-type", "q8_0"});
  CHECK(has(mixed, " q8_0/f16 "));
  CHECK(has(mixed, "attention_q8_0_f16_"));
}

TEST_CASE("bench: a generated model is the same written to a file") {
  const TemporaryFolder folder;
  const std::string file = folder.in("m.gguf");
  REQUIRE(forge_run({"bench", "--synthetic", "qwen2.5-0.5b:Q4_0", "--write", file}).exit_code == 0);
  const Finished shown = forge_run({"inspect", file});
  CHECK(has(shown.out, "qwen2.5-0.5b:Q4_0"));
  const Finished done =
      forge_run({"bench", "-m", file, "-p", "8", "-n", "2", "-r", "1", "--quiet"});
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "pp8"));
}

TEST_CASE("bench: beside another engine, in turn, with ratios") {
  const TemporaryFolder folder;
  const std::string peer = folder.file("bench.sh", R"(echo '[{"n_prompt": 8, "samples_ts": [2, 4]},
    {"n_gen": 2, "samples_ts": [1]}]')");
  const std::vector<std::string> what = {
      "bench",  "-m",         kModel, "-p",        "8",
      "-n",     "2",          "-r",   "1",         "-t",
      "1",      "--parallel", "1,2",  "--compare", "slow=sh " + peer,
      "--quiet"};
  const Finished done = forge_run(what);
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK(has(done.out, "slow tok/s"));
  CHECK(has(done.out, "3.00"));  // the median of two rounds of 2 and 4
  CHECK(has(done.out, "tg2 x2"));
  auto arguments = what;
  arguments.insert(arguments.end(), {"--format", "json"});
  const Json json = Json::parse(forge_run(arguments).out);
  CHECK(json.at("results")[0].at("rates").size() == 2);  // two rounds
  CHECK(json.at("results")[0].at("peers")[0].at("median") == 3.0);
  CHECK_FALSE(json.at("results")[2].at("peers")[0].contains("median"));

  const Finished failed = forge_run(
      {"bench", "-m", kModel, "-p", "8", "-n", "0", "-r", "1", "--compare", "false", "--quiet"});
  CHECK(failed.exit_code != 0);
  CHECK(has(failed.err, "it ended with status 1"));
  CHECK(has(forge_run({"bench", "--compare", "x=true"}).err, "needs a model file"));
}

TEST_CASE("bench: limits of the device and a timeline of one step of each test") {
  const TemporaryFolder folder;
  const std::string trace = folder.in("trace.json");
  const Finished done = forge_run({"bench", "-m", kModel, "-p", "16", "-n", "2", "-r", "1", "-t",
                                   "2", "--roofline", "--trace", trace, "--quiet"});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK(has(done.out, "GB/s read"));
  CHECK(has(done.out, "of the limit"));
  CHECK(has(done.out, "matmul_"));
  const Json json = Json::parse(read_file(trace));
  CHECK(json.at("traceEvents").size() > 20);
  CHECK(json.at("traceEvents")[0].at("name") == "pp16, 2 threads");
  // A pack that cannot tell says so.
  CHECK(has(forge_run({"bench", "-m", kModel, "-p", "4", "-n", "0", "-r", "1", "--with",
                       "reference", "--roofline"})
                .err,
            "cannot tell"));
}

TEST_CASE("bench: launches of one step") {
  const Finished done =
      forge_run({"bench", "-p", "4", "-n", "2", "-r", "1", "-t", "1", "--launches", "--quiet"});
  REQUIRE(done.exit_code == 0);
  const std::size_t table = done.out.find("beside the layers");
  REQUIRE(table != std::string::npos);
  std::istringstream line(done.out.substr(done.out.find("tg2", table)));
  std::string name, comma_threads;
  double threads = 0, launches = 0, each = 0, others = 0;
  line >> name >> threads >> comma_threads >> launches >> each >> others;
  // What the layers have and the rest are all; the demo model has norms and a head outside of them.
  CHECK(others >= 1);
  CHECK(each >= 4);
  CHECK(launches > others + each);
}

TEST_CASE("plan: a model on a card, on all cards, for machines") {
  const Finished one = forge_run({"plan", "--device", "RX 9070 XT", "--ctx", "1024"});
  INFO(one.out << one.err);
  REQUIRE(one.exit_code == 0);
  CHECK(has(one.out, "on a Radeon RX 9070 XT (gfx1201)"));
  CHECK(has(one.out, "It fits.\n"));
  CHECK(has(one.out, "answer, at position 1,023"));
  CHECK(has(one.out, "A prediction from data sheets"));

  const Finished all = forge_run({"plan"});
  CHECK(all.exit_code == 0);
  for (const char* card : {"7900xt", "7900xtx", "9070xt", "r9700"}) CHECK(has(all.out, card));

  const Finished json = forge_run({"plan", "--device", "r9700", "--k-type", "q8_0", "--json"});
  REQUIRE(json.exit_code == 0);
  const Json plan = Json::parse(json.out);
  CHECK(plan.at("prediction") == true);
  const Json& device = plan.at("devices").at(0);
  const Json& memory = device.at("memory");
  CHECK(memory.at("fits") == true);
  CHECK(memory.at("total").get<std::uint64_t>() == memory.at("weights").get<std::uint64_t>() +
                                                       memory.at("kv").get<std::uint64_t>() +
                                                       memory.at("scratch").get<std::uint64_t>());
  CHECK(device.at("answer_last").at("tokens_per_second_at_most").get<double>() > 0);

  const Finished wrong = forge_run({"plan", "--device", "9070tx"});
  CHECK(wrong.exit_code == 1);
  CHECK(has(wrong.err, "did you mean '9070xt'?"));
  const Finished type = forge_run({"plan", "--device", "9070xt", "--k-type", "f32"});
  CHECK(has(type.err, "keep keys and values in f16 or q8_0, not f32"));
}

TEST_CASE("bench: what cannot be measured is refused with the reason") {
  CHECK(has(forge_run({"bench", "-p", "0", "-n", "0"}).err, "nothing to measure"));
  CHECK(has(forge_run({"bench", "-r", "0"}).err, "at least 1"));
  CHECK(has(forge_run({"bench", "-t", "0"}).err, "at least 1"));
  CHECK(has(forge_run({"bench", "--synthetic", "qwen9"}).err, "there is no model shape 'qwen9'"));
  CHECK(has(forge_run({"bench", "--write", "x"}).err, "--write goes with --synthetic"));
  CHECK(has(forge_run({"bench", "--with", "nothing"}).err, "nothing"));
  CHECK(forge_run({"bench", "-m", "/nonexistent.gguf"}).exit_code != 0);
}

TEST_CASE("perplexity: a model against its own logits, and against another's") {
  const TemporaryFolder folder;
  const std::string base = folder.in("base.f32");
  std::string words;
  for (int i = 0; i < 200; ++i) words += "The capital of France is Paris. What is 8 + 5? ";
  const std::string text = folder.file("text.txt", words);
  const std::string qwen3 = FORGE_MODELS "/demo-qwen3.gguf",
                    draft = FORGE_MODELS "/demo-draft.gguf";
  const auto json = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"perplexity", qwen3, text,     "--context", "128",
                                          "--chunks",   "3",   "--json", "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished done = forge_run(arguments);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return Json::parse(done.out);
  };
  const Json saved = json({"--save-logits", base});
  CHECK(saved.at("tokens") == 3 * 63);
  CHECK(saved.at("perplexity").get<double>() > 1);
  const Json again = json({"--base-logits", base});
  CHECK(again.at("perplexity") == saved.at("perplexity"));
  CHECK(again.at("base_perplexity").get<double>() == Approx(saved.at("perplexity").get<double>()));
  CHECK(again.at("kl_max").get<double>() < 1e-12);
  CHECK(again.at("same_top") == 1);

  const Finished other = forge_run({"perplexity", draft, text, "--context", "128", "--chunks", "3",
                                    "--base-logits", base, "--quiet"});
  INFO(other.err);
  CHECK(other.exit_code == 0);
  CHECK(has(other.out, "KL divergence"));
  const Finished wrong = forge_run({"perplexity", qwen3, text, "--context", "128", "--chunks", "2",
                                    "--base-logits", base, "--quiet"});
  CHECK(wrong.exit_code != 0);
  CHECK(has(wrong.err, "Was it saved with the same text"));
  const Finished brief =
      forge_run({"perplexity", qwen3, folder.file("short.txt", "Hi."), "--quiet"});
  CHECK(has(brief.err, "less than one chunk"));
}

}  // namespace
}  // namespace forge::test
