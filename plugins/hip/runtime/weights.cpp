#include "plugins/hip/runtime/weights.hpp"

#include <algorithm>
#include <cstring>

#include "forge/sdk/codec_lookup.hpp"
#include "plugins/hip/runtime/parallel.hpp"
#include "plugins/hip/runtime/repack.hpp"
#include "plugins/hip/runtime/weight_range.hpp"

namespace forge::hip {
namespace {

std::uint64_t vector_bytes(const forge_tensor_v1& weight) {
  const std::uint64_t bytes = weight.shape[0] * sizeof(float);
  return (bytes + MatrixLayout::kAlignment - 1) / MatrixLayout::kAlignment *
         MatrixLayout::kAlignment;
}

// Marks what each weight is used as.
void mark_used(const forge_graph_v1& graph, WeightPlan& plan) {
  plan.matrices.resize(graph.n_weights);
  plan.vectors.resize(graph.n_weights);
  for (std::uint32_t i = 0; i < graph.n_nodes; ++i) {
    const sdk::NodeView node(graph, i);
    for (std::uint32_t w = 0; w < node.n_weights(); ++w) {
      if (node.weight_id(w) == FORGE_NONE) continue;
      if (node.op() == FORGE_OP_LINEAR) {
        (w % 2 == 0 ? plan.matrices : plan.vectors)[node.weight_id(w)].used = true;
      } else if (node.op() == FORGE_OP_NORM || node.op() == FORGE_OP_ATTENTION ||
                 node.op() == FORGE_OP_MOE_ROUTER) {
        plan.vectors[node.weight_id(w)].used = true;
      } else if (node.op() == FORGE_OP_MOE_EXPERTS) {
        plan.matrices[node.weight_id(w)].used = true;
      }
    }
  }
}

// Copies to the device through two host buffers in turn: while one is on its way, the other is
// filled.
class Uploader {
 public:
  static Result<Uploader> create(const std::shared_ptr<Gpu>& gpu, std::uint64_t bytes) {
    Uploader uploader;
    FORGE_ASSIGN(uploader.stream_, Stream::create(gpu));
    for (Slot& slot : uploader.slots_) {
      FORGE_ASSIGN(slot.buffer, PinnedBuffer::allocate(gpu, bytes));
      FORGE_ASSIGN(slot.sent, Event::create(gpu));
    }
    return uploader;
  }

  std::uint64_t capacity() const { return slots_[0].buffer.size(); }

  // A buffer to fill, which nothing is being copied from.
  Result<std::uint8_t*> next() {
    slot_ ^= 1;
    FORGE_TRY(slots_[slot_].sent.wait("copying weights to the device"));
    return slots_[slot_].buffer.data();
  }
  Status send(void* to, const std::uint8_t* from, std::uint64_t bytes) const {
    return stream_.copy(to, from, bytes, hipMemcpyHostToDevice);
  }
  Status sent() { return slots_[slot_].sent.record(stream_); }
  Status finish() const { return stream_.wait("copying weights to the device"); }

 private:
  struct Slot {
    PinnedBuffer buffer;
    Event sent;
  };
  Stream stream_;
  Slot slots_[2];
  std::uint32_t slot_ = 0;
};

// Tells the listener of bytes read from the file.
struct Reader {
  const sdk::Progress& progress;
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  Status advance(std::uint64_t bytes) {
    done += bytes;
    return progress.report(done, total);
  }
};

// largest: null, or where the largest magnitude goes.
Status upload_matrix(Uploader& uploader, const MatrixLayout& matrix, const forge_tensor_v1& weight,
                     std::uint8_t* to, std::uint32_t n_threads, Reader& reader, float* largest) {
  const std::uint64_t tile_bytes = matrix.all_tile_bytes();
  const auto step = static_cast<std::uint32_t>(uploader.capacity() / tile_bytes);
  const std::uint64_t row_bytes = weight.n_bytes / matrix.n_out;  // n_out: of all experts
  for (std::uint32_t first = 0; first < matrix.n_tiles; first += step) {
    const std::uint32_t n = std::min(step, matrix.n_tiles - first);
    FORGE_ASSIGN(std::uint8_t* staging, uploader.next());
    std::uint8_t* planes[kPlanes] = {};
    for (std::uint32_t p = 0; p < kPlanes; ++p) {
      planes[p] = staging;
      staging += n * matrix.tile_bytes[p];
    }
    std::vector<float> peaks(largest == nullptr ? 0 : n);
    parallel_for(n_threads, n, [&](std::uint32_t i) {
      std::uint8_t* const out[kPlanes] = {
          planes[0] + i * matrix.tile_bytes[0], planes[1] + i * matrix.tile_bytes[1],
          planes[2] + i * matrix.tile_bytes[2], planes[3] + i * matrix.tile_bytes[3],
          planes[4] + i * matrix.tile_bytes[4]};
      repack_tile(matrix, static_cast<const std::uint8_t*>(weight.data), row_bytes, first + i, out);
      if (largest != nullptr) peaks[i] = largest_weight(matrix, out);
    });
    if (largest != nullptr)
      *largest = std::max(*largest, *std::max_element(peaks.begin(), peaks.end()));
    for (std::uint32_t p = 0; p < kPlanes; ++p)
      FORGE_TRY(uploader.send(to + matrix.offset[p] + first * matrix.tile_bytes[p], planes[p],
                              n * matrix.tile_bytes[p]));
    FORGE_TRY(uploader.sent());
    FORGE_TRY(
        reader.advance(std::min(n * kTileRows, matrix.n_out - first * kTileRows) * row_bytes));
  }
  return {};
}

Status upload_vector(Uploader& uploader, const forge_tensor_v1& weight, std::uint8_t* to) {
  const forge_codec_v1* codec = sdk::find_codec(weight.type);
  if (codec == nullptr) return internal_error("a weight's codec is gone");
  FORGE_ASSIGN(std::uint8_t* staging, uploader.next());
  codec->dequantize(weight.data, reinterpret_cast<float*>(staging), weight.shape[0]);
  FORGE_TRY(uploader.send(to, staging, weight.shape[0] * sizeof(float)));
  return uploader.sent();
}

}  // namespace

WeightPlan WeightPlan::of(const forge_graph_v1& graph) {
  WeightPlan plan;
  mark_used(graph, plan);
  const auto place = [&plan](Entry& entry, std::uint64_t bytes) {
    if (plan.arenas.empty() || plan.arenas.back() + bytes > kArenaBytes) plan.arenas.push_back(0);
    entry.arena = static_cast<std::uint32_t>(plan.arenas.size() - 1);
    entry.offset = plan.arenas.back();
    entry.bytes = bytes;
    plan.arenas.back() += bytes;
  };
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    const forge_tensor_v1& weight = *graph.weights[w];
    if (plan.matrices[w].used) place(plan.matrices[w], MatrixLayout::of(weight).bytes);
    if (plan.vectors[w].used) place(plan.vectors[w], vector_bytes(weight));
  }
  return plan;
}

std::uint64_t WeightPlan::counted() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t bytes : arenas) sum += counted_bytes(bytes);
  return sum;
}

Result<WeightStore> WeightStore::load(const std::shared_ptr<Gpu>& gpu, const forge_graph_v1& graph,
                                      std::uint32_t n_threads, PromptType prompts,
                                      const sdk::Progress& progress) {
  // Large enough that the bus is busy, small enough to stay out of anybody's way.
  constexpr std::uint64_t kStaging = std::uint64_t{16} << 20;
  WeightStore store;
  store.plan_ = WeightPlan::of(graph);
  store.layouts_.resize(graph.n_weights);
  store.fp8_units_.assign(graph.n_weights, 1.0f);
  std::uint64_t staging = kStaging;
  Reader reader = {progress};
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    staging = std::max(staging, store.plan_.vectors[w].bytes);
    if (!store.plan_.matrices[w].used) continue;
    store.layouts_[w] = MatrixLayout::of(*graph.weights[w]);
    staging = std::max(staging, store.layouts_[w].all_tile_bytes());
    reader.total += graph.weights[w]->n_bytes;
  }
  for (const std::uint64_t bytes : store.plan_.arenas) {
    FORGE_ASSIGN(DeviceBuffer arena, DeviceBuffer::allocate(gpu, bytes, "weights"));
    store.arenas_.push_back(std::move(arena));
  }
  if (store.arenas_.empty()) return store;
  FORGE_ASSIGN(Uploader uploader, Uploader::create(gpu, staging));
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    const forge_tensor_v1& weight = *graph.weights[w];
    const WeightPlan::Entry& vector = store.plan_.vectors[w];
    const WeightPlan::Entry& matrix = store.plan_.matrices[w];
    if (vector.used) FORGE_TRY(upload_vector(uploader, weight, store.at(vector)));
    if (!matrix.used) continue;
    const MatrixLayout& layout = store.layouts_[w];
    const bool fp8 = prompts == PromptType::kFp8 && layout.type->format != nullptr;
    float largest = 0;
    FORGE_TRY(upload_matrix(uploader, layout, weight, store.at(matrix), n_threads, reader,
                            fp8 ? &largest : nullptr));
    if (fp8) store.fp8_units_[w] = fp8_unit(largest);
    progress.weight_read(w);
  }
  FORGE_TRY(uploader.finish());
  return store;
}

Planes WeightStore::planes(std::uint32_t w) const {
  const MatrixLayout& matrix = layouts_[w];
  const std::uint8_t* base = at(plan_.matrices[w]);
  const auto plane = [&](Plane p) -> const std::uint8_t* {
    return matrix.tile_bytes[p] == 0 ? nullptr : base + matrix.offset[p];
  };
  return {plane(kCodes),  plane(kSingles), plane(kPairs),
          plane(kScales), plane(kSuper),   fp8_units_[w]};
}

const float* WeightStore::vector(std::uint32_t w) const {
  return w == FORGE_NONE ? nullptr : reinterpret_cast<const float*>(at(plan_.vectors[w]));
}

}  // namespace forge::hip
