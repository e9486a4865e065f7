// Files that others wrote: vocabularies of llama.cpp and synthetic models of a Python script. Both
// lie outside the repository; without them these tests skip.
#include <fmt/core.h>
#include <filesystem>
#include <iostream>

#include "core/gguf/file.hpp"
#include "core/gguf/writer.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge::gguf {
namespace {

using test::TemporaryFolder;

bool present(const std::string& path) {
  if (std::filesystem::exists(path)) return true;
  std::cout << "skipped: " << path << " is not there\n";
  return false;
}

// False, with a word of why, when the script cannot run.
bool write_model(const std::string& script, const std::string& quant, const std::string& path) {
  const test::Finished done = test::run(
      {{"/usr/bin/python3", script, "-m", "tiny-qwen3", "-q", quant, "-o", path}, {}, {}});
  if (done.exit_code != 0) std::cout << "skipped: the script did not run: " << done.err << "\n";
  return done.exit_code == 0;
}

TEST_CASE("vocabulary files of llama.cpp") {
  struct Vocabulary {
    const char* file;
    const char* model;
    std::size_t n_tokens, n_merges;
    std::uint64_t bos;
  };
  // Sizes of the published vocabularies: GPT-2 has 256 bytes, 50,000 merges and one special token.
  const auto vocabulary = GENERATE(Vocabulary{"gpt-2.vocab.gguf", "gpt2", 50257, 50000, 50256},
                                   Vocabulary{"llama-spm.vocab.gguf", "llama", 32000, 0, 1});
  const std::string path = std::string(FORGE_SHARED_DATA) + "/tokenizer/" + vocabulary.file;
  if (!present(path)) return;
  const Result<File> file = File::open(path);
  INFO(file.status().message());
  REQUIRE(file.ok());
  const Metadata& m = file->metadata();
  CHECK(*m.get_string("tokenizer.ggml.model") == vocabulary.model);
  CHECK(m.get_strings("tokenizer.ggml.tokens")->size() == vocabulary.n_tokens);
  CHECK(m.get_numbers<std::int32_t>("tokenizer.ggml.token_type")->size() == vocabulary.n_tokens);
  CHECK(*m.get_u64("tokenizer.ggml.bos_token_id") == vocabulary.bos);
  if (vocabulary.n_merges != 0)
    CHECK(m.get_strings("tokenizer.ggml.merges")->size() == vocabulary.n_merges);
  CHECK(file->tensors().empty());
}

TEST_CASE("synthetic models of the Python writer") {
  const std::string script = std::string(FORGE_SHARED_DATA) + "/../tools/synth_gguf.py";
  if (!present(script) || !present("/usr/bin/python3")) return;
  const TemporaryFolder folder;
  const std::string path = folder.in("m.gguf");
  const std::string quant = GENERATE("F32", "BF16", "Q4_0", "Q8_0", "Q4_K_M");
  if (!write_model(script, quant, path)) return;
  const Result<File> file = File::open(path);
  INFO(file.status().message());
  REQUIRE(file.ok());
  const Metadata& m = file->metadata();
  CHECK(*m.get_string("general.architecture") == "qwen3");
  CHECK(*m.get_u64("qwen3.block_count") == 2);
  CHECK(*m.get_u64("qwen3.embedding_length") == 256);
  CHECK(*m.get_f64("qwen3.rope.freq_base") == 1e6);
  CHECK(m.get_strings("tokenizer.ggml.tokens")->size() == 512);

  // 11 tensors a layer, the embedding and the last norm (the output is tied).
  CHECK(file->tensors().size() == 2 * 11 + 2);
  const forge_tensor_v1* embd = file->tensors().find("token_embd.weight");
  REQUIRE(embd != nullptr);
  CHECK(shape_text(*embd) == "[256, 512]");
  CHECK(shape_text(**file->tensors().get("blk.1.ffn_down.weight")) == "[512, 256]");

  // Norms are drawn from N(1, 0.1): the mean of 256 is within 5 standard errors of 1.
  const forge_tensor_v1* norm = *file->tensors().get("output_norm.weight");
  double mean = 0;
  for (int i = 0; i < 256; ++i)
    mean += static_cast<double>(static_cast<const float*>(norm->data)[i]) / 256;
  CHECK(mean == Approx(1).margin(5 * 0.1 / 16));

  // The data sections holds nothing but the tensors and their padding.
  std::uint64_t bytes = 0;
  for (const forge_tensor_v1& tensor : file->tensors()) bytes += (tensor.n_bytes + 31) / 32 * 32;
  CHECK(file->parts()[0].data_offset + bytes == file->total_bytes());
}

TEST_CASE("a model of the Python writer, written again, is the same file") {
  const std::string script = fmt::format("{}/../tools/synth_gguf.py", FORGE_SHARED_DATA);
  if (!present(script) || !present("/usr/bin/python3")) return;
  const TemporaryFolder folder;
  const std::string path = folder.in("m.gguf");
  if (!write_model(script, "Q5_K_M", path)) return;
  const Result<File> file = File::open(path);
  REQUIRE(file.ok());
  MetadataBuilder metadata;
  REQUIRE(metadata.set_all(file->metadata()).ok());
  std::vector<TensorPlan> plans;
  for (const forge_tensor_v1& tensor : file->tensors()) {
    plans.push_back(
        {std::string(name_of(tensor)), {tensor.shape, tensor.shape + tensor.n_dims}, tensor.type});
  }
  Result<Writer> writer = Writer::create(folder.in("copy.gguf"), metadata, plans, {});
  REQUIRE(writer.ok());
  for (const forge_tensor_v1& tensor : file->tensors())
    REQUIRE(writer->write(name_of(tensor), *file->tensors().data(tensor)).ok());
  REQUIRE(writer->finish().ok());
  // Not by CHECK on the strings, which would print a megabyte.
  const bool same = test::read_file(folder.in("copy.gguf")) == test::read_file(path);
  CHECK(same);
}

}  // namespace
}  // namespace forge::gguf
