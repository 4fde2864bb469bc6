// Local sessions (client-protocol spec 7.6, peer-protocol 10.3): those that only this server knows.
// They are opened, kept alive and ended without a transaction, so neither Prep nor a leader hears
// of them. One that makes an ephemeral node is upgraded: a createSession with its id goes before.
#include "server/session/session_tracker.h"

namespace okapi {

void SessionTracker::open_local(SessionId session, const OpenSession& open, MonoTime now) {
  sessions_[session] = {
      .timeout_ms = open.timeout_ms, .connection = open.connection, .scope = SessionScope::kLocal};
  local_expiry_.touch(session, now, Millis(open.timeout_ms));
  count_.add();
  local_count_.add();
  order(open.connection, AttachResult{open.connection, session, open.timeout_ms, open.timeout_ms});
}

bool SessionTracker::has_scope(SessionId session, SessionScope scope) const {
  auto it = sessions_.find(session);
  return it != sessions_.end() && it->second.scope == scope;
}

void SessionTracker::handle(SessionUpgrading& mail_in, MonoTime now) {
  auto it = sessions_.find(mail_in.session);
  // It may have ended meanwhile: then the transaction makes it anew, and it expires by and by. Or
  // the transaction was faster than this.
  if (it == sessions_.end() || it->second.scope != SessionScope::kLocal) return;
  set_scope(mail_in.session, it->second, SessionScope::kUpgrading, now);
}

// Whoever counts the time of global sessions does it from here on.
void SessionTracker::set_scope(SessionId session, Session& entry, SessionScope scope,
                               MonoTime now) {
  if (entry.scope == SessionScope::kLocal) {
    OKAPI_INFO(log_, "Upgrading session 0x{:x}", static_cast<uint64_t>(session.value()));
    local_count_.add(-1);
    local_expiry_.remove(session);
    if (here()) expiry_.touch(session, now, Millis(entry.timeout_ms));
  }
  entry.scope = scope;
}

void SessionTracker::handle(LocalSessionClosed& closed, MonoTime now) {
  // It may have expired meanwhile.
  if (is_local(closed.session)) forget_local(closed.session, now);
}

void SessionTracker::expire_local(SessionId session, MonoTime now) {
  expired_.add();
  log_expiry(session);
  ConnectionId connection = sessions_.at(session).connection;
  forget_local(session, now);
  if (connection) order(connection, CloseConnection{connection});
}

void SessionTracker::forget_local(SessionId session, MonoTime now) {
  local_expiry_.remove(session);
  sessions_.erase(session);
  count_.add(-1);
  local_count_.add(-1);
  if (waiting_.contains(session)) conclude(session, false, now);
}

}  // namespace okapi
