#include "server/front/handshake.h"

#include <algorithm>

#include "common/proto/frame.h"

namespace okapi {

std::optional<Handshake> decode_handshake(ByteView frame) {
  jute::InputArchive in(frame);
  Handshake out;
  get(in, out.request);
  if (!in.ok()) return std::nullopt;
  // Compat: old clients leave the byte out (spec 2.1).
  out.old_client = in.rest().empty();
  out.read_only = !out.old_client && in.get_bool();
  return out;
}

int32_t negotiated_timeout(int32_t wanted_ms, const SessionConfig& config) {
  return std::max(config.min_timeout_ms, std::min(wanted_ms, config.max_timeout_ms));
}

void append_connect_response(std::string& out, SessionId session, int32_t timeout_ms,
                             bool old_client, bool read_only, const Secret& secret) {
  SessionPassword password{};
  bool refused = session == SessionId();
  if (!refused) password = password_of(session, secret);
  append_frame(out, [&](jute::OutputArchive& archive) {
    put(archive, ConnectResponse{0, refused ? 0 : timeout_ms, session,
                                 ByteView(password.data(), password.size())});
    if (!old_client) archive.put_bool(read_only);
  });
}

}  // namespace okapi
