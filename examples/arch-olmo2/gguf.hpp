// The tiny model as a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
#ifndef ARCH_OLMO2_GGUF_HPP_
#define ARCH_OLMO2_GGUF_HPP_

#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

#include "tiny_model.hpp"

namespace tiny {

// Metadata entries and tensors, collected as bytes.
class Gguf {
 public:
  void add(const std::string& key, const std::string& value) { entry(key, kString), put(value); }
  void add(const std::string& key, std::uint32_t value) { entry(key, kU32), put(value); }
  void add(const std::string& key, float value) { entry(key, kF32), put(value); }

  template <class T>
  void add(const std::string& key, const std::vector<T>& values) {
    entry(key, kArray);
    put(std::is_same_v<T, std::string> ? kString : std::is_same_v<T, float> ? kF32 : kI32);
    put<std::uint64_t>(values.size());
    for (const T& value : values) put(value);
  }

  std::string file(const std::vector<const Matrix*>& tensors) const {
    Gguf head, infos;
    std::string data;
    for (const Matrix* m : tensors) {
      infos.put(m->name);
      infos.put<std::uint32_t>(m->rows == 1 ? 1 : 2);
      infos.put<std::uint64_t>(m->cols);  // the contiguous dimension comes first
      if (m->rows != 1) infos.put<std::uint64_t>(m->rows);
      infos.put<std::uint32_t>(0);  // F32
      infos.put<std::uint64_t>(data.size());
      data.append(reinterpret_cast<const char*>(m->data.data()), m->data.size() * sizeof(float));
      data.resize((data.size() + 31) / 32 * 32);
    }
    head.out_ = "GGUF";
    head.put<std::uint32_t>(3);
    head.put<std::uint64_t>(tensors.size());
    head.put<std::uint64_t>(n_entries_);
    std::string all = head.out_ + out_ + infos.out_;
    all.resize((all.size() + 31) / 32 * 32);
    return all + data;
  }

 private:
  static constexpr std::uint32_t kU32 = 4, kI32 = 5, kF32 = 6, kString = 8, kArray = 9;

  template <class T>
  void put(const T& value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(const std::string& text) {
    put<std::uint64_t>(text.size());
    out_ += text;
  }
  void entry(const std::string& key, std::uint32_t type) {
    put(key);
    put(type);
    ++n_entries_;
  }

  std::string out_;
  std::uint64_t n_entries_ = 0;
};

// `extra_key`: a key to add, with the value 1; empty is none.
inline std::string gguf_file(const Model& model, const std::string& extra_key) {
  Gguf g;
  if (!extra_key.empty()) g.add(extra_key, std::uint32_t{1});
  g.add("general.architecture", std::string("olmo2"));
  g.add("general.name", std::string("Tiny OLMo 2 of random numbers"));
  g.add("olmo2.context_length", std::uint32_t{128});
  g.add("olmo2.embedding_length", kEmbd);
  g.add("olmo2.block_count", kLayers);
  g.add("olmo2.feed_forward_length", kFf);
  g.add("olmo2.attention.head_count", kHeads);
  g.add("olmo2.attention.head_count_kv", kKvHeads);
  g.add("olmo2.attention.layer_norm_rms_epsilon", kEps);
  g.add("olmo2.rope.freq_base", kRopeBase);
  // A vocabulary of bytes; types: 1 normal, 2 unknown, 3 control, 6 byte.
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> types = {2, 3, 3};
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
    tokens.emplace_back(name);
    types.push_back(6);
  }
  tokens.emplace_back("\xe2\x96\x81");  // how this kind of vocabulary writes a space
  types.push_back(1);
  g.add("tokenizer.ggml.model", std::string("llama"));
  g.add("tokenizer.ggml.tokens", tokens);
  g.add("tokenizer.ggml.scores", std::vector<float>(tokens.size(), 0.0f));
  g.add("tokenizer.ggml.token_type", types);
  g.add("tokenizer.ggml.bos_token_id", std::uint32_t{1});
  g.add("tokenizer.ggml.eos_token_id", std::uint32_t{2});
  return g.file(model.tensors());
}

}  // namespace tiny

#endif  // ARCH_OLMO2_GGUF_HPP_
