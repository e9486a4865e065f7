// plugins/hip/runtime/idle.hpp: who keeps the card awake.
//
// A card whose queues exist stays at its clocks and does not suspend, even where nothing runs. So
// between steps that are seconds apart queues and what was recorded for them go; weights, values
// and state stay.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_IDLE_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_IDLE_HPP_

#include <algorithm>
#include <mutex>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::hip {

// Plans of a device. Thread-safe, but rest() only while none of them works.
class IdleList {
 public:
  class Member {
   public:
    virtual ~Member() = default;
    // Gives back what the next call can make anew.
    virtual Status rest() = 0;
  };

  void add(Member* member) {
    const std::scoped_lock lock(mutex_);
    members_.push_back(member);
  }
  void remove(Member* member) {
    const std::scoped_lock lock(mutex_);
    std::erase(members_, member);
  }
  Status rest() {
    const std::scoped_lock lock(mutex_);
    for (Member* member : members_) FORGE_TRY(member->rest());
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<Member*> members_;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_IDLE_HPP_
