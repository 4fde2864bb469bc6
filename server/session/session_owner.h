// Who speaks for a session: a connection of this server, or the link of the learner that the client
// is connected to. A plain value.
#pragma once

#include "common/base/ids.h"

namespace okapi {

class SessionOwner {
 public:
  constexpr SessionOwner() = default;  // nobody
  // Both are owners as they stand: no need to say so at each call.
  constexpr SessionOwner(ConnectionId connection) : connection_(connection) {}
  constexpr SessionOwner(LinkId link) : link_(link) {}

  // 0 if it is not a connection of this server.
  constexpr ConnectionId connection() const { return connection_; }
  constexpr bool is_learner() const { return link_ != LinkId(); }
  constexpr explicit operator bool() const { return connection_ || is_learner(); }
  friend constexpr bool operator==(SessionOwner, SessionOwner) = default;

 private:
  ConnectionId connection_;
  LinkId link_;
};

}  // namespace okapi
