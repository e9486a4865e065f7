// The state of a Plan: every part's, addressed as one.
#include "core/base/host_services.hpp"
#include "core/graph/plan_part.hpp"

namespace forge::graph {

PlanState::~PlanState() {
  for (std::size_t i = 0; i < states_.size(); ++i)
    plan_.parts_[i]->device->record().state_destroy(states_[i]);
}

// Calls one state slot of every part's pack.
template <class Call>
Status PlanState::for_each_part(Call&& call) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Plan::LoadedPart& part = *plan_.parts_[i];
    forge_message message;
    const forge_status code = call(part.device->record(), states_[i], part.memory, &message);
    FORGE_TRY(from_abi(code, message).with_prefix("pack '" + part.device->pack_id() + "': "));
  }
  return {};
}

namespace {
std::uint32_t count(std::span<const std::uint32_t> list) {
  return static_cast<std::uint32_t>(list.size());
}
}  // namespace

Status PlanState::copy_blocks(std::span<const std::uint32_t> src,
                              std::span<const std::uint32_t> dst) {
  return for_each_part([&](const auto& pack, auto* state, const auto&, forge_message* message) {
    return pack.state_copy_blocks(state, src.data(), dst.data(), count(src), message);
  });
}

Status PlanState::copy_slots(std::span<const std::uint32_t> src,
                             std::span<const std::uint32_t> dst) {
  return for_each_part(
      [&](const auto& pack, auto* state, const auto& memory, forge_message* message) {
        if (memory.state_per_slot == 0) return forge_status{FORGE_OK};
        return pack.state_copy_slots(state, src.data(), dst.data(), count(src), message);
      });
}

Status PlanState::read_blocks(std::span<const std::uint32_t> blocks, std::byte* out) {
  return for_each_part(
      [&](const auto& pack, auto* state, const auto& memory, forge_message* message) {
        std::byte* mine = out;
        out += memory.state_per_block * blocks.size();
        return pack.state_read_blocks(state, blocks.data(), count(blocks), mine, message);
      });
}

Status PlanState::write_blocks(std::span<const std::uint32_t> blocks, const std::byte* data) {
  return for_each_part(
      [&](const auto& pack, auto* state, const auto& memory, forge_message* message) {
        const std::byte* mine = data;
        data += memory.state_per_block * blocks.size();
        return pack.state_write_blocks(state, blocks.data(), count(blocks), mine, message);
      });
}

Status PlanState::read_slot(std::uint32_t slot, std::byte* out) {
  return for_each_part(
      [&](const auto& pack, auto* state, const auto& memory, forge_message* message) {
        if (memory.state_per_slot == 0) return forge_status{FORGE_OK};
        std::byte* mine = out;
        out += memory.state_per_slot;
        return pack.state_read_slots(state, &slot, 1, mine, message);
      });
}

Status PlanState::write_slot(std::uint32_t slot, const std::byte* data) {
  return for_each_part(
      [&](const auto& pack, auto* state, const auto& memory, forge_message* message) {
        if (memory.state_per_slot == 0) return forge_status{FORGE_OK};
        const std::byte* mine = data;
        data += memory.state_per_slot;
        return pack.state_write_slots(state, &slot, 1, mine, message);
      });
}

}  // namespace forge::graph
