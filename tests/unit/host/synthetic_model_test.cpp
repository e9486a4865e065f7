#include "host/bench/synthetic_model.hpp"

#include <cmath>
#include <vector>

#include "core/codec/host_codecs.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/gguf/file.hpp"
#include "tests/catch.hpp"

namespace forge::bench {
namespace {

TEST_CASE("a generated model is a whole file with finite weights of the right size") {
  const CodecView& codecs = process_codecs().view();
  auto model = SyntheticModel::create("qwen3-0.6b:Q4_K_M", codecs);
  INFO(model.status().message());
  REQUIRE(model.ok());
  CHECK((*model)->name() == "qwen3-0.6b:Q4_K_M");
  auto file = gguf::File::from_memory((*model)->bytes(), "generated", {gguf::codec_types(codecs)});
  INFO(file.status().message());
  REQUIRE(file.ok());
  // 0.6 billion weights of some 4.9 bits; the embedding, which is the output too, has 6.6.
  CHECK((*model)->bytes().size() > 370'000'000);
  CHECK((*model)->bytes().size() < 410'000'000);
  const forge_tensor_v1* down = file->tensors().find("blk.27.ffn_down.weight");
  REQUIRE(down != nullptr);
  CHECK(down->shape[0] == 3072);
  CHECK(down->shape[1] == 1024);
  std::vector<float> row(down->shape[0]);
  codecs.find(down->type)->dequantize(down->data, row.data(), row.size());
  double squares = 0;
  for (const float v : row) squares += double{v} * v;
  // Standard deviation 0.02; of 3072 numbers it is met within 2 %, and encoding adds its error.
  CHECK(std::abs(std::sqrt(squares / 3072) - 0.02) < 0.002);
}

TEST_CASE("wrong names of generated models are answered with the right ones") {
  const CodecView& codecs = process_codecs().view();
  CHECK(SyntheticModel::create("qwen3-0.6:Q4_0", codecs).status().message() ==
        "there is no model shape 'qwen3-0.6'; did you mean 'qwen3-0.6b'?");
  CHECK(SyntheticModel::create("zzz", codecs).status().message().find("qwen2.5-7b") !=
        std::string::npos);
  CHECK(SyntheticModel::create("qwen3-0.6b:Q4_9", codecs).status().code() == Code::kNotFound);
}

}  // namespace
}  // namespace forge::bench
