// Which sessions exist, from the view of requests being prepared: ahead of the tree by what is
// proposed and not yet applied. Part of Prep; its thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "common/proto/error_code.h"
#include "server/session/session_owner.h"

namespace okapi {

class SessionBook {
 public:
  void add(SessionId session) { sessions_.try_emplace(session); }
  bool contains(SessionId session) const { return sessions_.contains(session); }
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
  // A connection or a learner took the session over (re-attach): whatever comes from the old one
  // behind this has moved.
  void set_owner(SessionId session, SessionOwner owner) {
    if (auto it = sessions_.find(session); it != sessions_.end()) it->second.owner = owner;
  }

  // The session check of every prepared request (client-protocol spec 2.8, 7.2): kOk,
  // kSessionExpired, kUnknownSession, or kSessionMoved, on which the connection is closed without
  // a reply. The first request of an unowned session adopts it.
  ErrorCode check(SessionId session, SessionOwner from) {
    auto it = sessions_.find(session);
    if (it == sessions_.end()) return ErrorCode::kUnknownSession;
    if (it->second.closing) return ErrorCode::kSessionExpired;
    if (!it->second.owner) it->second.owner = from;
    return it->second.owner == from ? ErrorCode::kOk : ErrorCode::kSessionMoved;
  }

  size_t size() const { return sessions_.size(); }

 private:
  struct Entry {
    SessionOwner owner;
    bool closing = false;
  };
  boost::unordered_flat_map<SessionId, Entry, std::hash<SessionId>> sessions_;
};

}  // namespace okapi
