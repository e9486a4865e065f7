// core/text/jinja/heap.hpp: the memory of one rendering.
//
// Objects are only ever added; all memory goes when the Heap goes. Objects' destructors do not
// run, so they must own nothing but memory of resource(). Used by one thread.
#ifndef FORGE_CORE_TEXT_JINJA_HEAP_HPP_
#define FORGE_CORE_TEXT_JINJA_HEAP_HPP_

#include <cstddef>
#include <deque>
#include <memory_resource>
#include <new>
#include <string_view>
#include <utility>

#include "core/text/jinja/dict.hpp"
#include "core/text/jinja/value.hpp"

namespace forge::jinja {

class Heap {
 public:
  // Asking for more than `limit` bytes in all throws Error (kLimit).
  explicit Heap(std::size_t limit) : counted_(limit), memory_(&counted_) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  std::pmr::memory_resource* resource() { return &memory_; }

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    return new (memory_.allocate(sizeof(T), alignof(T))) T(std::forward<Arguments>(arguments)...);
  }
  template <class T>
  T* array(std::size_t count) {
    T* first = static_cast<T*>(memory_.allocate(sizeof(T) * count, alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (first + i) T();
    return first;
  }

  // A text: a copy, or a reference to bytes that outlive the rendering.
  Value text(std::string_view bytes, bool markup = false);
  Value borrow(std::string_view bytes, bool markup = false);
  // Part of a text, sharing its bytes.
  Value slice(const Text& text, std::size_t offset, std::size_t size);
  // a + b. A text that is extended again and again grows in place, in linear time altogether.
  Value concatenate(const Text& a, const Text& b, bool markup);

  Value list() { return Value::list(make<Sequence>(resource())); }
  Value tuple() { return Value::tuple(make<Sequence>(resource())); }
  Value tuple(std::initializer_list<Value> items);
  Value dict() { return Value::dict(make<Dict>(resource())); }
  Value function(std::string_view name, NativeCall call, const Value& self);
  Value iterator(Iterator* iterator) { return Value::iterator(iterator); }
  // The smallest form of a whole number.
  Value integer(BigInt number);

 private:
  // Hands out memory of the process until the limit is reached.
  class CountedMemory : public std::pmr::memory_resource {
   public:
    explicit CountedMemory(std::size_t limit) : left_(limit), limit_(limit) {}

   private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
      return this == &other;
    }
    std::size_t left_;
    std::size_t limit_;
  };

  CountedMemory counted_;
  std::pmr::monotonic_buffer_resource memory_;
  std::deque<BigInt> big_ints_;  // the one kind of object that owns memory elsewhere
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_HEAP_HPP_
