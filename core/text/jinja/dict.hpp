// core/text/jinja/dict.hpp: Python's dict: hashed keys, in the order they came.
#ifndef FORGE_CORE_TEXT_JINJA_DICT_HPP_
#define FORGE_CORE_TEXT_JINJA_DICT_HPP_

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "core/text/jinja/value.hpp"

namespace forge::jinja {

class Dict {
 public:
  struct Entry {
    Value key;
    Value value;
    std::size_t hash;
  };

  explicit Dict(std::pmr::memory_resource* memory) : entries_(memory), slots_(memory) {}

  std::size_t size() const { return entries_.size(); }
  const std::pmr::vector<Entry>& entries() const { return entries_; }

  // The value of a key, or null. Keys that cannot be hashed (a list) throw Error.
  Value* find(Runtime& runtime, const Value& key);
  Value* find(std::string_view key);
  // Sets a key's value; a key that is there keeps its place.
  void set(Runtime& runtime, const Value& key, const Value& value);
  // Removes a key; false when it is not there.
  bool erase(Runtime& runtime, const Value& key);
  void clear();

 private:
  static constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);
  static constexpr std::size_t kScanned = 8;  // up to so many entries are searched one by one

  std::size_t find_hashed(Runtime& runtime, const Value& key, std::size_t hash);
  void index();

  std::pmr::vector<Entry> entries_;
  std::pmr::vector<std::uint32_t> slots_;  // open addressing: entry number + 1; empty while small
};

// keys(), values() or items(): shows the dict as it is when looked at.
struct View {
  enum class Kind { kKeys, kValues, kItems };
  Dict* dict = nullptr;
  Kind kind = Kind::kKeys;
};

// namespace(): attributes that a template may set.
struct Namespace {
  explicit Namespace(std::pmr::memory_resource* memory) : attributes(memory) {}
  Dict attributes;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_DICT_HPP_
