// The stage that knows every live session of this server: makes ids, binds sessions to connections,
// checks re-attaches, and expires (client-protocol spec 2.5 to 2.7, 7). It does no disk and owns no
// socket, so any thread may take its turn.
//
// Attach order, so that two connections of one session never race: password first, then the old
// connection is closed and its worker confirms that all it had accepted is mailed on; then Prep is
// told the new owner; only then the new connection hears that it may go on.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/env/mailbox.h"
#include "common/env/stage.h"
#include "server/session/connection_throttle.h"
#include "server/session/expiry_queue.h"
#include "server/session/session_id.h"

namespace okapi {

// Mail to the tracker.
struct OpenSession {  // a handshake with session id 0
  ConnectionId connection;
  int32_t timeout_ms = 0;  // negotiated
};
struct AttachSession {  // a handshake that names a session
  ConnectionId connection;
  SessionId session;
  SessionPassword password{};  // all zero if it had another length
  int32_t timeout_ms = 0;
};
struct Touch {
  SessionId session;
  MonoTime at;
  int32_t timeout_ms = 0;
};
struct Touches {
  uint8_t worker = 0;
  bool answer = false;  // to AskTouches: everything this worker knew is in
  std::vector<Touch> touches;
};
struct ConnectionClosed {  // a connection with a session ended; also the answer to CloseConnection
  ConnectionId connection;
  SessionId session;
};
// From CommitProcessor: what the tree now says.
struct SessionCreated {
  SessionId session;
  int32_t timeout_ms = 0;
};
struct SessionClosed {
  SessionId session;
};
struct AskSessions {  // from Admin, for `dump` and `mntr`
  uint64_t ticket = 0;
};
using SessionMail = std::variant<OpenSession, AttachSession, Touches, ConnectionClosed,
                                 SessionCreated, SessionClosed, AskSessions>;

// What the tracker wants ordered: turned into requests by CommitProcessor (who will answer the
// client) and Prep.
struct SessionRequest {
  enum class Kind { kCreate, kClose, kSetOwner, kForget };
  Kind kind = Kind::kCreate;
  SessionId session;
  ConnectionId connection;  // kCreate: who waits for the answer; kSetOwner: the new owner
  int32_t timeout_ms = 0;
};

// Mail to a worker.
struct AttachResult {
  ConnectionId connection;
  SessionId session;  // 0 = refused
  int32_t timeout_ms = 0;
};
struct CloseConnection {  // the session is taken over or gone; confirm with ConnectionClosed
  ConnectionId connection;
};
struct AskTouches {};
using SessionOrder = std::variant<AttachResult, CloseConnection, AskTouches>;

// Answer to AskSessions.
struct SessionsAnswer {
  uint64_t ticket = 0;
  MonoTime now;
  std::vector<std::pair<MonoTime, std::vector<SessionId>>> buckets;
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
  };
  SessionTracker(const Options& options, const Logger& log);

  // Before the first step: sessions that recovery found; each gets its whole timeout from `now`.
  void track(SessionId session, int32_t timeout_ms, MonoTime now);

  Mailbox<SessionMail> mail;
  Sink<SessionRequest> to_commit, to_prep;
  std::vector<Sink<SessionOrder>> to_workers;
  Sink<SessionsAnswer> to_admin;

  void step(Turn& turn) override;
  // Sessions alive now. Any thread.
  int64_t session_count() const { return count_.get(); }
  const Counter& expired() const { return expired_; }
  const Counter& throttled() const { return throttled_; }
  ConnectionThrottle& throttle() { return throttle_; }

 private:
  struct Session {
    int32_t timeout_ms = 0;
    ConnectionId connection;
    bool closing = false;
    std::unique_ptr<AttachSession> waiting;  // an attach that waits for the old connection
  };
  using Sessions = boost::unordered_flat_map<SessionId, Session, std::hash<SessionId>>;

  void handle(OpenSession& mail, MonoTime now);
  void handle(AttachSession& mail, MonoTime now);
  void handle(Touches& mail, MonoTime now);
  void handle(ConnectionClosed& mail, MonoTime now);
  void handle(SessionCreated& mail, MonoTime now);
  void handle(SessionClosed& mail, MonoTime now);
  void handle(AskSessions& mail, MonoTime now);
  void attach(Session& session, const AttachSession& mail, MonoTime now);
  // False: the connection is closed without an answer.
  bool admit(ConnectionId connection, bool reattach, MonoTime now);
  bool has_room(ConnectionId connection, MonoTime now);
  void refuse(ConnectionId connection);
  void order(ConnectionId connection, SessionOrder what);
  void expire(MonoTime now);
  void flush();

  const Options options_;
  const Logger& log_;
  ConnectionThrottle throttle_;
  ExpiryQueue expiry_;
  Sessions sessions_;
  SessionId next_id_;
  size_t answers_missing_ = 0;  // workers that were asked for touches and have not answered
  MonoTime asked_for_{};        // buckets up to here wait for these answers
  std::vector<SessionMail> inbox_;
  Counter count_, expired_, throttled_;
  LogLimiter throttled_log_, full_log_;
};

}  // namespace okapi
