// rocmforge quantize as its user meets it.
#include "tests/catch.hpp"
#include "tests/model_file.hpp"
#include "tests/process.hpp"

namespace forge::test {
namespace {

Finished quantize(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {FORGE_PROGRAM, "--no-config", "quantize"});
  return run({std::move(arguments), {}, {}});
}

std::string write_model(const TemporaryFolder& folder) {
  gguf::MetadataBuilder metadata;
  REQUIRE(metadata.set_string("general.architecture", "qwen2").ok());
  const CodecRegistry registry;
  const std::string path = folder.in("model.gguf");
  write_model_file(path, metadata,
                   {{"token_embd.weight", {256, 64}},
                    {"blk.0.attn_norm.weight", {256}},
                    {"blk.0.attn_q.weight", {256, 256}}},
                   registry.view());
  return path;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("quantize writes a file and says what it is made of") {
  const TemporaryFolder folder;
  const std::string in = write_model(folder);
  const std::string out = folder.in("out.gguf");
  const Finished done = quantize({in, out, "q4_k_m", "-v", "--threads", "2"});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK(contains(done.out, "[   1/3] token_embd.weight"));
  CHECK(contains(done.out, "F32 -> Q6_K"));
  CHECK(contains(done.out, "type  tensors  weights      size\n"));
  CHECK(contains(done.out, "Q4_K_M: 321 KiB -> 50.1 KiB, 32.00 -> 5.00 bits per weight\n"));
  CHECK(contains(done.err, "written in"));
  CHECK(read_file(out).substr(0, 4) == "GGUF");

  const Finished quiet = quantize({in, out, "q4_k_m", "--force", "--quiet"});
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.err == "");
}

TEST_CASE("quantize refuses to overwrite, and shows without writing") {
  const TemporaryFolder folder;
  const std::string in = write_model(folder);
  const std::string out = folder.file("out.gguf", "precious");
  const Finished refused = quantize({in, out, "Q8_0"});
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "is there already"));
  CHECK(contains(refused.err, "--force"));
  const Finished dry = quantize({in, out, "Q8_0", "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(contains(dry.out, "Q8_0: 321 KiB -> "));
  CHECK(read_file(out) == "precious");
  CHECK(quantize({in, out, "Q8_0", "--force"}).exit_code == 0);
  CHECK(read_file(out).substr(0, 4) == "GGUF");
  // The input may be replaced: it is read to the end before.
  CHECK(quantize({out, out, "Q4_0", "--force"}).exit_code == 0);
  CHECK(read_file(out).substr(0, 4) == "GGUF");
}

TEST_CASE("quantize says what is wrong with its arguments") {
  const TemporaryFolder folder;
  const std::string in = write_model(folder);
  const std::string out = folder.in("out.gguf");
  struct Case {
    std::vector<std::string> arguments;
    const char* complaint;
  };
  const Case cases[] = {
      {{in, out, "Q4KM"}, "did you mean 'Q4_K_M'?"},
      {{in, out, "Q4_0", "--output-type", "Q9_0"}, "no codec is named 'Q9_0'"},
      {{in, out, "Q4_0", "--tensor-type", "Q8_0"}, "expected PATTERN=TYPE"},
      {{in, out, "Q4_0", "--tensor-type", "nothing*=Q8_0"}, "no weight matrix is named 'nothing*'"},
      {{folder.in("none.gguf"), out, "Q4_0"}, "none.gguf"},
      {{in, folder.in("none/out.gguf"), "Q4_0"}, "none/out.gguf"},
      {{in, out, "Q4_0", "--imatrix", in}, "no importance matrix"},
  };
  for (const Case& one : cases) {
    const Finished done = quantize(one.arguments);
    INFO(done.err);
    CHECK(done.exit_code == 1);
    CHECK(contains(done.err, one.complaint));
    CHECK(done.out.empty());
  }
}

}  // namespace
}  // namespace forge::test
