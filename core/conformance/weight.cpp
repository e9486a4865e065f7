#include "core/conformance/weight.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/host_services.hpp"
#include "forge/sdk/codec_lookup.hpp"
#include "forge/sdk/host.hpp"

namespace forge::conformance {
namespace {

// Random bytes that decode to numbers between 1e-3 and 8 at their largest.
Status fill_undirected(Random& random, const forge_codec_v1& codec, std::vector<std::byte>& data) {
  std::vector<float> values(codec.block_elements);
  for (std::size_t at = 0; at < data.size(); at += codec.block_bytes) {
    bool sensible = false;
    constexpr int kAttempts = 100000;
    for (int attempt = 0; attempt < kAttempts && !sensible; ++attempt) {
      for (std::size_t i = 0; i < codec.block_bytes; ++i)
        data[at + i] = static_cast<std::byte>(random.next());
      codec.dequantize(data.data() + at, values.data(), values.size());
      float largest = 0;
      for (const float v : values)
        largest = std::isfinite(v) ? std::max(largest, std::abs(v)) : 1e9f;
      sensible = largest > 1e-3f && largest < 8;
    }
    if (!sensible)
      return unimplemented(std::string(codec.name) +
                           " cannot be encoded, and no random bytes of it made sensible numbers");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Weight>> Weight::make(Random& random, std::string name,
                                                   std::uint32_t type,
                                                   std::vector<std::uint64_t> shape, float spread,
                                                   float centre, Kind kind) {
  const forge_codec_v1* codec = sdk::find_codec(type);
  if (codec == nullptr) return internal_error("no codec for type " + std::to_string(type));
  auto weight = std::shared_ptr<Weight>(new Weight);
  weight->name_ = std::move(name);
  weight->type_ = type;
  weight->shape_ = std::move(shape);
  std::uint64_t n = 1;
  for (const std::uint64_t size : weight->shape_) n *= size;
  weight->values_.resize(n);
  weight->data_.resize(n / codec->block_elements * codec->block_bytes);
  if (codec->quantize != nullptr && kind != Kind::kRaw) {
    for (float& v : weight->values_) v = centre + spread * random.normal();
    if (kind == Kind::kBf16) {
      for (float& v : weight->values_)
        v = std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) & 0xffff0000);
    }
    const std::uint64_t n_cols = weight->shape_[0];
    forge_message message;
    FORGE_TRY(from_abi(codec->quantize(weight->values_.data(), nullptr, n / n_cols, n_cols,
                                       weight->data_.data(), &message),
                       message));
  } else {
    FORGE_TRY(fill_undirected(random, *codec, weight->data_));
  }
  codec->dequantize(weight->data_.data(), weight->values_.data(), n);
  for (const float v : weight->values_) weight->largest_ = std::max(weight->largest_, std::abs(v));
  return std::shared_ptr<const Weight>(std::move(weight));
}

forge_tensor_v1 Weight::tensor() const {
  forge_tensor_v1 tensor = {};
  tensor.struct_size = sizeof(tensor);
  tensor.type = type_;
  tensor.name = sdk::to_abi(name_);
  for (std::size_t d = 0; d < FORGE_MAX_DIMS; ++d)
    tensor.shape[d] = d < shape_.size() ? shape_[d] : 1;
  tensor.n_dims = static_cast<std::uint32_t>(shape_.size());
  tensor.data = data_.data();
  tensor.n_bytes = data_.size();
  return tensor;
}

}  // namespace forge::conformance
