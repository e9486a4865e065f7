#include "plugins/cpu/runtime/repack.hpp"

#include <algorithm>
#include <atomic>

#include "plugins/cpu/runtime/buffer.hpp"

namespace forge::cpu {
namespace {

// 64 MiB: what is read of the file stays mapped for about as long.
constexpr std::size_t kItemsPerPhase = 32;

}  // namespace

void Repacking::add(std::uint32_t weight, const forge_tensor_v1& tensor, const MatmulKernel& kernel,
                    std::uint8_t* tiles, bool (*fits)(const RepackArgs& args)) {
  RepackArgs args;
  args.format = kernel.format;
  args.rows = static_cast<const std::uint8_t*>(tensor.data);
  args.n_in = static_cast<std::uint32_t>(tensor.shape[0]);
  args.n_out = static_cast<std::uint32_t>(tensor.shape[1]);
  args.row_bytes = tensor.n_bytes / args.n_out;
  args.tiles = tiles;
  const std::uint32_t tile_rows = kernel.format.tile_rows;
  const std::uint32_t n_tiles = (args.n_out + tile_rows - 1) / tile_rows;
  const std::size_t tile_size = kernel.format.tile_size(args.n_in);
  while (args.tile_end < n_tiles) {
    // All tiles that begin in the same page.
    args.tile_begin = args.tile_end;
    const auto begin = reinterpret_cast<std::uintptr_t>(tiles + args.tile_begin * tile_size);
    const std::uintptr_t page = begin / Buffer::kHugePage;
    const std::size_t room = (page + 1) * Buffer::kHugePage - begin;
    const std::size_t n = (room + tile_size - 1) / tile_size;
    args.tile_end +=
        static_cast<std::uint32_t>(std::min<std::size_t>(n, n_tiles - args.tile_begin));
    if (items_.empty() || page != page_) items_.push_back(stretches_.size());
    page_ = page;
    const std::uint32_t end_row = std::min(args.n_out, args.tile_end * tile_rows);
    const std::uint64_t n_bytes = (end_row - args.tile_begin * tile_rows) * args.row_bytes;
    stretches_.push_back({weight, kernel.repack, args, n_bytes, fits, false});
    total_ += n_bytes;
  }
}

std::size_t Repacking::stretch_of(std::size_t phase, std::size_t item) const {
  const std::size_t i = phase * kItemsPerPhase + item;
  return i < items_.size() ? items_[i] : stretches_.size();
}

Status Repacking::report(std::size_t phase, const sdk::Progress& progress) {
  std::uint32_t last = FORGE_NONE;
  const std::size_t end = stretch_of(phase, kItemsPerPhase);
  for (std::size_t i = stretch_of(phase, 0); i < end; ++i) {
    done_ += stretches_[i].n_bytes;
    if (stretches_[i].weight != last) progress.weight_read(stretches_[i].weight);
    last = stretches_[i].weight;
  }
  return progress.report(done_, total_);
}

Status Repacking::run(ThreadPool& pool, const sdk::Progress& progress) {
  std::vector<Phase> phases;
  for (std::size_t left = items_.size(); left > 0; left -= phases.back().n_items)
    phases.push_back({std::min(left, kItemsPerPhase), 1});
  Status status;
  std::atomic<bool> stop{false};
  // While the caller's thread reports, the others are at the next phase already.
  pool.run(
      phases,
      [&](std::size_t phase, std::size_t begin, std::size_t end, std::uint32_t) {
        for (std::size_t i = stretch_of(phase, begin); i < stretch_of(phase, end); ++i) {
          if (stop.load(std::memory_order_relaxed)) return;
          Stretch& stretch = stretches_[i];
          if (stretch.fits != nullptr) stretch.fit = stretch.fits(stretch.args);
          stretch.repack(stretch.args);
        }
      },
      [&](std::size_t phase) {
        if (status.ok()) status = report(phase, progress);
        if (!status.ok()) stop.store(true, std::memory_order_relaxed);
      });
  return status;
}

bool Repacking::all_fit(std::uint32_t weight) const {
  return std::all_of(stretches_.begin(), stretches_.end(), [&](const Stretch& stretch) {
    return stretch.weight != weight || stretch.fit;
  });
}

Status Repacking::convert(ThreadPool& pool, std::uint32_t weight,
                          void (*work)(const RepackArgs& args), const sdk::Progress& progress) {
  std::vector<const RepackArgs*> items;
  for (const Stretch& stretch : stretches_) {
    if (stretch.weight == weight) items.push_back(&stretch.args);
  }
  const Phase phase = {items.size(), 1};
  pool.run(std::span(&phase, 1),
           [&](std::size_t, std::size_t begin, std::size_t end, std::uint32_t) {
             for (std::size_t i = begin; i < end; ++i) work(*items[i]);
           });
  return progress.report(done_, total_);
}

}  // namespace forge::cpu
