// What a ClientSession hands to its owner: one reply, one watch event or one change of state. A
// small value with views; nothing is allocated for it.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/proto/error_code.h"
#include "common/proto/op_code.h"
#include "common/proto/responses.h"

namespace okapi {

struct Delivery {
  enum class Kind : uint8_t {
    kReply,       // op, xid, tag, zxid, err, body
    kLost,        // op, xid, tag: the connection went before the reply, the outcome is unknown
    kEvent,       // zxid, event, path
    kConnected,   // the handshake is done; the session says id, timeout and readOnly
    kExpired,     // the server refused the session; its requests follow as kLost
    kAuthFailed,  // tag: credentials refused, the session is of no more use
    kClosed,      // tag: reply to close(); the server hangs up now
    kBroken,      // the server broke the protocol, `path` says how: hang up
  };

  Kind kind = Kind::kReply;
  EventType event = EventType::kNodeCreated;
  OpCode op = OpCode::kError;
  int32_t xid = 0;
  ErrorCode err = ErrorCode::kOk;
  uint64_t tag = 0;  // what the caller gave with the request
  Zxid zxid{};
  ByteView body{};  // the record after the reply header, of the type client-protocol 3.1 names
  ByteView path{};
};

}  // namespace okapi
