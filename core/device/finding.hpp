// core/device/finding.hpp: something about the machine that a user should know.
#ifndef FORGE_CORE_DEVICE_FINDING_HPP_
#define FORGE_CORE_DEVICE_FINDING_HPP_

#include <string>

namespace forge::device {

enum class Severity {
  kNote,     // how it is, nothing to do: no GPU in this machine
  kProblem,  // keeps a device from being used
};

// One sentence and, where there is something to do, what.
struct Finding {
  Severity severity = Severity::kNote;
  std::string subject;  // "0000:03:00.0", "cpu", "kfd"
  std::string text;     // what is so: "no permission to open /dev/dri/renderD128"
  std::string action;   // what to do: "run: sudo usermod -aG render $USER"; may be empty
};

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_FINDING_HPP_
