#include "tests/hipsim/sim.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "tests/hipsim/control.hpp"

namespace hipsim {
namespace {

using namespace forge::hip;  // NOLINT(google-build-using-namespace): HIP's names

// Never destroyed: threads may hang in it until the process ends.
Sim*& instance() {
  static Sim* sim = nullptr;
  return sim;
}

}  // namespace

Sim::Sim()
    : options(options_from_environment()),
      faults(environment("FORGE_HIPSIM_FAULT")),
      recorder(options.record_folder) {
  devices.resize(options.devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    devices[i].options = options.devices[i];
    if (faults.has(Fault::kNoDevice)) devices[i].failed = hipErrorNoDevice;
    auto stream = std::make_shared<Stream>();
    stream->device = static_cast<int>(i);
    stream->is_default = true;
    devices[i].streams.push_back(stream);
    devices[i].default_stream = std::move(stream);
  }
}

std::mutex& Sim::mutex() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

Sim& Sim::get() {
  if (!instance()) instance() = new Sim;
  return *instance();
}

void Sim::reset() {
  delete instance();
  instance() = nullptr;
  current_device() = 0;
  last_error() = hipSuccess;
}

Device& Sim::device() {
  return devices[std::min(static_cast<std::size_t>(current_device()), devices.size() - 1)];
}

void Sim::say(const std::string& text) {
  last_message = text;
  std::fprintf(stderr, "hipsim: %s\n", text.c_str());
}

hipError_t Sim::start() {
  if (faults.has(Fault::kHangInit)) hang();
  if (started_) return start_error_;
  started_ = true;
  std::this_thread::sleep_for(std::chrono::seconds(faults.slow_start_seconds()));
  if (faults.has(Fault::kPermission)) start_error_ = hipErrorInvalidDevice;
  for (const std::string& library : options.kernel_libraries) {
    if (!dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL))
      give_up("FORGE_HIPSIM_KERNELS: " + std::string(dlerror()));  // NOLINT(concurrency-mt-unsafe)
  }
  return start_error_;
}

int& current_device() {
  static thread_local int device = 0;
  return device;
}

hipError_t& last_error() {
  static thread_local hipError_t error = hipSuccess;
  return error;
}

void hang() {
  Sim::mutex().unlock();
  for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
}

void reset() {
  const std::lock_guard lock(Sim::mutex());
  Sim::reset();
}

std::size_t n_streams() {
  const std::lock_guard lock(Sim::mutex());
  const auto& streams = Sim::get().devices.front().streams;
  return static_cast<std::size_t>(std::count_if(streams.begin(), streams.end(), [](const auto& s) {
    const auto stream = s.lock();
    return stream != nullptr && !stream->is_default;
  }));
}

std::string last_message() {
  const std::lock_guard lock(Sim::mutex());
  return Sim::get().last_message;
}

}  // namespace hipsim
