#include "core/quantize/importance.hpp"

#include <fmt/format.h>

#include <cstring>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"

namespace forge::quantize {
namespace {

constexpr std::string_view kSuffix = ".in_sum2";

}  // namespace

Result<Importance> Importance::open(const std::string& path) {
  return guarded([&]() -> Result<Importance> {
    FORGE_ASSIGN(gguf::File file, gguf::File::open(path));
    Importance importance(std::move(file));
    for (const forge_tensor_v1& tensor : importance.file_.tensors())
      if (gguf::name_of(tensor).ends_with(kSuffix)) ++importance.n_entries_;
    if (importance.n_entries_ == 0)
      return invalid_argument(fmt::format(
          "{}: this is no importance matrix: it has no tensor whose name ends in '{}'; write one "
          "with llama-imatrix, in GGUF format",
          quote(path), kSuffix));
    return importance;
  });
}

Result<std::vector<float>> Importance::of(const forge_tensor_v1& weight) const {
  return guarded([&]() -> Result<std::vector<float>> {
    const std::string name = std::string(gguf::name_of(weight)).append(kSuffix);
    const forge_tensor_v1* sums = file_.tensors().find(name);
    if (sums == nullptr) return std::vector<float>();
    const std::uint64_t expected = weight.shape[0] * weight.shape[2] * weight.shape[3];
    if (sums->type != FORGE_TYPE_F32 || gguf::element_count(*sums) != expected)
      return invalid_argument(
          fmt::format("{}: {} is {} of {}; expected {} numbers of F32 for a weight of {}: this "
                      "importance matrix "
                      "is for another model",
                      quote(path()), quote(name), gguf::shape_text(*sums),
                      file_.tensors().type_name(sums->type), expected, gguf::shape_text(weight)));
    std::vector<float> numbers(expected);
    std::memcpy(numbers.data(), sums->data, expected * sizeof(float));
    return numbers;
  });
}

}  // namespace forge::quantize
