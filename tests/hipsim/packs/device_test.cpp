// A pack for AMD GPUs in this process, on the simulated card: what the program cannot be asked from
// outside.
#include <stdlib.h>  // setenv

#include <memory>
#include <string>
#include <vector>

#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "forge/sdk/idle.hpp"
#include "forge/sdk/limits.hpp"
#include "plugins/gfx1100/traits.hpp"
#include "plugins/hip/runtime/device.hpp"
#include "tests/catch.hpp"
#include "tests/hipsim/control.hpp"
#include "tests/support/tiny_model.hpp"

namespace forge::test {
namespace {

using hip::DeviceOf;
using hip::GpuDevice;

constexpr forge_plugin_kernel_pack_v1 kPack = sdk::kernel_pack_record<DeviceOf<hip::kTraits>>();
constexpr forge_plugin_idle_v1 kIdle = sdk::idle_record<GpuDevice>();
constexpr forge_plugin_limits_v1 kLimits = sdk::limits_record<GpuDevice>();

// A fresh simulator with a fault, or with none.
std::shared_ptr<graph::PackDevice> open_device(const std::string& fault = "") {
  setenv("FORGE_HIPSIM_FAULT", fault.c_str(), 1);
  setenv("FORGE_HIP_LIBRARY", FORGE_BUILD_DIR "/tests/libhipsim_gfx1100.so", 1);
  setenv("FORGE_HIP_TIMEOUT_S", "120", 1);  // a slow machine
  hipsim::reset();
  static_cast<void>(process_codecs());
  graph::DeviceOptions options;
  options.key = "0000:03:00.0";
  options.processor = "gfx1100";
  options.data_directory = FORGE_BUILD_DIR "/plugins/gfx1100";
  auto device = graph::PackDevice::open("gfx1100", kPack, options);
  INFO(device.status().message());
  REQUIRE(device.ok());
  return *device;
}

Status rest(const graph::PackDevice& device) {
  forge_message message;
  return from_abi(kIdle.release(device.handle(), &message), message);
}

std::unique_ptr<engine::Engine> engine_on(const std::shared_ptr<graph::PackDevice>& device) {
  TinyModel shape;
  shape.matrix_type = FORGE_TYPE_Q8_0;
  shape.head_dim = 32;
  engine::EngineOptions options;
  options.n_ctx = 64;
  options.n_sequences = 2;
  return tiny_engine(open_tiny_model(shape), options, {device});
}

// A prompt, then tokens one by one, so that a recorded step is replayed; rests where it is told to.
// Every row of logits.
std::vector<float> logits_of(engine::Engine& engine, const graph::PackDevice& device, bool rests) {
  const auto sequence = engine.sequences().open();
  REQUIRE(sequence.ok());
  std::vector<float> all;
  std::vector<float> logits(engine.n_vocab());
  const auto evaluate = [&](std::vector<std::int32_t> tokens) {
    const Status status = engine.evaluate(*sequence, tokens, logits.data());
    INFO(status.message());
    REQUIRE(status.ok());
    all.insert(all.end(), logits.begin(), logits.end());
  };
  evaluate({7, 8, 9, 10, 11});
  for (std::int32_t token = 20; token < 32; ++token) {
    if (rests && token % 4 == 0) {
      CHECK(hipsim::n_streams() == 1);
      REQUIRE(rest(device).ok());
      CHECK(hipsim::n_streams() == 0);
      if (token % 8 == 0) {
        CHECK(rest(device).ok());
      }
    }
    evaluate({token});
  }
  return all;
}

TEST_CASE("a pack at rest has no stream and goes on with the same bits") {
  const auto device = open_device();
  const auto engine = engine_on(device);
  const std::vector<float> expected = logits_of(*engine, *device, false);
  CHECK(logits_of(*engine, *device, true) == expected);

  // The state can be read from a pack at rest.
  REQUIRE(rest(*device).ok());
  state::SequenceStore& sequences = engine->sequences();
  const std::uint32_t block[] = {0};
  std::vector<std::byte> bytes(engine->plan().memory().state_per_block);
  CHECK(sequences.plan_state().read_blocks(block, bytes.data()).ok());
  CHECK(hipsim::n_streams() == 1);
}

TEST_CASE("a pack that gets no stream after its rest says so, and tries again") {
  // The first stream is for the weights, the second the plan's.
  const auto device = open_device("no_stream=3");
  const auto engine = engine_on(device);
  const auto sequence = engine->sequences().open();
  REQUIRE(sequence.ok());
  std::vector<float> logits(engine->n_vocab());
  const std::vector<std::int32_t> prompt = {7, 8, 9};
  REQUIRE(engine->evaluate(*sequence, prompt, logits.data()).ok());
  REQUIRE(rest(*device).ok());
  const std::vector<std::int32_t> next = {20};
  const Status failed = engine->evaluate(*sequence, next, logits.data());
  CHECK(failed.code() == Code::kResourceExhausted);
  CHECK(failed.message().find("hipStreamCreateWithFlags") != std::string::npos);
  CHECK(engine->evaluate(*sequence, next, logits.data()).ok());
}

TEST_CASE("a pack measures what its device can do") {
  const auto device = open_device();
  forge_limits_v1 limits = {};
  limits.struct_size = sizeof(limits);
  forge_message message;
  const Status status = from_abi(kLimits.measure(device->handle(), &limits, &message), message);
  INFO(status.message());
  REQUIRE(status.ok());
  CHECK(limits.read_bytes > 0);
  CHECK(limits.int8_macs > 0);
  CHECK(limits.f32_macs > 0);
  // A host that knows the first field alone gets no more.
  forge_limits_v1 less = {};
  less.struct_size = offsetof(forge_limits_v1, int8_macs);
  less.int8_macs = -1;
  REQUIRE(from_abi(kLimits.measure(device->handle(), &less, &message), message).ok());
  CHECK(less.struct_size == offsetof(forge_limits_v1, int8_macs));
  CHECK(less.read_bytes > 0);
  CHECK(less.int8_macs == -1);
}

TEST_CASE("a measurement with a wrong result is an error") {
  for (const char* kernel : {"peak_read", "peak_int8"}) {
    const auto device = open_device(std::string("wrong_result=") + kernel);
    forge_limits_v1 limits = {};
    limits.struct_size = sizeof(limits);
    forge_message message;
    const Status status = from_abi(kLimits.measure(device->handle(), &limits, &message), message);
    CHECK(status.code() == Code::kDataLoss);
    CHECK(status.message().find(std::string(kernel) + " computed") != std::string::npos);
  }
}

}  // namespace
}  // namespace forge::test
