// Reads the frames that come over one client's connections beside the client library, and checks
// what holds frame by frame, on the wire itself (architecture O3 and O7, safety G06, INV-D8): reply
// zxids never fall over the life of a session; events come in zxid order and before any reply that
// could reflect their change. One client's stage.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/proto/responses.h"

namespace okapi::sim {

struct TappedFrame {
  ReplyHeader header;
  std::string body;
  bool connect = false;  // the answer to the handshake: no header
  ConnectResponse connect_response;
  int32_t event_type = 0;  // of a notification
  std::string event_path;
};

class WireTap {
 public:
  // A new connection of the same session, or of a new one.
  void connected(bool same_session);
  // Hands each whole frame to `take`; the text of the first broken rule, if there is one.
  std::optional<std::string> receive(ByteView bytes,
                                     const std::function<void(const TappedFrame&)>& take);

 private:
  std::optional<std::string> check(const TappedFrame& frame);
  std::optional<std::string> check_event(const TappedFrame& frame);

  std::string partial_;
  bool handshake_done_ = false;
  Zxid session_highest_{};  // stamp of any reply of the session
  Zxid last_reply_{};       // on this connection
  Zxid last_event_{};
};

}  // namespace okapi::sim
