// hipsim: the state behind the functions, and what each of them does first.
#ifndef FORGE_TESTS_HIPSIM_SIM_HPP_
#define FORGE_TESTS_HIPSIM_SIM_HPP_

#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

#include "plugins/hip/runtime/hip_types.hpp"
#include "tests/hipsim/faults.hpp"
#include "tests/hipsim/graph.hpp"
#include "tests/hipsim/memory.hpp"
#include "tests/hipsim/module.hpp"
#include "tests/hipsim/options.hpp"
#include "tests/hipsim/record.hpp"
#include "tests/hipsim/stream.hpp"

namespace hipsim {

using forge::hip::hipError_t;

struct Device {
  DeviceOptions options;
  hipError_t failed = forge::hip::hipSuccess;  // sticky: what every later call says
  std::shared_ptr<Stream> default_stream;
  std::vector<std::weak_ptr<Stream>> streams;  // in order of creation, the default one first
};

// Objects of one kind by their handles, which are their addresses.
template <class T>
class Handles {
 public:
  T* add(std::shared_ptr<T> object) {
    T* handle = object.get();
    objects_.emplace(handle, std::move(object));
    return handle;
  }
  std::shared_ptr<T> find(const void* handle) const {
    const auto found = objects_.find(handle);
    return found == objects_.end() ? nullptr : found->second;
  }
  bool remove(const void* handle) { return objects_.erase(handle) > 0; }

 private:
  std::unordered_map<const void*, std::shared_ptr<T>> objects_;
};

// Everything. All of it is protected by `mutex`, which call() takes.
class Sim {
 public:
  Sim();

  static std::mutex& mutex();
  // The one there is; reset() makes another.
  static Sim& get();
  static void reset();

  Device& device();  // the calling thread's
  // A message for people: on stderr, and kept for last_message().
  void say(const std::string& text);
  // The first call's work: faults at start, libraries of kernels.
  hipError_t start();

  Options options;
  Faults faults;
  Memory memory;
  Recorder recorder;
  std::vector<Device> devices;
  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Module> modules;
  Handles<Function> functions;
  Handles<Graph> graphs;
  Handles<GraphExec> graph_execs;
  std::vector<std::shared_ptr<Capture>> captures;
  std::string last_message;

 private:
  bool started_ = false;
  hipError_t start_error_ = forge::hip::hipSuccess;
};

int& current_device();     // of this thread
hipError_t& last_error();  // of this thread
[[noreturn]] void hang();  // lets go of the lock and never returns

// What a call needs.
enum class Needs {
  kDevice,     // a device that works
  kNoCapture,  // and that nothing is being captured
  kRuntime,    // only that the runtime has started
  kLibrary,    // that it tried to
};

// What every function that can fail does: one at a time, start the runtime, refuse when the device
// is lost, keep the error for hipGetLastError.
template <class Body>
hipError_t call(Needs needs, Body&& body) {
  using namespace forge::hip;  // NOLINT(google-build-using-namespace): HIP's names
  const std::lock_guard lock(Sim::mutex());
  hipError_t error = hipSuccess;
  try {
    Sim& sim = Sim::get();
    error = sim.start();
    if (needs == Needs::kLibrary) error = hipSuccess;
    const bool device = needs == Needs::kDevice || needs == Needs::kNoCapture;
    if (error == hipSuccess && device) error = sim.device().failed;
    if (error == hipSuccess && needs == Needs::kNoCapture) error = refuse_capture(sim);
    if (error == hipSuccess) error = body(sim);
  } catch (const std::bad_alloc&) {
    error = hipErrorOutOfMemory;
  }
  if (error != hipSuccess) last_error() = error;
  return error;
}

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_SIM_HPP_
