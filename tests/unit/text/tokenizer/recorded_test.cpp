// What llama.cpp made of our strings (tests/peers/record/tokenizer.mjs), and the vectors of its own
// repository where they are at hand.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/base64.hpp"
#include "tests/unit/text/tokenizer/fixture.hpp"

namespace forge::text {
namespace {

using nlohmann::json;
using testing::load_model;
using testing::LoadedModel;
using testing::require;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string from_base64(const json& text) {
  return require(decode_base64(text.get<std::string>()));
}

// The metadata changes that make_vocabularies.py --set makes, on what was read from the file.
void apply(const json& changes, VocabSource& source) {
  for (const auto& [key, value] : changes.items()) {
    if (key == "tokenizer.ggml.pre") {
      source.pre = {};
      if (value.is_string()) source.pre = value.get_ref<const std::string&>();
    } else if (key == "general.name") {
      source.model_name = value.get_ref<const std::string&>();
    } else if (key == "tokenizer.ggml.add_bos_token") {
      source.add_bos = value.get<bool>();
    } else if (key == "tokenizer.ggml.add_eos_token") {
      source.add_eos = value.get<bool>();
    } else if (key == "tokenizer.ggml.add_space_prefix") {
      source.add_space_prefix = value.get<bool>();
    } else if (key == "tokenizer.ggml.token_type" && value.is_null()) {
      source.types.clear();
    } else {
      FAIL("expected.json changes " << key);
    }
  }
}

void check_vocab(const json& variant, const Tokenizer& tokenizer) {
  const Vocab& vocab = tokenizer.vocab();
  const auto ends = vocab.end_tokens();
  CHECK(std::vector<TokenId>(ends.begin(), ends.end()) ==
        variant["eog"].get<std::vector<TokenId>>());
  CHECK(vocab.role(TokenRole::kBos) == variant["bos"].get<TokenId>());
  CHECK(vocab.role(TokenRole::kEos) == variant["eos"].get<TokenId>());
  CHECK(vocab.add_bos() == variant["add_bos"].get<bool>());
  CHECK(vocab.add_eos() == variant["add_eos"].get<bool>());
  std::vector<TokenId> hidden;
  for (TokenId id = 0; vocab.contains(id); ++id) {
    std::string shown, plain;
    tokenizer.append_piece(id, true, shown);
    tokenizer.append_piece(id, false, plain);
    if (plain.empty() && !shown.empty()) hidden.push_back(id);
    if (variant.contains("pieces")) CHECK(shown == from_base64(variant["pieces"][id]));
  }
  CHECK(hidden == variant["hidden"].get<std::vector<TokenId>>());
}

void check_variant(const json& variant, const json& strings) {
  const std::string path =
      std::string(FORGE_TEST_DATA) + "/tokenizer/" + variant["file"].get<std::string>() + ".gguf";
  const gguf::File file = require(gguf::File::open(path));
  VocabSource source = require(read_vocab_source(file.metadata()));
  apply(variant["set"], source);
  const auto engine = GENERATE(PreTokenizer::Engine::kCompiled, PreTokenizer::Engine::kInterpreted);
  const auto tokenizer =
      require(Tokenizer::create(require(Vocab::create(std::move(source))), engine));
  check_vocab(variant, *tokenizer);
  for (std::size_t i = 0; i < variant["strings"].size(); ++i) {
    const std::string text = from_base64(strings[variant["strings"][i].get<std::size_t>()]);
    INFO(variant["file"] << " " << variant["set"] << " '" << text << "'");
    for (const bool special : {true, false}) {
      const json& expected = variant[special ? "special" : "plain"][i];
      CHECK(require(tokenizer->encode(text, {special, special, {}})) ==
            expected.get<std::vector<TokenId>>());
    }
  }
}

TEST_CASE("recorded: tokens, pieces and end tokens equal llama.cpp's") {
  const json expected =
      json::parse(read_file(std::string(FORGE_TEST_DATA) + "/tokenizer/expected.json"));
  REQUIRE(expected["variants"].size() >= 20);
  const auto index = GENERATE_COPY(range(std::size_t{0}, expected["variants"].size()));
  check_variant(expected["variants"][index], expected["strings"]);
}

TEST_CASE("vectors of llama.cpp's repository") {
  const std::string name = GENERATE("gpt-2", "llama-spm");
  const std::string base = std::string(FORGE_SHARED_DATA) + "/tokenizer/" + name;
  if (!std::filesystem::exists(base + ".inp")) {
    std::cout << "skipped: " << base << ".inp is not there\n";
    return;
  }
  const LoadedModel model = load_model(base + ".vocab.gguf");
  const std::string separator = "\n__ggml_vocab_test__\n";
  const std::string inputs = read_file(base + ".inp");
  std::istringstream outputs(read_file(base + ".out"));
  std::string line;
  std::size_t begin = 0;
  int count = 0;
  for (; begin <= inputs.size() && std::getline(outputs, line); ++count) {
    const std::size_t end = std::min(inputs.find(separator, begin), inputs.size());
    std::istringstream numbers(line);
    const std::vector<TokenId> expected{std::istream_iterator<TokenId>(numbers), {}};
    CHECK(require(model.tokenizer->encode(inputs.substr(begin, end - begin), {false, false, {}})) ==
          expected);
    begin = end + separator.size();
  }
  CHECK(count == 46);
}

}  // namespace
}  // namespace forge::text
