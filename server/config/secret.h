// A value that no message may show (safety S-08). It has no conversion to text and no stream or
// format operator, so it cannot reach a log line by accident. Plain value: any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/base/bytes.h"

namespace okapi {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  bool empty() const { return value_.empty(); }
  // The value itself, for the one place that needs it; never for a message.
  ByteView reveal() const { return value_; }

 private:
  std::string value_;
};

// What stands for a secret wherever settings are shown.
inline constexpr std::string_view kHiddenValue = "********";

// Whether the value of a key or property of this name is to be hidden: its name holds "password",
// "secret" or "digest" in any case, and its value is not a mere switch or algorithm name.
bool is_secret_name(std::string_view name);

}  // namespace okapi
