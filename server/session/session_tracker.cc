#include "server/session/session_tracker.h"

#include <algorithm>

namespace okapi {
namespace {

SessionsAnswer::Buckets sorted_buckets(const ExpiryQueue& queue) {
  SessionsAnswer::Buckets out;
  for (const auto& [deadline, bucket] : queue.buckets()) {
    std::vector<SessionId> sorted(bucket.begin(), bucket.end());
    std::sort(sorted.begin(), sorted.end());
    out.emplace_back(deadline, std::move(sorted));
  }
  return out;
}

}  // namespace

SessionTracker::SessionTracker(const Options& options, const Logger& log)
    : options_(options),
      log_(log),
      throttle_(options.throttle, options.seed),
      expiry_(options.tick),
      local_expiry_(options.tick) {
  to_workers.resize(options.workers);
}

void SessionTracker::track(SessionId session, int32_t timeout_ms, MonoTime now) {
  Session& entry = sessions_[session];
  entry.timeout_ms = timeout_ms;
  if (here()) expiry_.touch(session, now, Millis(timeout_ms));
  count_.add();
}

void SessionTracker::step(Turn& turn) {
  MonoTime now = turn.now();
  inbox_.clear();
  mail.drain(inbox_);
  for (SessionMail& item : inbox_) {
    std::visit([&](auto& kind) { handle(kind, now); }, item);
  }
  expire(now);
  if (answers_missing_ == 0 && next_deadline().has_value()) turn.wake_at(*next_deadline());
  flush();
}

bool SessionTracker::admit(ConnectionId connection, HandshakeKind kind, MonoTime now) {
  if (throttle_.admit(kind, now)) return true;
  throttled_.add();
  int64_t suppressed = 0;
  if (throttled_log_.allow(now, suppressed)) {
    OKAPI_WARN(log_, "Connection throttle: out of tokens, connection closed ({} more like this)",
               suppressed);
  }
  order(connection, CloseConnection{connection});
  return false;
}

bool SessionTracker::has_room(size_t taken, ConnectionId connection, MonoTime now) {
  if (static_cast<int64_t>(taken) < options_.sessions_max) return true;
  throttled_.add();
  int64_t suppressed = 0;
  if (full_log_.allow(now, suppressed)) {
    OKAPI_WARN(log_, "{} sessions, which is the bound: connection closed ({} more like this)",
               taken, suppressed);
  }
  order(connection, CloseConnection{connection});
  return false;
}

void SessionTracker::handle(OpenSession& open, MonoTime now) {
  HandshakeKind kind = options_.local ? HandshakeKind::kLocal : HandshakeKind::kGlobal;
  if (!admit(open.connection, kind, now)) return;
  if (!has_room(sessions_.size(), open.connection, now)) return;
  if (next_id_.value() == 0) next_id_ = first_session_id(options_.server, to_ms(now));
  // After the machine's start the clock begins anew: recovered sessions may have ids ahead of it.
  while (sessions_.contains(next_id_)) next_id_ = SessionId(next_id_.value() + 1);
  SessionId session = next_id_;
  next_id_ = SessionId(next_id_.value() + 1);
  if (options_.local) return open_local(session, open, now);
  track(session, open.timeout_ms, now);
  sessions_.at(session).connection = open.connection;
  SessionRequest request{SessionRequest::Kind::kCreate, session, open.connection, open.timeout_ms};
  to_commit.add(request);
  to_prep.add(request);
}

void SessionTracker::handle(Touches& mail_in, MonoTime) {
  for (const Touch& touch : mail_in.touches) {
    if (!lives(touch.session)) continue;
    if (is_local(touch.session)) {
      local_expiry_.touch(touch.session, touch.at, Millis(touch.timeout_ms));
    } else if (by_leader()) {
      touched.add({touch.session, touch.timeout_ms});
    } else {
      expiry_.touch(touch.session, touch.at, Millis(touch.timeout_ms));
    }
  }
  if (mail_in.answer && answers_missing_ > 0) --answers_missing_;
}

// Counted from here on: how long they were under way nobody can tell.
void SessionTracker::handle(TouchSessions& told, MonoTime now) {
  for (const SessionTouch& touch : told.touches) {
    if (!lives(touch.session) || is_local(touch.session)) continue;
    expiry_.touch(touch.session, now, Millis(touch.timeout_ms));
  }
}

void SessionTracker::handle(SessionCreated& created, MonoTime now) {
  auto it = sessions_.find(created.session);
  // Known already unless another server of the ensemble made it.
  if (it == sessions_.end()) {
    track(created.session, created.timeout_ms, now);
    // A leader hears of a learner's session from Prep first, and once more when it is applied:
    // until then its Selectors would take the session for one that has ended.
    if (here()) sessions_.at(created.session).scope = SessionScope::kUpgrading;
    return;
  }
  Session& entry = it->second;
  if (entry.scope == SessionScope::kGlobal) return;
  set_scope(created.session, entry, SessionScope::kGlobal, now);
  // Those who want it have waited for this.
  if (waiting_.contains(created.session) && !entry.connection) proceed(created.session, now);
}

void SessionTracker::handle(SessionClosed& closed, MonoTime now) {
  auto it = sessions_.find(closed.session);
  if (it == sessions_.end()) return;
  if (it->second.scope == SessionScope::kLocal) local_count_.add(-1);
  local_expiry_.remove(closed.session);
  sessions_.erase(it);
  count_.add(-1);
  if (waiting_.contains(closed.session)) conclude(closed.session, false, now);
  if (!here()) return;
  to_prep.add({SessionRequest::Kind::kForget, closed.session, SessionOwner(), 0});
  expiry_.remove(closed.session);
}

void SessionTracker::handle(AskSessions& ask, MonoTime now) {
  SessionsAnswer answer{ask.ticket, now, {}, {}};
  if (here()) answer.global = sorted_buckets(expiry_);
  if (options_.local) answer.local = sorted_buckets(local_expiry_);
  to_admin.add(std::move(answer));
}

// Before a bucket falls the workers are asked once for touches that they still keep, so that no
// session expires for a message that was under way.
void SessionTracker::expire(MonoTime now) {
  if (answers_missing_ > 0) return;
  if (asked_for_ != MonoTime()) {
    for (SessionId session : expiry_.take_expired(asked_for_)) {
      Session& entry = sessions_.at(session);
      entry.closing = true;
      expired_.add();
      log_expiry(session);
      to_prep.add({SessionRequest::Kind::kClose, session, SessionOwner(), 0});
    }
    for (SessionId session : local_expiry_.take_expired(asked_for_)) expire_local(session, now);
    asked_for_ = MonoTime();
  }
  if (!expiry_.due(now) && !local_expiry_.due(now)) return;
  asked_for_ = now;
  answers_missing_ = to_workers.size();
  for (auto& worker : to_workers) worker.add(AskTouches{});
}

std::optional<MonoTime> SessionTracker::next_deadline() const {
  std::optional<MonoTime> global = expiry_.next(), local = local_expiry_.next();
  return global.has_value() && local.has_value() ? std::min(global, local)
                                                 : (global.has_value() ? global : local);
}

void SessionTracker::log_expiry(SessionId session) const {
  OKAPI_INFO(log_, "Expiring session 0x{:x}, timeout of {}ms exceeded",
             static_cast<uint64_t>(session.value()), sessions_.at(session).timeout_ms);
}

bool SessionTracker::lives(SessionId session) const {
  auto it = sessions_.find(session);
  return it != sessions_.end() && !it->second.closing;
}

void SessionTracker::refuse(ConnectionId connection) {
  order(connection, AttachResult{connection, SessionId(), 0});
}

void SessionTracker::order(ConnectionId connection, SessionOrder what) {
  to_workers[connection.worker()].add(std::move(what));
}

void SessionTracker::flush() {
  // Pending at CommitProcessor before Prep hears of it (O5); the owner is known to Prep before the
  // new connection, or the learner, may send.
  to_commit.flush();
  to_prep.flush();
  to_learners.flush();
  to_leader.flush();
  touched.flush();
  for (auto& worker : to_workers) worker.flush();
  to_admin.flush();
}

}  // namespace okapi
