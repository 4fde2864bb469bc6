// How session ids and their passwords are made (client-protocol spec 2.5). Pure functions.
#pragma once

#include <array>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "server/config/secret.h"

namespace okapi {

inline constexpr size_t kPasswordBytes = 16;
using SessionPassword = std::array<char, kPasswordBytes>;

// The first id of a server's life; the following ones count up. High byte = server id, then 40 bits
// of a millisecond clock.
SessionId first_session_id(ServerId server, int64_t clock_ms);

// The high byte: which server made it.
constexpr uint8_t server_of(SessionId session) {
  return static_cast<uint8_t>(static_cast<uint64_t>(session.value()) >> 56);
}

// Computed from the id. Compat: by the published constant, so that a session can move between our
// servers and Java's; with a `secret` (key sessionSecret) by that, and nobody can guess it.
SessionPassword password_of(SessionId session, const Secret& secret);

// Whether `given` is the session's password, in time that does not depend on where they differ.
bool is_password_of(SessionId session, const Secret& secret, NullableView given);

}  // namespace okapi
