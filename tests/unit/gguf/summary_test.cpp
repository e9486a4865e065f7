#include "core/gguf/summary.hpp"

#include "tests/catch.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using testing::AlignedCopy;
using testing::Bytes;

Bytes& number(Bytes& b, std::string_view key, std::uint32_t value) {
  return b.key(key, 4).u32(value);
}

TEST_CASE("a model's file is summarized") {
  Bytes b;
  b.header(3, 17);
  b.key("general.architecture", 8).str("llama").key("general.name", 8).str("Tiny");
  number(b, "general.file_type", 15);
  number(b, "llama.context_length", 4096);
  number(b, "llama.block_count", 2);
  b.key("llama.feed_forward_length", 9).u32(5).u64(2).u32(512).u32(768);
  number(b, "llama.attention.head_count", 8);
  number(b, "llama.attention.head_count_kv", 2);
  b.key("llama.rope.freq_base", 6).f32(500000);
  b.key("llama.rope.scaling.type", 8).str("yarn");
  b.key("tokenizer.ggml.model", 8).str("gpt2");
  b.key("tokenizer.ggml.tokens", 9).u32(8).u64(3).str("a").str("<s>").str("</s>");
  number(b, "tokenizer.ggml.bos_token_id", 1);
  number(b, "tokenizer.ggml.eos_token_id", 7);
  b.key("tokenizer.ggml.add_bos_token", 7).u8(1);
  b.key("tokenizer.chat_template", 8).str("{{ x }}");
  b.key("tokenizer.chat_template.tool_use", 8).str("{{ y }}");
  b.tensor("rope_freqs.weight", {4}, 0, 0).tensor("a", {64}, 8, 32).tensor("b", {32, 2}, 8, 128);
  b.align(32).zeros(224);
  const AlignedCopy copy(b);
  const Result<File> file = File::from_memory(copy.bytes(), "f");
  INFO(file.status().message());
  REQUIRE(file.ok());
  const Result<Summary> result = summarize(*file);
  REQUIRE(result.ok());
  const Summary& s = *result;
  CHECK(s.architecture == "llama");
  CHECK(s.name == "Tiny");
  CHECK(s.file_type_name == "Q4_K_M");
  CHECK(s.n_parameters == 4 + 64 + 64);
  CHECK(s.tensor_bytes == 16 + 68 + 68);
  CHECK(*s.bits_per_weight == Approx(8.0 * 152 / 132));
  REQUIRE(s.types.size() == 2);
  CHECK(s.types[0].name == "Q8_0");
  CHECK(s.types[0].n_tensors == 2);
  CHECK(s.types[0].n_elements == 128);
  CHECK(s.types[0].n_bytes == 136);
  CHECK(s.types[1].name == "F32");
  CHECK(s.shape.context_length == 4096);
  CHECK(s.shape.n_layers == 2);
  CHECK(s.shape.feed_forward_length == std::vector<std::uint64_t>{512, 768});
  CHECK(s.shape.n_heads == std::vector<std::uint64_t>{8});
  CHECK(s.shape.n_kv_heads == std::vector<std::uint64_t>{2});
  CHECK_FALSE(s.shape.key_length);
  CHECK(s.rope.base == 500000.0);
  CHECK(s.rope.scaling == "yarn");
  CHECK(s.rope.has_frequency_factors);
  CHECK(s.tokenizer.n_tokens == 3);
  REQUIRE(s.tokenizer.special.size() == 2);
  CHECK(s.tokenizer.special[0].text == "<s>");
  CHECK(s.tokenizer.special[1].id == 7);
  CHECK(s.tokenizer.special[1].text.empty());
  CHECK(s.tokenizer.add_bos == true);
  CHECK_FALSE(s.tokenizer.add_eos);
  CHECK(s.tokenizer.chat_template_bytes == 7);
  CHECK(s.tokenizer.named_templates == std::vector<std::string_view>{"tool_use"});
}

TEST_CASE("what is odd or missing is left out of a summary") {
  Bytes b;
  b.header(1, 4);
  number(b, "general.architecture", 3);
  b.key("general.file_type", 8).str("x");
  b.key("tokenizer.ggml.tokens", 4).u32(5);
  number(b, "tokenizer.ggml.bos_token_id", 1);
  b.tensor("w", {4}, 99, 0).align(32).zeros(32);
  const AlignedCopy copy(b);
  const Result<File> file = File::from_memory(copy.bytes(), "f");
  REQUIRE(file.ok());
  const Result<Summary> s = summarize(*file);
  REQUIRE(s.ok());
  CHECK_FALSE(s->architecture);
  CHECK_FALSE(s->file_type);
  CHECK_FALSE(s->bits_per_weight);
  CHECK(s->n_parameters == 4);
  CHECK(s->types[0].name == "unknown(99)");
  CHECK(s->tokenizer.n_tokens == 0);
  CHECK(s->tokenizer.special[0].text.empty());
}

TEST_CASE("file types by number") {
  CHECK(file_type_name(0) == "F32");
  CHECK(file_type_name(7) == "Q8_0");
  CHECK(file_type_name(15) == "Q4_K_M");
  CHECK(file_type_name(18) == "Q6_K");
  CHECK(file_type_name(25) == "IQ4_NL");
  CHECK(file_type_name(30) == "IQ4_XS");
  CHECK(file_type_name(32) == "BF16");
  CHECK(file_type_name(38) == "MXFP4");
  CHECK(file_type_name(33).empty());
  CHECK(file_type_name(42).empty());
  CHECK(file_type_name(~0ull).empty());
}

}  // namespace
}  // namespace forge::gguf
