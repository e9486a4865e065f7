#include "host/cli/inspect_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/quote.hpp"
#include "host/cli/numbers.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"

namespace forge::cli {
namespace {

using gguf::Array;
using gguf::File;
using gguf::name_of;
using gguf::shape_text;
using gguf::Summary;
using gguf::Value;

constexpr std::size_t kStringBytes = 100;  // of a string that is shown
constexpr std::size_t kElements = 6;       // of an array that are shown

// Sections of "  Label    value" lines.
class Page {
 public:
  void heading(std::string_view text) {
    text_ += fmt::format("{}{}\n", text_.empty() ? "" : "\n", text);
  }
  void line(std::string_view label, std::string_view value) {
    text_ += fmt::format("  {:<18}{}\n", label, value);
  }
  void line(std::string_view label, std::optional<std::uint64_t> value) {
    if (value) line(label, grouped(*value));
  }
  // Indented as a whole.
  void block(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      text_ += fmt::format("  {}\n", text.substr(0, end));
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// "4", or "4 to 8, by layer".
std::string range_text(const std::vector<std::uint64_t>& numbers) {
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  if (*low == *high) return grouped(*low);
  return fmt::format("{} to {}, by layer", grouped(*low), grouped(*high));
}

std::string bytes_text(std::uint64_t bytes) {
  return fmt::format("{} ({} bytes)", format_bytes(bytes), grouped(bytes));
}

void add_file(Page& page, const File& file) {
  page.heading("File");
  page.line("Path", printable(file.path()));
  page.line("Format", fmt::format("GGUF version {}, data aligned to {} bytes",
                                  file.parts()[0].version, file.parts()[0].alignment));
  page.line("Size", bytes_text(file.total_bytes()));
  if (file.parts().size() == 1) return;
  page.line("Parts", fmt::format("{}", file.parts().size()));
  for (const gguf::Part& part : file.parts()) {
    page.line("", fmt::format("{}  {}, {} tensors", printable(part.path), format_bytes(part.size),
                              part.n_tensors));
  }
}

void add_attention(Page& page, const gguf::ModelShape& shape) {
  if (!shape.n_heads.empty()) {
    std::string heads = range_text(shape.n_heads);
    if (!shape.n_kv_heads.empty())
      heads += fmt::format("; keys and values: {}", range_text(shape.n_kv_heads));
    page.line("Attention heads", heads);
  }
  if (shape.key_length && shape.value_length && shape.key_length != shape.value_length) {
    page.line("Head size",
              fmt::format("keys {}, values {}", *shape.key_length, *shape.value_length));
  } else {
    page.line("Head size", shape.key_length);
  }
  page.line("Sliding window", shape.sliding_window);
}

// Whole numbers grouped, others with the fewest digits.
std::string number_text(double number) {
  const bool whole = number >= 0 && number < 1e15 && number == std::floor(number);
  return whole ? grouped(static_cast<std::uint64_t>(number)) : fmt::format("{}", number);
}

void add_rope(Page& page, const gguf::RopeInfo& rope) {
  std::string text;
  const auto add = [&text](std::string_view part) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", part);
  };
  if (rope.base) add(fmt::format("base {}", number_text(*rope.base)));
  if (rope.n_dims) add(fmt::format("{} dimensions", *rope.n_dims));
  if (rope.scaling) add(fmt::format("scaling {}", printable(*rope.scaling)));
  if (rope.scaling_factor) add(fmt::format("factor {}", *rope.scaling_factor));
  if (rope.original_context_length)
    add(fmt::format("trained on {}", grouped(*rope.original_context_length)));
  if (rope.has_frequency_factors) add("frequency factors in rope_freqs.weight");
  if (!text.empty()) page.line("RoPE", text);
}

void add_model(Page& page, const Summary& summary) {
  page.heading("Model");
  page.line("Architecture", summary.architecture ? printable(*summary.architecture)
                                                 : "not said (general.architecture)");
  if (summary.name) page.line("Name", printable(*summary.name));
  if (summary.n_parameters != 0) {
    page.line("Parameters", fmt::format("{} ({})", short_count(summary.n_parameters),
                                        grouped(summary.n_parameters)));
  }
  if (summary.file_type) {
    page.line("File type", summary.file_type_name.empty() ? fmt::format("{}", *summary.file_type)
                                                          : std::string(summary.file_type_name));
  }
  if (summary.bits_per_weight)
    page.line("Bits per weight", fmt::format("{:.2f}", *summary.bits_per_weight));
  const gguf::ModelShape& shape = summary.shape;
  page.line("Context length", shape.context_length);
  page.line("Layers", shape.n_layers);
  page.line("Embedding", shape.embedding_length);
  if (!shape.feed_forward_length.empty())
    page.line("Feed-forward", range_text(shape.feed_forward_length));
  add_attention(page, shape);
  if (shape.n_experts.value_or(0) != 0) {
    page.line("Experts", fmt::format("{}, {} used per token", *shape.n_experts,
                                     shape.n_experts_used.value_or(0)));
  }
  add_rope(page, summary.rope);
}

void add_types(Page& page, const Summary& summary) {
  if (summary.types.empty()) return;
  page.heading("Tensors by type");
  Table table({{"TYPE"},
               {"TENSORS", Table::Align::kRight},
               {"ELEMENTS", Table::Align::kRight},
               {"SIZE", Table::Align::kRight},
               {"SHARE", Table::Align::kRight}});
  const auto total = static_cast<double>(std::max<std::uint64_t>(summary.tensor_bytes, 1));
  std::uint64_t n_tensors = 0;
  for (const gguf::TypeUse& use : summary.types) {
    n_tensors += use.n_tensors;
    const bool known = use.n_bytes != 0;
    table.add_row(
        {use.name, grouped(use.n_tensors), grouped(use.n_elements),
         known ? format_bytes(use.n_bytes) : "?",
         known ? fmt::format("{:.1f} %", 100 * static_cast<double>(use.n_bytes) / total) : "?"});
  }
  if (summary.types.size() > 1) {
    table.add_row({"all", grouped(n_tensors), grouped(summary.n_parameters),
                   format_bytes(summary.tensor_bytes), ""});
  }
  page.block(table.text());
}

std::string special_text(const gguf::SpecialToken& token) {
  if (token.text.empty()) return fmt::format("{}", token.id);
  return fmt::format("{} {}", token.id, quote(token.text, 40));
}

void add_tokenizer(Page& page, const gguf::TokenizerInfo& tokenizer) {
  if (!tokenizer.model && tokenizer.n_tokens == 0) return;
  page.heading("Tokenizer");
  std::string kind = tokenizer.model ? printable(*tokenizer.model) : "not said";
  if (tokenizer.pre) kind += fmt::format(", pre-tokenizer {}", printable(*tokenizer.pre));
  page.line("Kind", kind);
  std::string vocabulary = fmt::format("{} tokens", grouped(tokenizer.n_tokens));
  if (tokenizer.n_merges != 0)
    vocabulary += fmt::format(", {} merges", grouped(tokenizer.n_merges));
  page.line("Vocabulary", vocabulary);
  for (const gguf::SpecialToken& token : tokenizer.special)
    page.line(fmt::format("  {}", token.role), special_text(token));
  const auto yes_no = [](bool flag) { return flag ? "yes" : "no"; };
  if (tokenizer.add_bos) page.line("Adds bos", yes_no(*tokenizer.add_bos));
  if (tokenizer.add_eos) page.line("Adds eos", yes_no(*tokenizer.add_eos));
  std::string templates =
      tokenizer.chat_template_bytes
          ? fmt::format("yes, {} bytes", grouped(*tokenizer.chat_template_bytes))
          : "none";
  for (const std::string_view name : tokenizer.named_templates)
    templates += fmt::format(", {}", quote(name));
  page.line("Chat template", templates);
}

std::string value_text(const Value& value);

std::string array_text(const Array& array) {
  std::string text = "[";
  std::uint64_t shown = 0;
  for (const Value element : array) {
    if (shown == kElements) break;
    text += fmt::format("{}{}", shown == 0 ? "" : ", ", value_text(element));
    ++shown;
  }
  if (shown == array.size()) return text + "]";
  return fmt::format("{}, ...] ({} {})", text, grouped(array.size()),
                     gguf::value_type_plural(array.element_type()));
}

std::string value_text(const Value& value) {
  if (const auto text = value.to_string()) {
    std::string shown = quote(*text, kStringBytes);
    if (text->size() <= kStringBytes) return shown;
    return fmt::format("{} ({} bytes)", shown, grouped(text->size()));
  }
  if (const auto array = value.to_array()) return array_text(*array);
  if (const auto flag = value.to_bool()) return *flag ? "true" : "false";
  if (value.type() == gguf::ValueType::kF32)  // fewest digits that give the f32 back
    return fmt::format("{}", static_cast<float>(value.to_f64().value_or(0)));
  if (value.type() == gguf::ValueType::kF64) return fmt::format("{}", value.to_f64().value_or(0));
  if (const auto number = value.to_u64()) return fmt::format("{}", *number);
  return fmt::format("{}", value.to_i64().value_or(0));
}

std::string key_text(std::string_view key) {
  return printable(key.substr(0, kStringBytes)) + (key.size() > kStringBytes ? "..." : "");
}

void add_metadata(Page& page, const gguf::Metadata& metadata) {
  page.heading(fmt::format("Metadata, {} keys", metadata.size()));
  Table table({{"KEY"}, {"TYPE"}, {"VALUE"}});
  for (const gguf::Metadata::Entry& entry : metadata.entries()) {
    table.add_row({key_text(entry.key), std::string(gguf::value_type_name(entry.value.type())),
                   value_text(entry.value)});
  }
  page.block(table.text());
}

void add_tensors(Page& page, const File& file) {
  const gguf::TensorTable& tensors = file.tensors();
  page.heading(fmt::format("Tensors, {}", tensors.size()));
  const bool split = file.parts().size() > 1;
  Table table({{"#", Table::Align::kRight},
               {"NAME"},
               {"TYPE"},
               {"SHAPE"},
               {"SIZE", Table::Align::kRight},
               {"OFFSET", Table::Align::kRight},
               {split ? "PART" : "", Table::Align::kRight}});
  for (std::uint32_t i = 0; i < tensors.size(); ++i) {
    const forge_tensor_v1& tensor = tensors[i];
    const gguf::TensorTable::Placement& placement = tensors.placement(i);
    table.add_row(
        {fmt::format("{}", i), std::string(name_of(tensor)), tensors.type_name(tensor.type),
         shape_text(tensor), tensor.n_bytes == 0 ? "?" : format_bytes(tensor.n_bytes),
         fmt::format("{}", placement.offset), split ? fmt::format("{}", placement.part + 1) : ""});
  }
  page.block(table.text());
}

}  // namespace

std::string inspect_text(const File& file, const Summary& summary, bool with_tensors) {
  Page page;
  add_file(page, file);
  add_model(page, summary);
  add_types(page, summary);
  add_tokenizer(page, summary.tokenizer);
  add_metadata(page, file.metadata());
  if (with_tensors) add_tensors(page, file);
  return page.take();
}

}  // namespace forge::cli
