#include "host/cli/inspect_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "core/base/quote.hpp"
#include "core/base/utf8.hpp"

namespace forge::cli {
namespace {

using gguf::Array;
using gguf::element_count;
using gguf::File;
using gguf::name_of;
using gguf::Summary;
using gguf::Value;
using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    if (!c.valid) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

Json text_json(std::string_view text) {
  if (is_utf8(text)) return text;
  std::string hex;
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return {{"hex", hex}};
}

// A name that is not UTF-8 is made printable, so that it can be a key.
std::string name_json(std::string_view name) {
  return is_utf8(name) ? std::string(name) : printable(name);
}

Json number_json(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return number;
}

// An f32 as the shortest decimal that gives it back: 0.1, not 0.10000000149011612.
Json number_json(float number) {
  if (!std::isfinite(number)) return number_json(static_cast<double>(number));
  return std::strtod(fmt::format("{}", number).c_str(), nullptr);
}

Json value_json(const Value& value);

Json array_json(const Array& array) {
  Json out = Json::array();
  for (const Value element : array) {
    if (const auto nested = element.to_array()) {
      out.push_back({{"element_type", gguf::value_type_name(nested->element_type())},
                     {"value", array_json(*nested)}});
    } else {
      out.push_back(value_json(element));
    }
  }
  return out;
}

Json value_json(const Value& value) {
  if (const auto text = value.to_string()) return text_json(*text);
  if (const auto array = value.to_array()) return array_json(*array);
  if (const auto flag = value.to_bool()) return *flag;
  if (value.type() == gguf::ValueType::kF32)
    return number_json(static_cast<float>(value.to_f64().value_or(0)));
  if (value.type() == gguf::ValueType::kF64) return number_json(value.to_f64().value_or(0));
  if (const auto number = value.to_u64()) return *number;
  return value.to_i64().value_or(0);
}

template <class T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json optional_json(const std::optional<std::string_view>& value) {
  return value ? text_json(*value) : Json(nullptr);
}
Json optional_json(const std::optional<double>& value) {
  return value ? number_json(*value) : Json(nullptr);
}

Json files_json(const File& file) {
  Json files = Json::array();
  for (const gguf::Part& part : file.parts()) {
    files.push_back({{"path", name_json(part.path)},
                     {"gguf_version", part.version},
                     {"bytes", part.size},
                     {"alignment", part.alignment},
                     {"data_offset", part.data_offset},
                     {"tensors", part.n_tensors}});
  }
  return files;
}

Json model_json(const Summary& summary) {
  const gguf::ModelShape& shape = summary.shape;
  return {{"architecture", optional_json(summary.architecture)},
          {"name", optional_json(summary.name)},
          {"file_type", optional_json(summary.file_type)},
          {"file_type_name",
           summary.file_type_name.empty() ? Json(nullptr) : Json(summary.file_type_name)},
          {"parameters", summary.n_parameters},
          {"tensor_bytes", summary.tensor_bytes},
          {"bits_per_weight", optional_json(summary.bits_per_weight)},
          {"context_length", optional_json(shape.context_length)},
          {"layers", optional_json(shape.n_layers)},
          {"embedding_length", optional_json(shape.embedding_length)},
          {"feed_forward_length", shape.feed_forward_length},
          {"heads", shape.n_heads},
          {"kv_heads", shape.n_kv_heads},
          {"key_length", optional_json(shape.key_length)},
          {"value_length", optional_json(shape.value_length)},
          {"sliding_window", optional_json(shape.sliding_window)},
          {"experts", optional_json(shape.n_experts)},
          {"experts_used", optional_json(shape.n_experts_used)}};
}

Json rope_json(const gguf::RopeInfo& rope) {
  return {{"base", optional_json(rope.base)},
          {"dimensions", optional_json(rope.n_dims)},
          {"scaling", optional_json(rope.scaling)},
          {"scaling_factor", optional_json(rope.scaling_factor)},
          {"original_context_length", optional_json(rope.original_context_length)},
          {"frequency_factors", rope.has_frequency_factors}};
}

Json tokenizer_json(const gguf::TokenizerInfo& tokenizer) {
  Json special = Json::array();
  for (const gguf::SpecialToken& token : tokenizer.special)
    special.push_back({{"role", token.role}, {"id", token.id}, {"text", text_json(token.text)}});
  Json templates = Json::array();
  for (const std::string_view name : tokenizer.named_templates)
    templates.push_back(text_json(name));
  return {{"model", optional_json(tokenizer.model)},
          {"pre", optional_json(tokenizer.pre)},
          {"tokens", tokenizer.n_tokens},
          {"merges", tokenizer.n_merges},
          {"special", std::move(special)},
          {"add_bos", optional_json(tokenizer.add_bos)},
          {"add_eos", optional_json(tokenizer.add_eos)},
          {"chat_template_bytes", optional_json(tokenizer.chat_template_bytes)},
          {"named_templates", std::move(templates)}};
}

Json types_json(const Summary& summary) {
  Json types = Json::array();
  for (const gguf::TypeUse& use : summary.types) {
    types.push_back({{"type", use.name},
                     {"type_id", use.type},
                     {"tensors", use.n_tensors},
                     {"elements", use.n_elements},
                     {"bytes", use.n_bytes == 0 ? Json(nullptr) : Json(use.n_bytes)}});
  }
  return types;
}

Json metadata_json(const gguf::Metadata& metadata) {
  Json out = Json::object();
  for (const gguf::Metadata::Entry& entry : metadata.entries()) {
    Json& item = out[name_json(entry.key)];
    item["type"] = gguf::value_type_name(entry.value.type());
    if (const auto array = entry.value.to_array())
      item["element_type"] = gguf::value_type_name(array->element_type());
    item["value"] = value_json(entry.value);
  }
  return out;
}

Json tensors_json(const gguf::TensorTable& tensors) {
  Json out = Json::array();
  for (std::uint32_t i = 0; i < tensors.size(); ++i) {
    const forge_tensor_v1& tensor = tensors[i];
    const gguf::TensorTable::Placement& placement = tensors.placement(i);
    Json shape = Json::array();
    for (std::uint32_t d = 0; d < tensor.n_dims; ++d) shape.push_back(tensor.shape[d]);
    out.push_back({{"name", name_json(name_of(tensor))},
                   {"type", tensors.type_name(tensor.type)},
                   {"type_id", tensor.type},
                   {"shape", std::move(shape)},
                   {"elements", element_count(tensor)},
                   {"bytes", tensor.n_bytes == 0 ? Json(nullptr) : Json(tensor.n_bytes)},
                   {"file", placement.part},
                   {"offset", placement.offset}});
  }
  return out;
}

}  // namespace

std::string inspect_json(const File& file, const Summary& summary) {
  Json out;
  out["schema"] = kSchema;
  out["path"] = name_json(file.path());
  out["bytes"] = file.total_bytes();
  out["files"] = files_json(file);
  out["model"] = model_json(summary);
  out["rope"] = rope_json(summary.rope);
  out["tokenizer"] = tokenizer_json(summary.tokenizer);
  out["types"] = types_json(summary);
  out["metadata"] = metadata_json(file.metadata());
  out["tensors"] = tensors_json(file.tensors());
  return out.dump(2) + "\n";
}

}  // namespace forge::cli
