// What a device can do at most, measured.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "plugins/hip/device/peak_args.hpp"
#include "plugins/hip/runtime/device.hpp"
#include "plugins/hip/runtime/memory.hpp"

namespace forge::hip {
namespace {

// Enough workgroups of 256 threads to fill every multiprocessor twice.
constexpr std::uint32_t kGroupsPerUnit = 16;
constexpr std::uint8_t kFill = 1;  // of all memory that is read

// A measurement is long enough for the clock after this, and too long to be repeated after that.
constexpr double kLongEnough = 2e-3, kLong = 0.05;  // seconds

class Meter {
 public:
  static Result<Meter> create(const std::shared_ptr<Gpu>& gpu, KernelSet& kernels,
                              std::uint32_t columns) {
    Meter m(gpu, kernels, columns);
    FORGE_ASSIGN(m.stream_, Stream::create(gpu));
    FORGE_ASSIGN(m.start_, Event::create(gpu, true));
    FORGE_ASSIGN(m.stop_, Event::create(gpu, true));
    FORGE_ASSIGN(m.small_, m.filled(64));
    FORGE_ASSIGN(m.sums_, DeviceBuffer::allocate(gpu, m.n_threads() * 4, "measuring"));
    return m;
  }

  // Bytes a second that a pass over memory of more and more bytes reads, up to many times what
  // caches hold; less where it is slow, or where memory is short.
  Result<double> read() {
    double rate = 0;
    for (std::uint64_t bytes = std::uint64_t{4} << 20; bytes <= std::uint64_t{1} << 30;
         bytes *= 16) {
      const std::uint64_t of_round = n_threads() * 16 * kPeakLoads;
      const auto n_rounds = static_cast<std::uint32_t>((bytes + of_round - 1) / of_round);
      Result<DeviceBuffer> buffer = filled(n_rounds * of_round);
      if (!buffer.ok()) {
        if (rate != 0) return rate;
        return std::move(buffer).status();
      }
      const PeakReadArgs args = {buffer->data(), reinterpret_cast<std::uint32_t*>(sums_.data()),
                                 n_rounds, static_cast<std::uint32_t>(n_threads())};
      FORGE_ASSIGN(const double seconds, best("peak_read", args));
      rate = static_cast<double>(n_rounds * of_round) / seconds;
      FORGE_TRY(check("peak_read", n_rounds * kPeakLoads * 4 * (kFill * 0x01010101u)));
      if (seconds > kLong) break;
    }
    return rate;
  }

  // Multiply-adds a second; one round of all threads does `of_round`.
  Result<double> peak(const char* kernel, double of_round) {
    PeakArgs args = {reinterpret_cast<const std::uint32_t*>(small_.data()),
                     reinterpret_cast<std::uint32_t*>(sums_.data()), 1};
    for (;; args.n_rounds *= 8) {
      FORGE_ASSIGN(const double seconds, best(kernel, args));
      if (seconds > kLongEnough || args.n_rounds >= 1u << 20) {
        n_rounds_ = args.n_rounds;
        return of_round * args.n_rounds / seconds;
      }
    }
  }
  Result<double> int8() {
    constexpr double kK = 2 * 16;  // of a pair of tiles
    const std::uint64_t n_waves = n_threads() / 32;
    FORGE_ASSIGN(const double rate, peak("peak_int8", static_cast<double>(n_waves) * kPeakChains *
                                                          16 * columns_ * kK));
    const std::uint32_t products = kPeakChains * (n_rounds_ + 1);
    FORGE_TRY(check("peak_int8", products * static_cast<std::uint32_t>(kK) * kFill * kFill));
    return rate;
  }
  Result<double> f32() { return peak("peak_f32", static_cast<double>(n_threads()) * kPeakChains); }

 private:
  Meter(std::shared_ptr<Gpu> gpu, KernelSet& kernels, std::uint32_t columns)
      : gpu_(std::move(gpu)),
        kernels_(&kernels),
        columns_(columns),
        n_groups_(gpu_->n_units() * kGroupsPerUnit) {}
  std::uint64_t n_threads() const { return std::uint64_t{n_groups_} * kThreads; }

  Result<DeviceBuffer> filled(std::uint64_t bytes) const {
    FORGE_ASSIGN(DeviceBuffer buffer, DeviceBuffer::allocate(gpu_, bytes, "measuring"));
    FORGE_TRY(gpu_->check(gpu_->api().hipMemsetAsync(buffer.data(), kFill, bytes, stream_.get()),
                          "hipMemsetAsync"));
    return buffer;
  }

  // Seconds of the fastest of some launches: what else the device does only makes one slower.
  template <class Args>
  Result<double> best(const char* name, const Args& args) {
    constexpr int kTurns = 10;
    FORGE_ASSIGN(const hipFunction_t kernel, kernels_->find(name));
    double fastest = 1e30;
    for (int turn = 0; turn < kTurns; ++turn) {
      FORGE_TRY(start_.record(stream_));
      FORGE_TRY(kernels_->launch(stream_, kernel, name, {n_groups_}, args));
      FORGE_TRY(stop_.record(stream_));
      FORGE_TRY(stream_.wait(name));
      FORGE_ASSIGN(const float milliseconds, stop_.since(start_));
      // A clock that is too coarse to see anything says a microsecond.
      fastest = std::min(fastest, std::max(double{milliseconds} * 1e-3, 1e-6));
      if (fastest > kLong) break;
    }
    return fastest;
  }

  // That all threads found the same number.
  Status check(const char* kernel, std::uint32_t expected) const {
    std::vector<std::uint32_t> found(n_threads());
    FORGE_TRY(stream_.copy(found.data(), sums_.data(), sums_.size(), hipMemcpyDeviceToHost));
    FORGE_TRY(stream_.wait(kernel));
    const auto wrong = std::find_if(found.begin(), found.end(),
                                    [&](std::uint32_t sum) { return sum != expected; });
    if (wrong == found.end()) return {};
    return data_loss(std::string(kernel) + " computed " + std::to_string(*wrong) + " where " +
                     std::to_string(expected) + " is right");
  }

  std::shared_ptr<Gpu> gpu_;
  KernelSet* kernels_;
  std::uint32_t columns_, n_groups_;
  std::uint32_t n_rounds_ = 0;  // of the last peak
  Stream stream_;
  Event start_, stop_;
  DeviceBuffer small_, sums_;
};

}  // namespace

Result<forge_limits_v1> GpuDevice::measure_limits() {
  FORGE_TRY(gpu_->enter());
  FORGE_ASSIGN(Meter meter, Meter::create(gpu_, *kernels_, traits_.columns));
  forge_limits_v1 limits = {};
  limits.struct_size = sizeof(limits);
  FORGE_ASSIGN(limits.int8_macs, meter.int8());  // warms up, too
  FORGE_ASSIGN(limits.f32_macs, meter.f32());
  FORGE_ASSIGN(limits.read_bytes, meter.read());
  return limits;
}

}  // namespace forge::hip
