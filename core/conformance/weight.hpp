// core/conformance/weight.hpp: generated weights.
#ifndef FORGE_CORE_CONFORMANCE_WEIGHT_HPP_
#define FORGE_CORE_CONFORMANCE_WEIGHT_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/conformance/random.hpp"
#include "forge/abi/codec.h"
#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::conformance {

// A tensor with its data, and what its codec reads from them. Immutable.
class Weight {
 public:
  // Normal numbers of standard deviation `spread` around `centre`, as the codec encodes them; for
  // codecs that only decode, blocks of random bytes that decode to numbers of a sensible size.
  // shape[0] must be whole blocks.
  enum class Kind {
    kEncoded,
    kRaw,   // random bytes also where the codec could encode
    kBf16,  // numbers that BF16 has as well, before the codec encodes them
  };
  static Result<std::shared_ptr<const Weight>> make(Random& random, std::string name,
                                                    std::uint32_t type,
                                                    std::vector<std::uint64_t> shape,
                                                    float spread = 0.5f, float centre = 0,
                                                    Kind kind = Kind::kEncoded);

  // Borrows from this object.
  forge_tensor_v1 tensor() const;
  std::uint32_t type() const { return type_; }
  float largest() const { return largest_; }  // magnitude of all elements
  // Row `row` as f32, rows counted over all outer dimensions.
  std::span<const float> row(std::uint64_t row) const {
    return {values_.data() + row * shape_[0], static_cast<std::size_t>(shape_[0])};
  }

 private:
  Weight() = default;

  std::string name_;
  std::uint32_t type_ = 0;
  std::vector<std::uint64_t> shape_;
  std::vector<std::byte> data_;
  std::vector<float> values_;
  float largest_ = 0;
};

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_WEIGHT_HPP_
