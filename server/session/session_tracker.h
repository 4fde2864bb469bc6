// The stage that knows every live session: makes ids, binds sessions to connections, checks
// re-attaches, and expires, or leaves both to the leader (client-protocol spec 2.5 to 2.7, 7;
// peer-protocol 10.2). A local session is one that no transaction created: it lives and ends with
// this tracker. It does no disk and owns no socket, so any thread may take its turn.
//
// Attach order, so that two connections of one session never race: password first, then the old
// connection is closed and its worker confirms that all it had accepted is mailed on; then Prep is
// told the new owner; only then the new connection hears that it may go on. On a learner the leader
// is asked in Prep's place. A learner that asks its leader is a connection like any other.
#pragma once

#include <variant>
#include <vector>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/env/mailbox.h"
#include "common/env/stage.h"
#include "server/session/connection_throttle.h"
#include "server/session/expiry_queue.h"
#include "server/session/session_mail.h"

namespace okapi {

// Whose leases count: role_plan's row says which.
enum class SessionsTracked {
  kHere,      // standalone, leader: touches move deadlines, what falls is closed
  kByLeader,  // learner: it is asked about each attach and told of touches; nothing expires here
  kByNobody,  // read-only: they wait for a quorum
};

// Who knows a session.
enum class SessionScope {
  kGlobal,     // every server: a transaction created it
  kLocal,      // this one
  kUpgrading,  // this one, until the transaction that is under way is applied
};

class SessionTracker final : public Stage {
 public:
  struct Options {
    Millis tick;
    ServerId server;
    size_t workers = 1;
    int64_t sessions_max = Limits{}.sessions_max;
    ConnectionThrottleConfig throttle = {};
    uint64_t seed = 0;
    Secret secret = {};  // of passwords; empty = the reference's constant
    SessionsTracked tracked = SessionsTracked::kHere;  // those that transactions created
    bool local = false;                                // new ones are known here only
  };
  SessionTracker(const Options& options, const Logger& log);

  // Before the first step: the sessions of the table; each gets its whole timeout from `now`.
  void track(SessionId session, int32_t timeout_ms, MonoTime now);

  Mailbox<SessionMail> mail;
  // to_prep: where the role's writes go, so on a learner to the leader.
  Sink<SessionRequest> to_commit, to_prep;
  Sink<SessionVerdict> to_learners;  // leader
  Sink<Revalidation> to_leader;      // learner; it answers with SessionAnswer
  Sink<SessionTouch> touched;        // learner: for the answers to PING
  std::vector<Sink<SessionOrder>> to_workers;
  Sink<SessionsAnswer> to_admin;

  void step(Turn& turn) override;
  // Sessions alive now, and those of them that are local. Any thread.
  int64_t session_count() const { return count_.get(); }
  int64_t local_count() const { return local_count_.get(); }
  const Counter& expired() const { return expired_; }
  const Counter& throttled() const { return throttled_; }
  ConnectionThrottle& throttle() { return throttle_; }

 private:
  struct Session {
    int32_t timeout_ms = 0;
    ConnectionId connection;
    bool closing = false;
    SessionScope scope = SessionScope::kGlobal;
  };
  using Sessions = boost::unordered_flat_map<SessionId, Session, std::hash<SessionId>>;
  // Who wants a session: a client of ours, or a learner for one of its.
  using Claim = std::variant<AttachSession, AskSession>;
  struct Waiting {  // for the old connection to end, then perhaps for the leader
    Claim claim;
    bool asked = false;
  };

  void handle(OpenSession& mail, MonoTime now);
  void handle(AttachSession& mail, MonoTime now);
  void handle(Touches& mail, MonoTime now);
  void handle(ConnectionClosed& mail, MonoTime now);
  void handle(SessionUpgrading& mail, MonoTime now);
  void handle(LocalSessionClosed& mail, MonoTime now);
  void handle(SessionCreated& mail, MonoTime now);
  void handle(SessionClosed& mail, MonoTime now);
  void handle(AskSessions& mail, MonoTime now);
  void handle(AskSession& mail, MonoTime now);
  void handle(TouchSessions& mail, MonoTime now);
  void handle(SessionAnswer& mail, MonoTime now);

  // session_attach.cc
  void claim(SessionId session, const Claim& claim, MonoTime now);
  void supersede(SessionId session, const Claim& older);
  // No connection here has the session any more.
  void proceed(SessionId session, MonoTime now);
  // Grants the session to whoever waits for it, or not.
  void conclude(SessionId session, bool granted, MonoTime now);
  void grant(SessionId session, const AttachSession& mail, MonoTime now);
  void grant(SessionId session, const AskSession& mail, MonoTime now);
  void deny(SessionId session, const Claim& claim);
  // The new timeout counts from here on, be it shorter.
  void renew(SessionId session, int32_t timeout_ms, MonoTime now);

  // local_sessions.cc
  void open_local(SessionId session, const OpenSession& open, MonoTime now);
  bool is_local(SessionId session) const { return has_scope(session, SessionScope::kLocal); }
  bool has_scope(SessionId session, SessionScope scope) const;
  void set_scope(SessionId session, Session& entry, SessionScope scope, MonoTime now);
  void expire_local(SessionId session, MonoTime now);
  void forget_local(SessionId session, MonoTime now);

  bool here() const { return options_.tracked == SessionsTracked::kHere; }
  bool by_leader() const { return options_.tracked == SessionsTracked::kByLeader; }
  bool lives(SessionId session) const;
  // False: the connection is closed without an answer.
  bool admit(ConnectionId connection, HandshakeKind kind, MonoTime now);
  bool has_room(size_t taken, ConnectionId connection, MonoTime now);
  void refuse(ConnectionId connection);
  void order(ConnectionId connection, SessionOrder what);
  // When the next bucket falls.
  std::optional<MonoTime> next_deadline() const;
  void expire(MonoTime now);
  void log_expiry(SessionId session) const;
  void flush();

  const Options options_;
  const Logger& log_;
  ConnectionThrottle throttle_;
  ExpiryQueue expiry_, local_expiry_;
  Sessions sessions_;
  boost::unordered_flat_map<SessionId, Waiting, std::hash<SessionId>> waiting_;
  SessionId next_id_;
  size_t answers_missing_ = 0;  // workers that were asked for touches and have not answered
  MonoTime asked_for_{};        // buckets up to here wait for these answers
  std::vector<SessionMail> inbox_;
  Counter count_, local_count_, expired_, throttled_;
  LogLimiter throttled_log_, full_log_;
};

}  // namespace okapi
