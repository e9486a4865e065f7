#include "core/quantize/model_quantizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/gguf/metadata_builder.hpp"
#include "core/gguf/writer.hpp"

namespace forge::quantize {
namespace {

// Numbers encoded before they are written: what a run needs of memory, whatever the model.
constexpr std::uint64_t kSlabElements = 1u << 24;
constexpr std::uint64_t kCopyBytes = 1u << 24;
// Version of the K formats' layouts, GGML_QNT_VERSION.
constexpr std::uint32_t kQuantizationVersion = 2;

bool is_quantized(const forge_codec_v1& codec) { return codec.block_elements > 1; }

std::uint64_t rows_of(const forge_tensor_v1& tensor) {
  return tensor.shape[1] * tensor.shape[2] * tensor.shape[3];
}

Status set_metadata(const gguf::File& file, const ModelPlan& plan, const RunOptions& options,
                    gguf::MetadataBuilder& metadata) {
  FORGE_TRY(metadata.set_all(file.metadata()));
  for (const char* key : {"split.no", "split.count", "split.tensors.count"}) metadata.remove(key);
  if (plan.mixture.file_type) {
    FORGE_TRY(metadata.set_u32("general.file_type", *plan.mixture.file_type));
  } else {
    metadata.remove("general.file_type");
  }
  if (is_quantized(*plan.mixture.base))
    FORGE_TRY(metadata.set_u32("general.quantization_version", kQuantizationVersion));
  if (options.importance == nullptr) return {};
  FORGE_TRY(metadata.set_string("quantize.imatrix.file", options.importance->path()));
  return metadata.set_u32("quantize.imatrix.entries_count",
                          static_cast<std::uint32_t>(options.importance->size()));
}

std::vector<gguf::TensorPlan> writer_tensors(const ModelPlan& plan) {
  std::vector<gguf::TensorPlan> tensors;
  for (const TensorStep& step : plan.steps) {
    const forge_tensor_v1& t = *step.tensor;
    tensors.push_back({std::string(gguf::name_of(t)), {t.shape, t.shape + t.n_dims}, step.type});
  }
  return tensors;
}

// Runs a plan, tensor by tensor.
class Runner {
 public:
  Runner(const gguf::File& file, const CodecView& codecs, gguf::Writer& writer,
         const RunOptions& options)
      : file_(file), codecs_(codecs), writer_(writer), options_(options) {}

  Status run(const TensorStep& step) {
    const std::string name(gguf::name_of(*step.tensor));
    bool with_importance = false;
    FORGE_TRY(
        (step.type == step.tensor->type ? copy(step, name) : encode(step, name, with_importance))
            .with_prefix(fmt::format("tensor {}: ", quote(name))));
    if (options_.finished) options_.finished(step, with_importance);
    return {};
  }

 private:
  Status copy(const TensorStep& step, const std::string& name) {
    FORGE_ASSIGN(const std::span<const std::byte> data, file_.tensors().data(*step.tensor));
    const std::uint64_t before = done_;
    const std::uint64_t elements = gguf::element_count(*step.tensor);
    for (std::size_t at = 0; at < data.size(); at += kCopyBytes) {
      if (options_.stop && options_.stop()) return cancelled("stopped");
      const auto piece = data.subspan(at, std::min<std::size_t>(kCopyBytes, data.size() - at));
      FORGE_TRY(writer_.write(name, piece));
      advance(before + elements * (at + piece.size()) / data.size());
    }
    return {};
  }

  Status encode(const TensorStep& step, const std::string& name, bool& with_importance) {
    const forge_tensor_v1& tensor = *step.tensor;
    std::vector<float> importance;
    if (options_.importance != nullptr) {
      FORGE_ASSIGN(importance, options_.importance->of(tensor));
    }
    with_importance = !importance.empty();
    EncodeTask task;
    task.from = codecs_.find(tensor.type);
    task.to = codecs_.find(step.type);
    task.source = static_cast<const std::byte*>(tensor.data);
    task.n_cols = tensor.shape[0];
    task.n_rows = rows_of(tensor);
    task.rows_per_matrix = tensor.shape[1];
    task.importance = importance;

    const std::uint64_t rows_at_once = std::max<std::uint64_t>(1, kSlabElements / task.n_cols);
    for (std::uint64_t row = 0; row < task.n_rows; row += rows_at_once) {
      const std::uint64_t rows = std::min(rows_at_once, task.n_rows - row);
      buffer_.resize(rows * task.target_row_bytes());
      FORGE_TRY(encode_rows(task, row, rows, buffer_.data(), options_.n_threads, options_.stop));
      FORGE_TRY(writer_.write(name, buffer_));
      advance(done_ + rows * task.n_cols);
    }
    return {};
  }

  void advance(std::uint64_t done) {
    done_ = done;
    if (options_.progress) options_.progress(done_);
  }

  const gguf::File& file_;
  const CodecView& codecs_;
  gguf::Writer& writer_;
  const RunOptions& options_;
  std::uint64_t done_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace

ModelShape shape_of(const gguf::Metadata& metadata) {
  ModelShape shape;
  if (const auto name = metadata.get_string("general.architecture"); name.ok())
    shape.architecture = *name;
  const auto number = [&](const char* key, std::uint32_t fallback) {
    // Some models have one number per layer; the first stands for all.
    const auto numbers = metadata.get_numbers<std::uint32_t>(shape.architecture + "." + key);
    return numbers.ok() && !numbers->empty() ? numbers->front() : fallback;
  };
  shape.n_layers = number("block_count", 0);
  shape.n_heads = number("attention.head_count", 0);
  shape.n_kv_heads = number("attention.head_count_kv", shape.n_heads);
  shape.n_experts = number("expert_count", 0);
  return shape;
}

Result<ModelPlan> plan_model(const gguf::File& file, const Mixture& mixture, const Wishes& wishes,
                             const CodecView& codecs) {
  return guarded([&]() -> Result<ModelPlan> {
    FORGE_ASSIGN(
        const std::vector<std::uint32_t> types,
        choose_types(mixture, shape_of(file.metadata()), file.tensors().all(), wishes, codecs));
    ModelPlan plan;
    plan.mixture = mixture;
    for (std::uint32_t i = 0; i < types.size(); ++i) {
      const forge_tensor_v1& tensor = file.tensors()[i];
      TensorStep step{&tensor, types[i], tensor.n_bytes};
      if (step.type != tensor.type) {
        const forge_codec_v1* from = codecs.find(tensor.type);
        const forge_codec_v1* to = codecs.find(step.type);
        if (from == nullptr || to == nullptr || to->quantize == nullptr)
          return unimplemented(fmt::format(
              "tensor {} cannot go from {} to {}: no codec {}", quote(gguf::name_of(tensor)),
              file.tensors().type_name(tensor.type), codecs.name_of(step.type),
              from == nullptr ? "decodes the former" : "encodes the latter"));
        step.new_bytes = tensor.shape[0] / to->block_elements * to->block_bytes * rows_of(tensor);
        if (is_quantized(*from)) ++plan.n_requantized;
      }
      plan.n_elements += gguf::element_count(tensor);
      plan.old_bytes += tensor.n_bytes;
      plan.new_bytes += step.new_bytes;
      plan.steps.push_back(step);
    }
    return plan;
  });
}

Status quantize_model(const gguf::File& file, const ModelPlan& plan, const CodecView& codecs,
                      const std::string& out, const RunOptions& options) {
  return guarded([&]() -> Status {
    gguf::MetadataBuilder metadata;
    FORGE_TRY(set_metadata(file, plan, options, metadata));
    gguf::Writer::Options writer_options;
    writer_options.existing =
        options.replace ? AtomicFile::Existing::kReplace : AtomicFile::Existing::kRefuse;
    writer_options.types = gguf::codec_types(codecs);
    FORGE_ASSIGN(gguf::Writer writer,
                 gguf::Writer::create(out, metadata, writer_tensors(plan), writer_options));
    Runner runner(file, codecs, writer, options);
    for (const TensorStep& step : plan.steps) FORGE_TRY(runner.run(step));
    return writer.finish();
  });
}

}  // namespace forge::quantize
