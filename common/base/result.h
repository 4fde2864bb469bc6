// What a call that can fail because of the outside world returns. Answers to clients (NoNode…) are
// data, not errors, and do not come through here. Plain values: any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/base/assert.h"

namespace okapi {

enum class ErrorKind {
  kCorrupt,    // bytes that cannot be what they claim to be
  kTruncated,  // bytes end before the record does
  kInvalid,    // a value that is not allowed
  kNotFound,
  kExists,
  kNoSpace,
  kDenied,
  kIo,
  kClosed,
  kBusy,
};

struct Error {
  ErrorKind kind = ErrorKind::kInvalid;
  std::string text;  // names the thing and the place
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return checked(); }
  T&& value() && { return std::move(checked()); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T& operator*() { return checked(); }
  T* operator->() { return &checked(); }
  const Error& error() const {
    OKAPI_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  T& checked() {
    OKAPI_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    OKAPI_ASSERT(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace okapi

// Returns the error of `expr` (a Status or Result) from the enclosing function, if it has one.
#define OKAPI_TRY(expr)                               \
  do {                                                \
    if (auto okapi_try_ = (expr); !okapi_try_.ok()) { \
      return okapi_try_.error();                      \
    }                                                 \
  } while (false)
