// A host as written and a port: of a connect string, of a server line. Plain value, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace okapi {

struct HostPort {
  std::string host;   // empty = any address; IPv6 without brackets
  uint16_t port = 0;  // to listen on: 0 = chosen by the system
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

}  // namespace okapi
