// The first frame of a connection: connect request and connect response (client-protocol spec 2.1,
// 2.3, 2.7). Pure functions.
#pragma once

#include <optional>
#include <string>

#include "common/proto/responses.h"
#include "server/config/server_config.h"
#include "server/session/session_tracker.h"

namespace okapi {

struct Handshake {
  ConnectRequest request;
  bool read_only = false;
  bool old_client = false;  // sent no readOnly byte and gets none
};

// Nothing if the frame is too short for its fields.
std::optional<Handshake> decode_handshake(ByteView frame);

// The timeout the server grants.
int32_t negotiated_timeout(int32_t wanted_ms, const SessionConfig& config);

// Appends the response frame; a `session` of 0 is a refusal.
void append_connect_response(std::string& out, SessionId session, int32_t timeout_ms,
                             bool old_client, bool read_only, const Secret& secret);

}  // namespace okapi
