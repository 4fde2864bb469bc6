// Values as Java prints them, because scripts parse them. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/time.h"

namespace okapi {

// Double.toString: "0.0", "2.6316", "1.0E7".
std::string java_double(double value);

// BigDecimal.setScale(4, HALF_UP) of the exact value.
double rounded_to_4_decimals(double value);

// Lowercase hexadecimal of the bits, without "0x".
std::string hex(int64_t value);

// A time zone as the process sees it; the caller looks it up.
struct TimeZone {
  std::string name = "UTC";
  int32_t offset_s = 0;  // east of Greenwich
};

// Date.toString: "Fri Nov 20 21:55:13 UTC 2026".
std::string java_date(WallTime time, const TimeZone& zone);

// InetSocketAddress.toString of an address without a name: "/10.0.0.1:2181",
// "/[0:0:0:0:0:0:0:1]:2181".
std::string java_socket_address(ByteView ip, int32_t port);

}  // namespace okapi
