#include "core/text/jinja/dict.hpp"

#include "core/text/jinja/compare.hpp"

namespace forge::jinja {

std::size_t Dict::find_hashed(Runtime& runtime, const Value& key, std::size_t hash) {
  const auto matches = [&](const Entry& entry) {
    return entry.hash == hash && equals(runtime, entry.key, key);
  };
  if (slots_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (matches(entries_[i])) return i;
    }
    return kNotFound;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (matches(entries_[slots_[slot] - 1])) return slots_[slot] - 1;
  }
  return kNotFound;
}

void Dict::index() {
  slots_.clear();
  if (entries_.size() <= kScanned) return;
  std::size_t capacity = 32;
  while (capacity < entries_.size() * 2) capacity *= 2;
  slots_.assign(capacity, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = entries_[i].hash & (capacity - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (capacity - 1);
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

Value* Dict::find(Runtime& runtime, const Value& key) {
  const std::size_t i = find_hashed(runtime, key, hash_of(runtime, key));
  return i == kNotFound ? nullptr : &entries_[i].value;
}

Value* Dict::find(std::string_view key) {
  const auto matches = [&](const Entry& entry) {
    return entry.key.is_text() && entry.key.as_view() == key;
  };
  if (slots_.empty()) {
    for (Entry& entry : entries_) {
      if (matches(entry)) return &entry.value;
    }
    return nullptr;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash_of_text(key) & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (matches(entries_[slots_[slot] - 1])) return &entries_[slots_[slot] - 1].value;
  }
  return nullptr;
}

void Dict::set(Runtime& runtime, const Value& key, const Value& value) {
  const std::size_t hash = hash_of(runtime, key);
  const std::size_t found = find_hashed(runtime, key, hash);
  if (found != kNotFound) {
    entries_[found].value = value;
    return;
  }
  entries_.push_back({key, value, hash});
  if (entries_.size() * 2 > slots_.size()) {
    index();
  } else {
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  }
}

bool Dict::erase(Runtime& runtime, const Value& key) {
  const std::size_t i = find_hashed(runtime, key, hash_of(runtime, key));
  if (i == kNotFound) return false;
  runtime.step(entries_.size());
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
  index();
  return true;
}

void Dict::clear() {
  entries_.clear();
  slots_.clear();
}

}  // namespace forge::jinja
