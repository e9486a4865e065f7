// core/text/jinja/evaluator_scope.hpp: the evaluator's guards, which restore its state.
#ifndef FORGE_CORE_TEXT_JINJA_EVALUATOR_SCOPE_HPP_
#define FORGE_CORE_TEXT_JINJA_EVALUATOR_SCOPE_HPP_

#include <string>
#include <utility>

#include "core/text/jinja/evaluator.hpp"

namespace forge::jinja {

// Makes a frame the current one.
class Evaluator::Scope {
 public:
  Scope(Evaluator& evaluator, Frame* frame)
      : evaluator_(evaluator), old_(std::exchange(evaluator.frame_, frame)) {}
  ~Scope() { evaluator_.frame_ = old_; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Evaluator& evaluator_;
  Frame* old_;
};

// Collects what is printed instead of printing it.
class Evaluator::Capture {
 public:
  explicit Capture(Evaluator& evaluator)
      : evaluator_(evaluator), old_(std::exchange(evaluator.out_, &buffer_)) {}
  ~Capture() {
    evaluator_.out_ = old_;
    evaluator_.written_ -= buffer_.size();
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  Value text() { return evaluator_.heap.text(buffer_); }

 private:
  Evaluator& evaluator_;
  std::string buffer_;
  std::string* old_;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_EVALUATOR_SCOPE_HPP_
