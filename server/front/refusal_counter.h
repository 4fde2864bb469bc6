// Who guesses session ids, passwords or credentials (safety L-14, L-15): refusals by address, in
// minutes that begin with the first one. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/base/time.h"

namespace okapi {

class RefusalCounter {
 public:
  explicit RefusalCounter(int32_t per_minute_max) : per_minute_max_(per_minute_max) {}

  // One more handshake or authentication from `ip` was refused.
  void note(const std::string& ip, MonoTime now);
  // Whether more of this minute were refused than may be.
  bool is_over(const std::string& ip, MonoTime now);

  // Of addresses; further ones of the same minute are not counted.
  static constexpr size_t kAddressesMax = 65'536;

 private:
  void begin_minute(MonoTime now);

  const int32_t per_minute_max_;
  MonoTime ends_{};
  std::map<std::string, int32_t> counts_;
};

}  // namespace okapi
