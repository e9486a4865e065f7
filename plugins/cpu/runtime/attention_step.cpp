#include "plugins/cpu/runtime/attention_step.hpp"

#include <immintrin.h>

#include <atomic>
#include <thread>

namespace forge::cpu {
namespace {

// Until `turn` is `mine`. Mostly it is, so this is short; a thread whose processor was taken away
// may keep others here for a while, and they make room.
void wait_for_turn(const std::atomic<std::uint32_t>& turn, std::uint32_t mine) {
  constexpr int kSpins = 1000;
  for (int i = 0; turn.load(std::memory_order_acquire) != mine; ++i) {
    if (i < kSpins) {
      _mm_pause();
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace

std::size_t AttentionStep::n_items(const Execution& x) const {
  return x.attention_work[work_].n_items();
}

void AttentionStep::run(const Execution& x, std::size_t begin, std::size_t end,
                        std::uint32_t thread) const {
  AttentionArgs args = {};
  args.layout = layout_;
  args.blocks_base = x.state->blocks(state_);
  args.group = params_.n_heads / params_.n_kv_heads;
  args.window = params_.window;
  args.scale = params_.scale;
  args.soft_cap = params_.soft_cap;
  args.state_stride = x.softmax.stride;
  args.scratch = x.thread_scratch[thread];
  for (std::size_t item = begin; item < end; ++item) run_item(x, args, item);
}

void AttentionStep::run_item(const Execution& x, AttentionArgs& args, std::size_t item) const {
  const AttentionWork& work = x.attention_work[work_];
  const AttentionWork::Item at = work.item(item);
  const AttentionWork::Block& block = work.block(at.block);
  const std::size_t first_head = std::size_t{at.kv_head} * args.group;
  const Place& q = x.values[q_];
  const Place& y = x.values[y_];
  args.blocks = block.sequence->blocks;
  args.kv_head = at.kv_head;
  args.position = block.position;
  args.n_rows = block.n_rows;
  args.segment = at.segment;
  args.q = q.row(block.row) + first_head * params_.head_dim_k;
  args.q_stride = q.stride;
  args.y = y.row(block.row) + first_head * params_.head_dim_v;
  args.y_stride = y.stride;
  args.largest = x.softmax.largest + block.row * x.softmax.stride + first_head;
  args.sum = x.softmax.sum + block.row * x.softmax.stride + first_head;
  args.sinks = sinks_.empty() ? nullptr : sinks_.data() + first_head;
  x.kernels->attention_segment(args);
  if (block.first_segment == block.last_segment) return x.kernels->attention_join(args);
  // How many segments of this block and KV head are joined; 0 again when all are.
  std::atomic<std::uint32_t>& turn =
      x.turns[std::size_t{at.block} * params_.n_kv_heads + at.kv_head];
  const std::uint32_t mine = at.segment - block.first_segment;
  wait_for_turn(turn, mine);
  x.kernels->attention_join(args);
  turn.store(at.segment == block.last_segment ? 0 : mine + 1, std::memory_order_release);
}

StepCost AttentionStep::cost(const Execution& x) const {
  const AttentionWork& work = x.attention_work[work_];
  StepCost cost;
  cost.rows = x.batch->n_rows;
  const std::uint64_t per_position =
      std::uint64_t{params_.n_heads} * (params_.head_dim_k + params_.head_dim_v);
  for (const RowInfo& info : x.rows)
    cost.operations += per_position * (info.position + 1 - work.first_position(info.position));
  for (std::uint32_t s = 0; s < x.batch->n_sequences; ++s) {
    const forge_sequence_v1& sequence = *x.batch->sequences[s];
    const std::uint32_t last = sequence.n_past + sequence.n_rows;
    cost.bytes += std::uint64_t{last - work.first_position(sequence.n_past)} *
                  layout_.block_bytes() / FORGE_KV_BLOCK_TOKENS;
  }
  return cost;
}

}  // namespace forge::cpu
