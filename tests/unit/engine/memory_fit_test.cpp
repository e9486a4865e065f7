#include "core/engine/memory_fit.hpp"

#include "tests/catch.hpp"

namespace forge::engine {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// 1 MiB of state for each block of 32 positions.
FitRequest request() {
  FitRequest r;
  r.memory.weights = 100 * kMiB;
  r.memory.scratch = 10 * kMiB;
  r.memory.state_per_block = kMiB;
  r.n_ctx_train = 32768;
  return r;
}

TEST_CASE("memory fit: a context that fits is used as wanted") {
  FitRequest r = request();
  r.n_ctx = 3200;
  r.limit = 210 * kMiB;  // to the byte
  auto fit = fit_context(r);
  REQUIRE(fit.ok());
  CHECK(*fit == 3200);
  r.limit -= 1;
  fit = fit_context(r);
  CHECK(fit.code() == Code::kResourceExhausted);
}

TEST_CASE("memory fit: blocks are whole") {
  FitRequest r = request();
  r.limit = 112 * kMiB;
  r.n_ctx = 64;
  CHECK(fit_context(r).ok());
  r.n_ctx = 65;  // a third block
  CHECK_FALSE(fit_context(r).ok());
}

TEST_CASE("memory fit: a wanted context that does not fit is an error with every term") {
  FitRequest r = request();
  r.n_ctx = 6400;
  r.n_sequences = 2;
  r.limit = 300 * kMiB;
  const auto fit = fit_context(r);
  CHECK(fit.code() == Code::kResourceExhausted);
  const std::string& message = fit.status().message();
  for (const char* part :
       {"weights 0.10 GiB", "scratch 0.01 GiB", "state 0.39 GiB", "6400 positions x 2 sequences",
        "0.50 GiB", "0.29 GiB are free", "--context"}) {
    INFO(message);
    CHECK(message.find(part) != std::string::npos);
  }
}

TEST_CASE("memory fit: nothing wanted: as trained, or halved until it fits") {
  FitRequest r = request();
  r.limit = 100000 * kMiB;
  CHECK(*fit_context(r) == 32768);
  r.limit = 110 * kMiB + 512 * kMiB;  // 16384 positions
  CHECK(*fit_context(r) == 16384);
  r.limit -= 1;
  CHECK(*fit_context(r) == 8192);
  r.n_sequences = 4;
  CHECK(*fit_context(r) == 2048);
  r.limit = 110 * kMiB + 4 * 16 * kMiB;
  CHECK(*fit_context(r) == 512);
  r.limit -= 1;  // shorter than 512 is not worth having
  CHECK(fit_context(r).code() == Code::kResourceExhausted);
}

TEST_CASE("memory fit: a model trained for less than the shortest context") {
  FitRequest r = request();
  r.n_ctx_train = 128;
  r.limit = 1000 * kMiB;
  CHECK(*fit_context(r) == 128);
  r.limit = 111 * kMiB;
  CHECK(fit_context(r).code() == Code::kResourceExhausted);
}

TEST_CASE("memory fit: unknown limits and unknown training lengths") {
  FitRequest r = request();
  r.limit = 0;
  CHECK(*fit_context(r) == 32768);
  r.n_ctx = 1u << 28;
  CHECK(*fit_context(r) == 1u << 28);
  r.n_ctx = 0;
  r.n_ctx_train = 0;
  CHECK(*fit_context(r) == 4096);
}

TEST_CASE("memory fit: recurrent state counts per sequence, sizes do not wrap") {
  FitRequest r = request();
  r.memory.state_per_slot = 50 * kMiB;
  r.n_sequences = 3;
  r.n_ctx = 32;
  r.limit = 110 * kMiB + 3 * 51 * kMiB;
  CHECK(fit_context(r).ok());
  r.limit -= 1;
  CHECK_FALSE(fit_context(r).ok());
  r.n_ctx = 0xffffffffu;
  r.n_sequences = 1u << 20;
  CHECK_FALSE(fit_context(r).ok());
}

TEST_CASE("memory fit: a device with a budget has to hold its own share") {
  FitRequest r = request();
  r.limit = 100000 * kMiB;
  DeviceShare share;
  share.device = "GPU 0000:03:00.0 (card)";
  share.memory = {.weights = 2048 * kMiB, .scratch = 512 * kMiB, .state_per_block = 2 * kMiB};
  share.terms = "20.00 GiB of memory - 17.00 GiB in use";
  share.budget = (2560 + 2 * 100) * kMiB;  // 100 blocks, to the byte
  r.devices = {share};
  r.n_ctx = 3200;
  CHECK(*fit_context(r) == 3200);
  r.n_ctx = 3201;
  const auto refused = fit_context(r);
  CHECK(refused.code() == Code::kResourceExhausted);
  CHECK(refused.status().message() ==
        "the model does not fit onto GPU 0000:03:00.0 (card): weights 2.00 GiB + scratch 0.50 GiB "
        "+ state 0.20 GiB (3201 positions x 1 sequences) = 2.70 GiB, but its budget is 2.70 GiB: "
        "20.00 GiB of memory - 17.00 GiB in use. Use a smaller or more strongly quantized model, a "
        "shorter context (--context), fewer sequences, or leave the desktop less "
        "(--desktop-reserve-gb)");
  // Nothing wanted: halved until both fit, the device and the computer.
  r.n_ctx = 0;
  CHECK(*fit_context(r) == 2048);
  r.limit = 110 * kMiB + 16 * kMiB;
  CHECK(*fit_context(r) == 512);
  r.devices[0].budget = 2560 * kMiB;
  CHECK(fit_context(r).status().message().find("onto GPU") != std::string::npos);
  r.devices[0].budget = 0;  // not known: nothing fits
  CHECK_FALSE(fit_context(r).ok());
}

TEST_CASE("memory fit: this machine says how much it has") { CHECK(available_memory() > kMiB); }

}  // namespace
}  // namespace forge::engine
