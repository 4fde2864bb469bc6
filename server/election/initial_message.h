// What a dialler says first on an election connection: who it is and where it listens
// (peer-protocol spec 1.2, safety X-ELE-02, 03, 06). Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/proto/host_port.h"

namespace okapi {

struct InitialMessage {
  ServerId sid;
  // Where the dialler says it can be dialled; wildcard addresses are left out. May be empty.
  std::vector<HostPort> addresses;
  // How many bytes of the input it took.
  size_t bytes = 0;
};

// The longest there is: version, id, length, 2048 bytes of addresses.
constexpr size_t kInitialMessageBytesMax = 20 + 2048;
// More in one message are refused.
constexpr size_t kInitialAddressesMax = 32;

// Reads the beginning of what an inbound connection sent; nothing while it is not complete. An
// error means: close. Bytes behind the message are left alone.
Result<std::optional<InitialMessage>> parse_initial_message(ByteView input);

// The newer form with all addresses if `multi_address`, else the older one with the first.
std::string encode_initial_message(ServerId self, const std::vector<HostPort>& addresses,
                                   bool multi_address);

}  // namespace okapi
