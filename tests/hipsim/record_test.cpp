#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/hipsim/fixture.hpp"
#include "tests/process.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)
using Json = nlohmann::json;
using Bytes = std::vector<unsigned char>;

// Repeats a recording's effects on memory of its own, by addresses.
class Replay {
 public:
  explicit Replay(const std::string& folder) {
    std::ifstream bytes(folder + "/memory.bin", std::ios::binary);
    contents_.assign(std::istreambuf_iterator<char>(bytes), {});
    std::ifstream lines(folder + "/launches.jsonl");
    for (std::string line; std::getline(lines, line);) steps_.push_back(Json::parse(line));
  }

  const std::vector<Json>& steps() const { return steps_; }

  void apply(const Json& step) {
    if (step["do"] == "alloc") {
      Bytes fresh(step["bytes"].get<std::size_t>());
      for (std::size_t i = 0; i < fresh.size(); ++i) fresh[i] = i % 2 == 0 ? 0xa5 : 0xff;
      memory_[step["base"].get<std::uint64_t>()] = fresh;
    }
    if (step["do"] == "free") memory_.erase(step["base"].get<std::uint64_t>());
    for (const Json& write : step.value("writes", Json::array())) {
      const auto at = write["at"].get<std::uint64_t>();
      auto& [base, bytes] = *std::prev(memory_.upper_bound(at));
      std::memcpy(bytes.data() + (at - base), contents_.data() + write["offset"].get<std::size_t>(),
                  write["bytes"].get<std::size_t>());
    }
  }

  template <class T>
  std::vector<T> read(const T* at, std::size_t n) const {
    std::vector<T> values(n);
    std::memcpy(values.data(), memory_.at(reinterpret_cast<std::uint64_t>(at)).data(),
                n * sizeof(T));
    return values;
  }

 private:
  std::vector<Json> steps_;
  Bytes contents_;
  std::map<std::uint64_t, Bytes> memory_;
};

}  // namespace

TEST_CASE("hipsim record: memory before and after each launch can be made again") {
  const forge::test::TemporaryFolder folder;
  const Hip hip(std::string("RECORD=") + folder.in("run"));
  const Kernels kernels(hip);
  constexpr std::uint32_t kN = 1000;
  const auto values = count_from<float>(0, kN);
  const Array<float> a(hip, values), b(hip, std::vector<float>(kN, 2)), y(hip, kN);
  const AddArgs first{a.data(), b.data(), y.data(), 7}, second{a.data(), y.data(), b.data(), 7};
  REQUIRE(kernels.launch("add", 1, 32, first) == hipSuccess);
  REQUIRE(hip->hipMemsetAsync(a.data(), 0, 8, kernels.stream()) == hipSuccess);
  REQUIRE(kernels.launch("add", 1, 32, second) == hipSuccess);
  REQUIRE(kernels.wait() == hipSuccess);

  Replay replay(folder.in("run"));
  std::size_t launches = 0;
  for (const Json& step : replay.steps()) {
    if (step["do"] == "launch" && launches == 1)  // before it: the fill and the first launch
      CHECK(replay.read(a.data(), 3) == std::vector<float>{0, 0, 2});
    replay.apply(step);
    if (step["do"] != "launch") continue;
    CHECK(step["index"] == launches);
    CHECK(step["kernel"] == "add");
    CHECK(step["target"] == "gfx1100");
    CHECK(step["grid"] == Json::array({1, 1, 1}));
    CHECK(step["block"] == Json::array({32, 1, 1}));
    CHECK(step["arguments"].get<std::string>().size() == 2 * sizeof(AddArgs));
    CHECK(step["writes"].size() == 1);
    // The second launch gives b[0] the value that it had: 0 + 2.
    CHECK(step["writes"][0]["bytes"] == (launches == 0 ? 7 : 6) * sizeof(float));
    if (++launches == 1) {
      CHECK(replay.read(a.data(), kN) == values);
      CHECK(replay.read(y.data(), 7) == std::vector<float>{2, 3, 4, 5, 6, 7, 8});
    }
  }
  CHECK(launches == 2);
  CHECK(replay.read(b.data(), kN) == b.read());
}
