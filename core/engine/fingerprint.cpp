#include "core/engine/fingerprint.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace forge::engine {
namespace {

constexpr std::uint64_t kSampleBytes = 256;  // of each weight, from its middle

// http://www.isthe.com/chongo/tech/comp/fnv/
class Fnv1a {
 public:
  void add(const void* data, std::size_t size) {
    for (const std::byte b : std::span(static_cast<const std::byte*>(data), size)) {
      hash_ ^= static_cast<std::uint64_t>(b);
      hash_ *= 0x100000001b3;
    }
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

std::uint64_t fingerprint(const Model& model) {
  Fnv1a hash;
  for (const forge_tensor_v1& weight : model.graph().weights) {
    hash.add(weight.name.data, weight.name.size);
    hash.add(&weight.type, sizeof(weight.type));
    hash.add(weight.shape, sizeof(weight.shape));
    if (weight.data == nullptr) continue;
    const std::uint64_t n = std::min(weight.n_bytes, kSampleBytes);
    hash.add(static_cast<const std::byte*>(weight.data) + (weight.n_bytes - n) / 2, n);
  }
  for (const graph::Node& node : model.graph().nodes) {
    hash.add(&node.op, sizeof(node.op));
    if (!node.params.empty()) hash.add(node.params.data(), graph::Params::kCapacity);
  }
  return hash.value();
}

}  // namespace forge::engine
