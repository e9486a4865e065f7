// hipsim: what shall go wrong (FORGE_HIPSIM_FAULT).
#ifndef FORGE_TESTS_HIPSIM_FAULTS_HPP_
#define FORGE_TESTS_HIPSIM_FAULTS_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hipsim {

enum class Fault {
  kNone,
  kNoDevice,        // hipGetDeviceCount says hipErrorNoDevice
  kPermission,      // the runtime cannot open the driver: hipInit says hipErrorInvalidDevice
  kOldRocm,         // hipRuntimeGetVersion says 5.0
  kSlowStart,       // the first call takes 3 s, or =SECONDS
  kHangInit,        // the first call never returns
  kHangMalloc,      // hipMalloc never returns
  kOom,             // the =n-th hipMalloc says hipErrorOutOfMemory; n is 1 unless given
  kNoStream,        // the =n-th stream cannot be made: hipErrorOutOfMemory
  kHangKernel,      // the =n-th launch, or the first one of =NAME, never ends
  kPageFault,       // the =n-th launch ends with hipErrorIllegalAddress
  kPageFaultAbort,  // the =n-th launch ends the process, as ROCm's runtime does by default
  kLost,            // at the =n-th launch the card is gone: that and every later call fails
  kWrongResult,     // every launch, or those of =NAME, writes one word with a wrong bit
};

// Thread-compatible: the simulator's lock protects it.
class Faults {
 public:
  // "oom=3,hang_kernel=add"; ends the process when it is not understood.
  explicit Faults(std::string_view text = {});

  bool has(Fault fault) const;
  unsigned slow_start_seconds() const;

  // Counts an allocation; whether it must fail.
  bool allocation_fails() { return fails(Fault::kOom); }
  // The same of streams.
  bool stream_fails() { return fails(Fault::kNoStream); }
  // Counts a launch; what must happen to it.
  Fault at_launch(std::string_view kernel);

 private:
  bool fails(Fault fault);

  struct Rule {
    Fault fault = Fault::kNone;
    std::string name;         // of the kernel; empty: any
    std::uint64_t count = 0;  // 0: none was given
    std::uint64_t seen = 0;   // launches, allocations or streams that it could have meant
  };

  std::vector<Rule> rules_;
};

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_FAULTS_HPP_
