// Hosts that are written as numbers. The reference resolves every host at once and then prints and
// compares the address, so ours are brought to its form when they are read; names stay as they are
// and are looked up later. Pure, any thread.
#pragma once

#include <string>

#include "common/base/bytes.h"

namespace okapi {

// As InetAddress prints it: "::1" is "0:0:0:0:0:0:0:1", an IPv4 address in IPv6 dress is itself,
// an empty host is "localhost". Anything else is a name and comes back unchanged.
std::string java_host_text(ByteView host);

// Addresses that are "any": "0.0.0.0" and "::", in every spelling; the empty host of a listener
// too.
bool is_wildcard_host(ByteView host);
// 127.0.0.0/8, ::1 and "localhost".
bool is_loopback_host(ByteView host);

}  // namespace okapi
