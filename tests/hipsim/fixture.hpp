// What hipsim's tests have in common: a fresh simulator, and a device with kernels and arrays.
#ifndef FORGE_TESTS_HIPSIM_FIXTURE_HPP_
#define FORGE_TESTS_HIPSIM_FIXTURE_HPP_

#include <stdlib.h>  // setenv

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "plugins/hip/runtime/hip_api.hpp"
#include "tests/catch.hpp"
#include "tests/hipsim/control.hpp"
#include "tests/hipsim/kernels.hpp"

namespace hipsim_test {

using namespace forge::hip;  // NOLINT(google-build-using-namespace): HIP's names

// The simulator as the packs see it, started anew with FORGE_HIPSIM_ variables:
// "FAULT=oom=2 THREADS=3".
class Hip {
 public:
  explicit Hip(const std::string& variables = "") {
    for (const char* name : {"DEVICES", "FAULT", "ORDER", "RECORD", "THREADS", "KERNELS"})
      unsetenv((std::string("FORGE_HIPSIM_") + name).c_str());
    std::istringstream words(variables);
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      setenv(("FORGE_HIPSIM_" + word.substr(0, equals)).c_str(), word.c_str() + equals + 1, 1);
    }
    setenv("FORGE_HIP_LIBRARY", FORGE_HIPSIM_LIBRARY, 1);
    hipsim::reset();
    auto loaded = HipApi::load();
    INFO(loaded.status().message());
    REQUIRE(loaded.ok());
    api_ = std::move(loaded).value();
  }

  const HipApi* operator->() const { return &api_; }
  const HipApi& operator*() const { return api_; }

 private:
  HipApi api_;
};

// A stream and the kernels of kernels.hpp on the simulator's device.
class Kernels {
 public:
  explicit Kernels(const Hip& hip, const char* image = "hipsim:gfx1100") : hip_(hip) {
    REQUIRE(hip->hipModuleLoadData(&module_, image) == hipSuccess);
    REQUIRE(hip->hipStreamCreateWithFlags(&stream_, hipStreamNonBlocking) == hipSuccess);
  }

  hipStream_t stream() const { return stream_; }

  hipFunction_t find(const char* name) const {
    hipFunction_t function = nullptr;
    REQUIRE(hip_->hipModuleGetFunction(&function, module_, name) == hipSuccess);
    return function;
  }

  // On stream() unless another is given.
  template <class Args>
  hipError_t launch(const char* name, unsigned grid, unsigned block, Args args,
                    hipStream_t stream = nullptr) const {
    void* parameters[] = {&args};
    return hip_->hipModuleLaunchKernel(find(name), grid, 1, 1, block, 1, 1, 0,
                                       stream ? stream : stream_, parameters, nullptr);
  }

  hipError_t wait() const { return hip_->hipStreamSynchronize(stream_); }

 private:
  const Hip& hip_;
  hipModule_t module_ = nullptr;
  hipStream_t stream_ = nullptr;
};

// n elements on the device.
template <class T>
class Array {
 public:
  Array(const Hip& hip, std::size_t n) : hip_(hip), n_(n) {
    void* memory = nullptr;
    REQUIRE(hip->hipMalloc(&memory, n * sizeof(T)) == hipSuccess);
    data_ = static_cast<T*>(memory);
  }
  Array(const Hip& hip, const std::vector<T>& values) : Array(hip, values.size()) {
    REQUIRE(hip->hipMemcpy(data_, values.data(), values.size() * sizeof(T),
                           hipMemcpyHostToDevice) == hipSuccess);
  }

  T* data() const { return data_; }
  std::size_t bytes() const { return n_ * sizeof(T); }

  std::vector<T> read() const {
    std::vector<T> values(n_);
    REQUIRE(hip_->hipMemcpy(values.data(), data_, bytes(), hipMemcpyDeviceToHost) == hipSuccess);
    return values;
  }

 private:
  const Hip& hip_;
  std::size_t n_;
  T* data_ = nullptr;
};

// first, first + 1, ...
template <class T>
std::vector<T> count_from(T first, std::size_t n) {
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = first + static_cast<T>(i);
  return values;
}

}  // namespace hipsim_test

#endif  // FORGE_TESTS_HIPSIM_FIXTURE_HPP_
