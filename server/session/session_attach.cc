// Attach: how a session passes from one connection to the next, on one server or between servers.
#include <utility>

#include "server/session/session_tracker.h"

namespace okapi {

void SessionTracker::handle(AttachSession& mail_in, MonoTime now) {
  if (!admit(mail_in.connection, HandshakeKind::kReattach, now)) return;
  // It may be alive at a quorum that this server does not see: not refused, but sent elsewhere.
  if (options_.tracked == SessionsTracked::kByNobody && sessions_.contains(mail_in.session) &&
      !is_local(mail_in.session)) {
    OKAPI_INFO(log_, "Refusing global session reconnection in RO mode: 0x{:x}",
               static_cast<uint64_t>(mail_in.session.value()));
    order(mail_in.connection, CloseConnection{mail_in.connection});
    return;
  }
  bool right = is_password_of(mail_in.session, options_.secret,
                              ByteView(mail_in.password.data(), mail_in.password.size()));
  // A learner may not have heard of a session that the leader knows.
  if (!right || !(by_leader() || lives(mail_in.session))) {
    refuse(mail_in.connection);
    return;
  }
  if (!has_room(waiting_.size(), mail_in.connection, now)) return;
  claim(mail_in.session, mail_in, now);
}

void SessionTracker::handle(AskSession& ask, MonoTime now) {
  SessionId session = ask.question.session;
  // A local session is its own server's affair.
  if (lives(session) && !is_local(session)) {
    claim(session, ask, now);
  } else {
    deny(session, ask);
  }
}

void SessionTracker::claim(SessionId session, const Claim& newest, MonoTime now) {
  auto [waiting, first] = waiting_.try_emplace(session, Waiting{newest});
  if (!first) {
    // Whoever wins, the old connection is being closed, or the leader asked, already.
    supersede(session, std::exchange(waiting->second.claim, newest));
    return;
  }
  auto known = sessions_.find(session);
  if (known != sessions_.end() && known->second.connection) {
    order(known->second.connection, CloseConnection{known->second.connection});
    return;
  }
  proceed(session, now);
}

// A newer connection of the same client wants it: the older one is closed like any that had the
// session; a refusal would tell it that the session is gone. A learner that hears yes is not the
// owner, so what it then sends has moved.
void SessionTracker::supersede(SessionId session, const Claim& older) {
  if (const auto* attach = std::get_if<AttachSession>(&older)) {
    order(attach->connection, CloseConnection{attach->connection});
  } else {
    to_learners.add({std::get<AskSession>(older).link, session, true});
  }
}

void SessionTracker::handle(ConnectionClosed& closed, MonoTime now) {
  auto it = sessions_.find(closed.session);
  if (it == sessions_.end() || it->second.connection != closed.connection) return;
  it->second.connection = ConnectionId();
  if (waiting_.contains(closed.session)) proceed(closed.session, now);
}

void SessionTracker::proceed(SessionId session, MonoTime now) {
  // SessionCreated goes on: no other server has heard of the session before.
  if (has_scope(session, SessionScope::kUpgrading)) return;
  if (!by_leader() || is_local(session)) {
    conclude(session, lives(session), now);
    return;
  }
  Waiting& waiting = waiting_.at(session);
  waiting.asked = true;
  to_leader.add({session, std::get<AttachSession>(waiting.claim).timeout_ms});
}

// Everything that was committed before the answer is applied: what is not known now has ended.
void SessionTracker::handle(SessionAnswer& answer, MonoTime now) {
  auto it = waiting_.find(answer.session);
  if (it == waiting_.end() || !it->second.asked) return;
  conclude(answer.session, answer.valid && lives(answer.session), now);
}

void SessionTracker::conclude(SessionId session, bool granted, MonoTime now) {
  auto it = waiting_.find(session);
  Claim claim = it->second.claim;
  waiting_.erase(it);
  if (!granted) return deny(session, claim);
  std::visit([&](const auto& kind) { grant(session, kind, now); }, claim);
}

void SessionTracker::grant(SessionId session, const AttachSession& attach, MonoTime now) {
  Session& entry = sessions_.at(session);
  entry.connection = attach.connection;
  AttachResult result{attach.connection, session, attach.timeout_ms};
  if (entry.scope == SessionScope::kLocal) {
    renew(session, attach.timeout_ms, now);
    result.local_timeout_ms = entry.timeout_ms;
  } else if (!by_leader()) {
    renew(session, attach.timeout_ms, now);
    to_prep.add({SessionRequest::Kind::kSetOwner, session, attach.connection, 0});
  }
  order(attach.connection, result);
}

void SessionTracker::grant(SessionId session, const AskSession& ask, MonoTime now) {
  // A learner may say anything (safety X-QUO-09).
  int32_t asked_ms = ask.question.timeout_ms;
  renew(session, asked_ms > 0 ? asked_ms : sessions_.at(session).timeout_ms, now);
  to_prep.add({SessionRequest::Kind::kSetOwner, session, ask.link, 0});
  to_learners.add({ask.link, session, true});
}

void SessionTracker::deny(SessionId session, const Claim& claim) {
  if (const auto* attach = std::get_if<AttachSession>(&claim)) {
    refuse(attach->connection);
  } else {
    to_learners.add({std::get<AskSession>(claim).link, session, false});
  }
}

void SessionTracker::renew(SessionId session, int32_t timeout_ms, MonoTime now) {
  ExpiryQueue& queue = is_local(session) ? local_expiry_ : expiry_;
  queue.remove(session);
  queue.touch(session, now, Millis(timeout_ms));
}

}  // namespace okapi
