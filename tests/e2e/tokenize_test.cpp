// `rocmforge tokenize` as its user meets it.
#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::test {
namespace {

const std::string kModel = FORGE_TEST_DATA "/tokenizer/bpe.gguf";
const std::string kSpmModel = FORGE_TEST_DATA "/tokenizer/spm.gguf";

Finished tokenize(const std::string& model, std::vector<std::string> flags, std::string input) {
  std::vector<std::string> arguments = {FORGE_PROGRAM, "tokenize", model};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return run({std::move(arguments), {{"XDG_CONFIG_HOME", "/nonexistent"}}, std::move(input)});
}

TEST_CASE("tokenize: a token a line, or ids on one line") {
  const Finished listed = tokenize(kModel, {}, "The train\n");
  CHECK(listed.exit_code == 0);
  CHECK(listed.out == "    311  'The'\n    561  ' train'\n    198  '\\n'\n");
  CHECK(tokenize(kModel, {"--ids"}, "The train\n").out == "311 561 198\n");
  CHECK(tokenize(kModel, {"--ids"}, "").out == "\n");
}

TEST_CASE("tokenize: BOS and special tokens, and without them") {
  CHECK(tokenize(kSpmModel, {"--ids"}, "the</s>").out == "1 265 2\n");
  CHECK(tokenize(kSpmModel, {"--ids", "--no-bos"}, "the</s>").out == "265 2\n");
  const Finished plain = tokenize(kSpmModel, {"--ids", "--no-bos", "--no-special"}, "the</s>");
  CHECK(plain.out.starts_with("265 "));
  CHECK(plain.out != "265 2\n");
}

TEST_CASE("tokenize --detokenize gives the bytes back") {
  const std::string text = "Über den Häusern\n\xff 😀\t";
  const Finished ids = tokenize(kModel, {"--ids", "--keep-invalid"}, text);
  CHECK(tokenize(kModel, {"--detokenize"}, ids.out).out == text);
  CHECK(tokenize(kModel, {"--detokenize"}, "[311,561]").out == "The train");
  CHECK(tokenize(kSpmModel, {"--detokenize"}, "1 265 2").out == "<s>the</s>");
  CHECK(tokenize(kSpmModel, {"--detokenize", "--no-special"}, "1 265 2").out == "the");
}

TEST_CASE("tokenize --json-lines answers each line with one") {
  const Finished ids = tokenize(kSpmModel, {"--json-lines"},
                                "\"the\"\n"
                                "{\"text\": \"the</s>\", \"add_special\": false}\n"
                                "{\"base64\": \"dGhl\", \"parse_special\": false}\n"
                                "\"\"\n");
  CHECK(ids.exit_code == 0);
  CHECK(ids.out == "[1,265]\n[265,2]\n[1,265]\n[1]\n");
  const Finished texts =
      tokenize(kModel, {"--json-lines", "--detokenize"}, "[311, 561]\n[]\n[127, 1]\n");
  CHECK(texts.out == "\"The train\"\n\"\"\n{\"base64\":\"wyI=\"}\n");
}

TEST_CASE("tokenize: errors say what and where") {
  const auto error_of = [](const Finished& finished) {
    CHECK(finished.exit_code == 1);
    return finished.err;
  };
  CHECK(error_of(tokenize("/nonexistent.gguf", {}, "")).find("/nonexistent.gguf") !=
        std::string::npos);
  CHECK(error_of(tokenize(kSpmModel, {"--detokenize"}, "5 x1 6")) ==
        "error: 'x1' is no token id; expected numbers, separated by spaces or commas\n");
  CHECK(error_of(tokenize(kSpmModel, {"--detokenize"}, "5 99999")).find("99999 is no token") !=
        std::string::npos);
  const Finished second = tokenize(kSpmModel, {"--json-lines"}, "\"</s>\"\n{\"txt\": \"b\"}\n");
  CHECK(second.out == "[1,2]\n");
  CHECK(error_of(second).starts_with("error: line 2: 'txt' with a value that is string"));
  CHECK(error_of(tokenize(kSpmModel, {"--json-lines"}, "nonsense\n")) ==
        "error: line 1: not valid JSON\n");
  CHECK(error_of(tokenize(kSpmModel, {"--json-lines"}, "{\"base64\": \"****\"}\n")) ==
        "error: line 1: base64 has '*' at character 0\n");
  CHECK(error_of(tokenize(kSpmModel, {"--json-lines", "--detokenize"}, "[1.5]\n")) ==
        "error: line 1: entry 0 is 1.5; expected a token id\n");
  CHECK(error_of(tokenize(kSpmModel, {"--json-lines", "--detokenize"}, "[4294967297]\n")) ==
        "error: line 1: entry 0 is 4294967297; expected a token id\n");
  const std::string deep = "[5," + std::string(200000, '[') + std::string(200000, ']') + "]\n";
  CHECK(error_of(tokenize(kSpmModel, {"--json-lines", "--detokenize"}, deep)) ==
        "error: line 1: entry 1 is array; expected a token id\n");
  CHECK(tokenize(kSpmModel, {"--ids", "--json-lines"}, "").exit_code == 2);
}

}  // namespace
}  // namespace forge::test
