// Another engine's numbers, and the timeline.
#include "host/bench/peer.hpp"

#include <nlohmann/json.hpp>

#include "host/bench/trace.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::bench {
namespace {

const Test kPrompt = {Test::Kind::kPrompt, 128, 1, 0};
const Test kDeepAnswer = {Test::Kind::kAnswer, 16, 1, 512};
const Test kFourAnswers = {Test::Kind::kAnswer, 16, 4, 0};

TEST_CASE("peer: a name and a command, or a command alone") {
  const auto named = Peer::parse("ik=./ik/llama-bench -rtr 1 -ctk=q8_0");
  REQUIRE(named.ok());
  CHECK(named->name == "ik");
  CHECK(named->command == "./ik/llama-bench -rtr 1 -ctk=q8_0");
  const auto alone = Peer::parse("/opt/llama/llama-bench -fa=1");
  REQUIRE(alone.ok());
  CHECK(alone->name == "llama-bench");
  CHECK(alone->command == "/opt/llama/llama-bench -fa=1");
  for (const char* wrong : {"", "=x", "x=", "/"}) CHECK_FALSE(Peer::parse(wrong).ok());
}

TEST_CASE("peer: the record of each test is found by lengths and depth") {
  const char* report = R"([{"n_prompt": 128, "n_gen": 0, "n_depth": 0, "samples_ts": [10, 12]},
    {"n_prompt": 0, "n_gen": 16, "samples_ts": [1]},
    {"n_prompt": 0, "n_gen": 16, "n_depth": 512, "samples_ts": [3.5]}])";
  const auto measured = parse_peer_report(report, {kPrompt, kDeepAnswer, kFourAnswers});
  REQUIRE(measured.ok());
  CHECK((*measured)[0].rates == std::vector<double>{10, 12});
  CHECK((*measured)[1].rates == std::vector<double>{3.5});
  CHECK((*measured)[2].rates.empty());  // it has no word for several sequences
}

TEST_CASE("peer: what is no report is refused with the reason") {
  const auto refused = [](const char* report, const char* why) {
    const auto measured = parse_peer_report(report, {kPrompt});
    REQUIRE_FALSE(measured.ok());
    CHECK(measured.status().message().find(why) != std::string::npos);
  };
  refused("", "JSON of llama-bench");
  refused("{}", "JSON of llama-bench");
  refused("[]", "no record of pp128");
  refused("[1, null]", "no record of pp128");
  refused(R"([{"n_prompt": 128}])", "no samples_ts");
  refused(R"([{"n_prompt": 128, "samples_ts": ["fast"]}])", "no number");
  refused(R"([{"n_prompt": 128, "samples_ts": [0]}])", "no number");
  refused(R"([{"n_prompt": "128", "samples_ts": [1]}])", "no record");
}

TEST_CASE("peer: its program gets the tests as options, and a file name with a quote") {
  const test::TemporaryFolder folder;
  const std::string script = folder.file("bench.sh", R"(echo "loading $2" >&2
[ "$2" = "it's.gguf" ] || exit 3
[ "$*" = "-m it's.gguf -t 2 -p 128 -n 16 -r 5 -o json -d 0,512" ] || { echo "got $*" >&2; exit 4; }
echo '[{"n_prompt": 128, "samples_ts": [7]}, {"n_gen": 16, "n_depth": 512, "samples_ts": [8]}]'
)");
  const Peer peer = {"script", "sh " + script};
  const auto measured = measure_peer(peer, "it's.gguf", 2, {kPrompt, kDeepAnswer}, 5);
  INFO(measured.status().message());
  REQUIRE(measured.ok());
  CHECK((*measured)[0].median() == 7);
  CHECK((*measured)[1].median() == 8);

  const auto failed = measure_peer(peer, "other.gguf", 2, {kPrompt}, 5);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.status().message().find("status 3") != std::string::npos);
  CHECK(failed.status().message().find("loading other.gguf") != std::string::npos);
  const auto killed = measure_peer({"k", "kill -9 $$; "}, "m.gguf", 1, {kPrompt}, 1);
  REQUIRE_FALSE(killed.ok());
  CHECK(killed.status().message().find("SIGKILL") != std::string::npos);
}

TEST_CASE("trace: nodes follow one another inside their step") {
  graph::Counter first, second;
  first.name = "blk.0.\"q\"";
  first.kernel = "matmul";
  first.nanoseconds = 2000;
  first.bytes = 4000;
  second.name = "norm";
  second.nanoseconds = 500;
  const auto json = nlohmann::json::parse(
      chrome_trace({{"pp8", {first, second}}, {"tg1", {second}}, {"empty", {}}}));
  const auto& events = json.at("traceEvents");
  REQUIRE(events.size() == 6);
  CHECK(events[0].at("name") == "pp8");
  CHECK(events[0].at("dur") == Approx(2.5));
  CHECK(events[1].at("name") == "blk.0.\"q\"");
  CHECK(events[1].at("args").at("GB/s") == Approx(2.0));
  CHECK(events[2].at("ts") == Approx(2.0));
  CHECK(events[3].at("name") == "tg1");
  CHECK(events[3].at("ts").get<double>() > 2.5);
  for (const auto& event : events) CHECK(event.at("ph") == "X");
}

}  // namespace
}  // namespace forge::bench
