// tests/model_file.hpp: small GGUF files with random weights, for tests.
#ifndef FORGE_TESTS_MODEL_FILE_HPP_
#define FORGE_TESTS_MODEL_FILE_HPP_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/codec/registry.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/gguf/metadata_builder.hpp"
#include "core/gguf/writer.hpp"
#include "tests/catch.hpp"

namespace forge::test {

struct ModelTensor {
  std::string name;
  std::vector<std::uint64_t> shape;  // shape[0] is the contiguous one
  std::uint32_t type = FORGE_TYPE_F32;
};

// Normal numbers of standard deviation 0.05 in every tensor, the same on every call.
inline void write_model_file(const std::string& path, const gguf::MetadataBuilder& metadata,
                             const std::vector<ModelTensor>& tensors, const CodecView& codecs) {
  std::vector<gguf::TensorPlan> plans;
  for (const ModelTensor& tensor : tensors)
    plans.push_back({tensor.name, tensor.shape, tensor.type});
  gguf::Writer::Options options;
  options.types = gguf::codec_types(codecs);
  auto writer = gguf::Writer::create(path, metadata, plans, options);
  INFO(writer.status().message());
  REQUIRE(writer.ok());
  std::mt19937 engine(1);
  std::normal_distribution<float> normal(0, 0.05f);
  for (const ModelTensor& tensor : tensors) {
    std::size_t n = 1;
    for (const std::uint64_t extent : tensor.shape) n *= extent;
    std::vector<float> x(n);
    for (float& v : x) v = normal(engine);
    const forge_codec_v1* codec = codecs.find(tensor.type);
    std::vector<std::byte> bytes(n / codec->block_elements * codec->block_bytes);
    REQUIRE(codec->quantize(x.data(), nullptr, n / tensor.shape[0], tensor.shape[0], bytes.data(),
                            nullptr) == FORGE_OK);
    REQUIRE(writer->write(tensor.name, bytes).ok());
  }
  REQUIRE(writer->finish().ok());
}

}  // namespace forge::test

#endif  // FORGE_TESTS_MODEL_FILE_HPP_
