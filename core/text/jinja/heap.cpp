#include "core/text/jinja/heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/text/jinja/error.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

// Shorter concatenations are just copied.
constexpr std::size_t kGrowingText = 1024;

}  // namespace

void* Heap::CountedMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > left_) {
    fail_limit(fmt::format("the template needs more than {} MiB for its values", limit_ >> 20));
  }
  void* memory = ::operator new(bytes, std::align_val_t(alignment));
  left_ -= bytes;
  return memory;
}

void Heap::CountedMemory::do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) {
  left_ += bytes;
  ::operator delete(memory, bytes, std::align_val_t(alignment));
}

Value Heap::text(std::string_view bytes, bool markup) {
  char* copy = static_cast<char*>(memory_.allocate(std::max<std::size_t>(bytes.size(), 1), 1));
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  return borrow({copy, bytes.size()}, markup);
}

Value Heap::borrow(std::string_view bytes, bool markup) {
  Text* text = make<Text>();
  text->data = bytes.data();
  text->size = bytes.size();
  text->markup = markup;
  return Value::text(text);
}

Value Heap::slice(const Text& text, std::size_t offset, std::size_t size) {
  const Value part = borrow(text.view().substr(offset, size), text.markup);
  if (text.length == static_cast<std::int64_t>(text.size)) {
    part.as_text().length = static_cast<std::int64_t>(size);
  }
  return part;
}

Value Heap::concatenate(const Text& a, const Text& b, bool markup) {
  const std::size_t size = a.size + b.size;
  Text* out = make<Text>();
  out->size = size;
  out->markup = markup;
  if (a.length != Text::kUnknown && b.length != Text::kUnknown) out->length = a.length + b.length;
  TextBuffer* buffer = a.buffer;
  const bool extends =
      buffer != nullptr && buffer->used == a.size && buffer->capacity - buffer->used >= b.size;
  char* bytes = nullptr;
  if (extends) {
    // `a` is all that its buffer holds, so the bytes behind it are nobody's.
    bytes = const_cast<char*>(a.data);
  } else {
    const std::size_t capacity = size >= kGrowingText ? size * 2 : std::max<std::size_t>(size, 1);
    bytes = static_cast<char*>(memory_.allocate(capacity, 1));
    if (a.size != 0) std::memcpy(bytes, a.data, a.size);
    buffer = nullptr;
    if (capacity > size) {
      buffer = make<TextBuffer>();
      buffer->capacity = capacity;
    }
  }
  if (b.size != 0) std::memmove(bytes + a.size, b.data, b.size);
  if (buffer != nullptr) buffer->used = size;
  out->data = bytes;
  out->buffer = buffer;
  return Value::text(out);
}

Value Heap::tuple(std::initializer_list<Value> items) {
  const Value out = tuple();
  out.as_items().assign(items);
  return out;
}

Value Heap::function(std::string_view name, NativeCall call, const Value& self) {
  return Value::function(make<Function>(Function{name, call, self}));
}

Value Heap::integer(BigInt number) {
  if (const auto small = number.to_int64()) return Value::integer(*small);
  if (number.bit_length() > BigInt::kMaxBits) {
    fail(fmt::format("an integer of {} bits is too large; at most {} are supported",
                     number.bit_length(), BigInt::kMaxBits));
  }
  big_ints_.push_back(std::move(number));
  return Value::big(&big_ints_.back());
}

std::size_t Text::character_count() const {
  if (length == kUnknown) length = static_cast<std::int64_t>(unicode::length(view()));
  return static_cast<std::size_t>(length);
}

std::int64_t Range::size() const {
  if (step > 0) return start < stop ? (stop - start - 1) / step + 1 : 0;
  return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

}  // namespace forge::jinja
