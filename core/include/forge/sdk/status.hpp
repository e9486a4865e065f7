// forge/sdk/status.hpp: Status and Result<T>, the way every fallible C++ function here answers.
//
// Header-only and free of dependencies, so that plugins and core share one type. Nothing here
// throws.
#ifndef FORGE_SDK_STATUS_HPP_
#define FORGE_SDK_STATUS_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "forge/abi/status.h"

namespace forge {

// The codes of forge/abi/status.h, which says when to pick which.
enum class Code : std::int32_t {
  kOk = FORGE_OK,
  kCancelled = FORGE_CANCELLED,
  kUnknown = FORGE_UNKNOWN,
  kInvalidArgument = FORGE_INVALID_ARGUMENT,
  kDeadlineExceeded = FORGE_DEADLINE_EXCEEDED,
  kNotFound = FORGE_NOT_FOUND,
  kAlreadyExists = FORGE_ALREADY_EXISTS,
  kPermissionDenied = FORGE_PERMISSION_DENIED,
  kResourceExhausted = FORGE_RESOURCE_EXHAUSTED,
  kFailedPrecondition = FORGE_FAILED_PRECONDITION,
  kAborted = FORGE_ABORTED,
  kOutOfRange = FORGE_OUT_OF_RANGE,
  kUnimplemented = FORGE_UNIMPLEMENTED,
  kInternal = FORGE_INTERNAL,
  kUnavailable = FORGE_UNAVAILABLE,
  kDataLoss = FORGE_DATA_LOSS,
};

// Name of a code as used in logs and JSON: "invalid_argument". Unknown values: "unknown".
constexpr std::string_view code_name(Code code) {
  constexpr std::string_view kNames[] = {"ok",
                                         "cancelled",
                                         "unknown",
                                         "invalid_argument",
                                         "deadline_exceeded",
                                         "not_found",
                                         "already_exists",
                                         "permission_denied",
                                         "resource_exhausted",
                                         "failed_precondition",
                                         "aborted",
                                         "out_of_range",
                                         "unimplemented",
                                         "internal",
                                         "unavailable",
                                         "data_loss"};
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kNames) ? kNames[index] : kNames[FORGE_UNKNOWN];
}

// Success, or a code and a sentence for people. A value type; thread-compatible.
class [[nodiscard]] Status {
 public:
  Status() = default;  // success
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with context in front: "cannot load 'x.gguf': " + message.
  Status with_prefix(std::string_view prefix) && {
    if (!ok()) message_.insert(0, prefix);
    return std::move(*this);
  }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

inline Status cancelled(std::string m) { return {Code::kCancelled, std::move(m)}; }
inline Status invalid_argument(std::string m) { return {Code::kInvalidArgument, std::move(m)}; }
inline Status deadline_exceeded(std::string m) { return {Code::kDeadlineExceeded, std::move(m)}; }
inline Status not_found(std::string m) { return {Code::kNotFound, std::move(m)}; }
inline Status already_exists(std::string m) { return {Code::kAlreadyExists, std::move(m)}; }
inline Status permission_denied(std::string m) { return {Code::kPermissionDenied, std::move(m)}; }
inline Status resource_exhausted(std::string m) { return {Code::kResourceExhausted, std::move(m)}; }
inline Status failed_precondition(std::string m) {
  return {Code::kFailedPrecondition, std::move(m)};
}
inline Status out_of_range(std::string m) { return {Code::kOutOfRange, std::move(m)}; }
inline Status unimplemented(std::string m) { return {Code::kUnimplemented, std::move(m)}; }
inline Status internal_error(std::string m) { return {Code::kInternal, std::move(m)}; }
inline Status unavailable(std::string m) { return {Code::kUnavailable, std::move(m)}; }
inline Status data_loss(std::string m) { return {Code::kDataLoss, std::move(m)}; }

// A T, or the Status that says why there is none. value() and operator* need ok().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    if (status_.ok())
      status_ = internal_error("a Result was made from an ok Status without a value");
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }
  Code code() const { return status_.code(); }

  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace forge

#define FORGE_CONCAT_INNER_(a, b) a##b
#define FORGE_CONCAT_(a, b) FORGE_CONCAT_INNER_(a, b)

// Returns from the enclosing function when `expression` (a Status) is an error.
#define FORGE_TRY(expression)                                                           \
  do {                                                                                  \
    if (::forge::Status forge_try_ = (expression); !forge_try_.ok()) return forge_try_; \
  } while (false)

// FORGE_ASSIGN(auto x, f()): x is the value of the Result f(), or the enclosing function returns
// its Status.
#define FORGE_ASSIGN(declaration, expression) \
  FORGE_ASSIGN_IMPL_(FORGE_CONCAT_(forge_result_, __LINE__), declaration, expression)
#define FORGE_ASSIGN_IMPL_(result, declaration, expression) \
  auto result = (expression);                               \
  if (!result.ok()) return std::move(result).status();      \
  declaration = std::move(result).value()

#endif  // FORGE_SDK_STATUS_HPP_
