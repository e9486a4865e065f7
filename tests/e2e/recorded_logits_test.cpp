// The demo models' logits against those recorded of llama.cpp (tests/peers/record/logits.mjs): the
// architectures as another engine understands them, rotary pairing and all.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::test {
namespace {

using Json = nlohmann::json;

std::vector<float> floats(const std::string& bytes) {
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
  return out;
}

std::vector<double> log_softmax(std::span<const float> row) {
  const double high = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const float v : row) sum += std::exp(v - high);
  std::vector<double> out;
  for (const float v : row) out.push_back(v - high - std::log(sum));
  return out;
}

double divergence(std::span<const float> base, std::span<const float> other) {
  const std::vector<double> p = log_softmax(base), q = log_softmax(other);
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
  return sum;
}

std::vector<float> our_logits(const std::string& name, const Json& about) {
  const TemporaryFolder folder;
  std::string tokens;
  for (const auto& id : about.at("tokens"))
    tokens += fmt::format("{}{}", tokens.empty() ? "" : ",", id.get<int>());
  const std::string out = folder.in("logits.f32");
  const Finished done = run({{FORGE_PROGRAM, "logits", FORGE_MODELS "/" + name + ".gguf",
                              "--tokens", tokens, "--out", out, "--quiet"},
                             {{"XDG_CONFIG_HOME", "/nonexistent"}},
                             {}});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  return floats(read_file(out));
}

// Weights are Q8_0. Both engines round activations to 8 bits in each product, which moves a logit
// by some hundredths and the distribution by a KL divergence of up to 5e-3 (measured) in
// a row). A wrong detail of the architecture moves it by more than 0.1.
constexpr double kMostDivergence = 0.02;

TEST_CASE("logits of the demo models agree with recorded ones of llama.cpp") {
  for (const std::string name : {"demo-qwen3", "demo-llama", "demo-draft"}) {
    DYNAMIC_SECTION(name) {
      const std::string folder = FORGE_TEST_DATA "/logits/";
      const Json about = Json::parse(read_file(folder + name + ".json"));
      const std::vector<float> theirs = floats(read_file(folder + name + ".f32"));
      const std::vector<float> ours = our_logits(name, about);
      const std::size_t n_vocab = about.at("n_vocab").get<std::size_t>();
      const std::size_t n_rows = about.at("rows").get<std::size_t>();
      REQUIRE(theirs.size() == n_rows * n_vocab);
      REQUIRE(ours.size() == about.at("tokens").size() * n_vocab);
      const std::span<const float> last = std::span(ours).last(theirs.size());
      for (std::size_t row = 0; row < n_rows; ++row) {
        INFO("row " << row);
        const auto their_row = std::span(theirs).subspan(row * n_vocab, n_vocab);
        CHECK(divergence(their_row, last.subspan(row * n_vocab, n_vocab)) < kMostDivergence);
      }
    }
  }
}

}  // namespace
}  // namespace forge::test
