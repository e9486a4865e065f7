// host/cli/tokenize.cpp: `rocmforge tokenize MODEL`: text from standard input to tokens, and back.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base64.hpp"
#include "core/base/quote.hpp"
#include "core/gguf/file.hpp"
#include "core/text/tokenizer/tokenizer.hpp"
#include "host/cli/command.hpp"

namespace forge::cli {
namespace {

using nlohmann::json;
using text::TokenId;
using text::Tokenizer;

struct TokenizeOptions {
  std::string model;
  bool ids = false;
  bool no_bos = false;
  bool no_special = false;
  bool json_lines = false;
  bool detokenize = false;
  bool keep_invalid = false;

  text::EncodeOptions encode() const {
    return {.add_special = !no_bos,
            .parse_special = !no_special,
            .invalid_utf8 = keep_invalid ? text::InvalidUtf8::kKeep : text::InvalidUtf8::kReplace};
  }
  text::DecodeOptions decode() const { return {.show_special = !no_special, .text_start = true}; }
};

void print_ids(const std::vector<TokenId>& tokens, char open, char separator, char close) {
  std::string line;
  if (open != 0) line += open;
  for (const TokenId token : tokens)
    fmt::format_to(std::back_inserter(line), "{}{}", token, separator);
  if (!tokens.empty()) line.pop_back();
  if (close != 0) line += close;
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

std::string read_input() {
  std::string text;
  char buffer[1u << 16];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
    text.append(buffer, n);
  }
  return text;
}

Status encode_text(const Tokenizer& tokenizer, const TokenizeOptions& options) {
  FORGE_ASSIGN(const std::vector<TokenId> tokens, tokenizer.encode(read_input(), options.encode()));
  if (options.ids) {
    print_ids(tokens, 0, ' ', 0);
    return {};
  }
  for (const TokenId token : tokens) {
    std::string piece;
    tokenizer.append_piece(token, true, piece);
    fmt::print("{:>7}  {}\n", token, quote(piece, piece.size() + 1));
  }
  return {};
}

// "1 2 3", "1,2,3" or "[1, 2, 3]".
Result<std::vector<TokenId>> parse_ids(std::string_view text) {
  std::vector<TokenId> ids;
  constexpr std::string_view kBetween = " \t\r\n,[]";
  while (true) {
    const std::size_t begin = std::min(text.find_first_not_of(kBetween), text.size());
    text.remove_prefix(begin);
    if (text.empty()) return ids;
    const std::string_view word = text.substr(0, text.find_first_of(kBetween));
    TokenId id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || end != word.data() + word.size()) {
      return invalid_argument(fmt::format(
          "{} is no token id; expected numbers, separated by spaces or commas", quote(word)));
    }
    ids.push_back(id);
    text.remove_prefix(word.size());
  }
}

Status decode_text(const Tokenizer& tokenizer, const TokenizeOptions& options) {
  FORGE_ASSIGN(const std::vector<TokenId> ids, parse_ids(read_input()));
  FORGE_ASSIGN(const std::string bytes, tokenizer.decode(ids, options.decode()));
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  return {};
}

// "text", or {"text": "..."} or {"base64": "..."} with add_special and parse_special if wanted.
Status encode_line(const Tokenizer& tokenizer, const TokenizeOptions& options, const json& line) {
  text::EncodeOptions encode = options.encode();
  std::string text;
  if (line.is_string()) {
    text = line.get<std::string>();
  } else if (line.is_object()) {
    for (const auto& [key, value] : line.items()) {
      if (key == "text" && value.is_string()) {
        text = value.get<std::string>();
      } else if (key == "base64" && value.is_string()) {
        FORGE_ASSIGN(text, decode_base64(value.get_ref<const std::string&>()));
      } else if (key == "add_special" && value.is_boolean()) {
        encode.add_special = value.get<bool>();
      } else if (key == "parse_special" && value.is_boolean()) {
        encode.parse_special = value.get<bool>();
      } else {
        return invalid_argument(fmt::format(
            "{} with a value that is {}; expected text or base64 (strings), add_special or "
            "parse_special (booleans)",
            quote(key), value.type_name()));
      }
    }
  } else {
    return invalid_argument(
        fmt::format("the line is {}; expected a string or an object", line.type_name()));
  }
  FORGE_ASSIGN(const std::vector<TokenId> tokens, tokenizer.encode(text, encode));
  print_ids(tokens, '[', ',', ']');
  return {};
}

// [1, 2, 3]; answers a string, or {"base64": "..."} for bytes that are not UTF-8.
Status decode_line(const Tokenizer& tokenizer, const TokenizeOptions& options, const json& line) {
  std::vector<TokenId> ids;
  for (const json& id : line) {
    const auto value = id.is_number_integer() ? id.get<std::int64_t>() : -1;
    if (value < 0 || value > std::numeric_limits<TokenId>::max()) {
      return invalid_argument(fmt::format(
          "entry {} is {}; expected a token id", ids.size(),
          id.is_number() ? id.dump() : std::string(id.type_name())));  // others may be deep
    }
    ids.push_back(static_cast<TokenId>(value));
  }
  FORGE_ASSIGN(const std::string bytes, tokenizer.decode(ids, options.decode()));
  std::string answer;
  append_json_string(answer, bytes);
  if (json::parse(answer).get_ref<const std::string&>() != bytes) {
    answer = "{\"base64\":\"" + encode_base64(bytes) + "\"}";
  }
  answer += '\n';
  std::fwrite(answer.data(), 1, answer.size(), stdout);
  return {};
}

// One answer a line, at once: whoever writes the lines may wait for it.
Status run_json_lines(const Tokenizer& tokenizer, const TokenizeOptions& options) {
  std::ios::sync_with_stdio(false);
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    const json value = json::parse(line, nullptr, false);
    const std::string where = fmt::format("line {}: ", number);
    if (value.is_discarded()) return invalid_argument(where + "not valid JSON");
    if (options.detokenize && !value.is_array()) {
      return invalid_argument(where + "expected an array of token ids");
    }
    FORGE_TRY((options.detokenize ? decode_line(tokenizer, options, value)
                                  : encode_line(tokenizer, options, value))
                  .with_prefix(where));
    std::fflush(stdout);
  }
  return {};
}

Status tokenize(const TokenizeOptions& options) {
  FORGE_ASSIGN(const gguf::File file, gguf::File::open(options.model));
  const std::string prefix = fmt::format("{}: ", quote(options.model, 4096));
  auto source = text::read_vocab_source(file.metadata());
  if (!source.ok()) return std::move(source).status().with_prefix(prefix);
  auto vocab = text::Vocab::create(std::move(source).value());
  if (!vocab.ok()) return std::move(vocab).status().with_prefix(prefix);
  auto tokenizer = Tokenizer::create(std::move(vocab).value());
  if (!tokenizer.ok()) return std::move(tokenizer).status().with_prefix(prefix);
  if (options.json_lines) return run_json_lines(**tokenizer, options);
  return options.detokenize ? decode_text(**tokenizer, options) : encode_text(**tokenizer, options);
}

}  // namespace

void add_tokenize(CLI::App& app, Program& program) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = app.add_subcommand("tokenize", "Text to a model's tokens, or back");
  command->group(kFileCommands);
  command->add_option("model", options->model, "GGUF file; its vocabulary is enough")
      ->type_name("FILE")
      ->required();
  CLI::Option* ids = command->add_flag("--ids", options->ids, "Print only the ids, on one line");
  command->add_flag("--no-bos", options->no_bos,
                    "Add no BOS or EOS token, even where the model wants them");
  command->add_flag("--no-special", options->no_special,
                    "Take the texts of control tokens for ordinary text; with --detokenize, leave "
                    "control tokens out");
  CLI::Option* json_lines = command->add_flag(
      "--json-lines", options->json_lines,
      "Answer each line of JSON with a line: for a string, or for {\"text\" or \"base64\": ..., "
      "\"add_special\": bool, \"parse_special\": bool}, an array of ids; with --detokenize the "
      "other "
      "way round");
  CLI::Option* detokenize = command->add_flag(
      "--detokenize", options->detokenize,
      "Read ids (1 2 3, also with commas or brackets), write the bytes they stand for");
  command->add_flag(
      "--keep-invalid", options->keep_invalid,
      "Keep bytes that are not UTF-8; without it, each becomes U+FFFD (for byte-level "
      "BPE; SentencePiece models always keep them)");
  ids->excludes(json_lines)->excludes(detokenize);
  add_examples(
      *command,
      {{"The tokens of a text", "echo 'Hello world' | rocmforge tokenize model.gguf"},
       {"Count them", "rocmforge tokenize model.gguf --ids < text.txt | wc -w"},
       {"And back", "echo 9707 1879 | rocmforge tokenize model.gguf --detokenize"},
       {"Many texts at once", "rocmforge tokenize model.gguf --json-lines < texts.jsonl"}});
  command->callback(
      [options, &program] { program.set_action([options] { return tokenize(*options); }); });
}

}  // namespace forge::cli
