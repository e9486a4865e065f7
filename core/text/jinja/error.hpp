// core/text/jinja/error.hpp: how the parts of the interpreter report a template's errors.
//
// Internal: an Error is thrown inside this folder and becomes a Status in Template's functions.
#ifndef FORGE_CORE_TEXT_JINJA_ERROR_HPP_
#define FORGE_CORE_TEXT_JINJA_ERROR_HPP_

#include <cstddef>
#include <exception>
#include <string>
#include <utility>

namespace forge::jinja {

class Error : public std::exception {
 public:
  enum class Kind {
    kTemplate,  // the template cannot be parsed, or does something that its values do not allow
    kLimit,     // it costs more than Limits
  };
  static constexpr std::size_t kNoOffset = static_cast<std::size_t>(-1);

  Error(Kind kind, std::string message, std::size_t offset = kNoOffset)
      : kind_(kind), message_(std::move(message)), offset_(offset) {}

  const char* what() const noexcept override { return message_.c_str(); }
  Kind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  // Where in the source; kNoOffset when the thrower did not know.
  std::size_t offset() const { return offset_; }

 private:
  Kind kind_;
  std::string message_;
  std::size_t offset_;
};

[[noreturn]] inline void fail(std::string message, std::size_t offset = Error::kNoOffset) {
  throw Error(Error::Kind::kTemplate, std::move(message), offset);
}

[[noreturn]] inline void fail_limit(std::string message, std::size_t offset = Error::kNoOffset) {
  throw Error(Error::Kind::kLimit, std::move(message), offset);
}

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_ERROR_HPP_
