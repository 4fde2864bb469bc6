// Which sessions exist, from the view of requests being prepared: ahead of the tree by what is
// proposed and not yet applied. Part of Prep; its thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <set>
#include <utility>

#include "common/base/ids.h"
#include "common/proto/error_code.h"

namespace okapi {

class SessionBook {
 public:
  void add(SessionId session) { sessions_.try_emplace(session); }
  // closeSession was prepared: everything after it is refused.
  void mark_closing(SessionId session) {
    if (auto it = sessions_.find(session); it != sessions_.end()) it->second.closing = true;
  }
  // Whether the session lives and no closeSession of it was prepared.
  bool is_open(SessionId session) const {
    auto it = sessions_.find(session);
    return it != sessions_.end() && !it->second.closing;
  }
  // closeSession was applied.
  void remove(SessionId session) { sessions_.erase(session); }
  // A connection took the session over (re-attach). By then all that the old one had accepted is
  // mailed, but perhaps not seen: it counts until the end of the step after this one.
  void set_owner(SessionId session, ConnectionId owner) {
    auto it = sessions_.find(session);
    if (it == sessions_.end()) return;
    ConnectionId before = std::exchange(it->second.owner, owner);
    if (before && before != owner) leaving_.insert({session, before});
  }
  // Prep went through all mail it had.
  void end_step() { left_ = std::exchange(leaving_, {}); }

  // The session check of every prepared request (client-protocol spec 2.8, 7.2): kOk,
  // kSessionExpired, kUnknownSession, or kSessionMoved, on which the connection is closed without
  // a reply. The first request of an unowned session adopts it.
  ErrorCode check(SessionId session, ConnectionId from) {
    auto it = sessions_.find(session);
    if (it == sessions_.end()) return ErrorCode::kUnknownSession;
    if (it->second.closing) return ErrorCode::kSessionExpired;
    if (!it->second.owner) it->second.owner = from;
    if (it->second.owner == from) return ErrorCode::kOk;
    bool was_owner = leaving_.contains({session, from}) || left_.contains({session, from});
    return was_owner ? ErrorCode::kOk : ErrorCode::kSessionMoved;
  }

  size_t size() const { return sessions_.size(); }

 private:
  struct Entry {
    ConnectionId owner;
    bool closing = false;
  };
  boost::unordered_flat_map<SessionId, Entry, std::hash<SessionId>> sessions_;
  // Owners that were replaced in this step, and in the one before.
  std::set<std::pair<SessionId, ConnectionId>> leaving_, left_;
};

}  // namespace okapi
