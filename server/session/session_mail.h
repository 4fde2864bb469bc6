// What SessionTracker is told and tells. Plain values.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "common/proto/learner_info.h"
#include "server/session/session_id.h"
#include "server/session/session_owner.h"

namespace okapi {

// --- to the tracker ---

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
// From the worker that has its client, behind the createSession that it sent.
struct SessionUpgrading {
  SessionId session;
};
struct LocalSessionClosed {  // by its client; no transaction tells of it
  SessionId session;
};
// From CommitProcessor: what the tree now says. Of a session that a learner asks for also from
// Prep, as the learner's client may hear of it before the tree here does.
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
// AskSession and TouchSessions come from learners, SessionAnswer from the leader, and that in its
// place among the commits.
using SessionMail =
    std::variant<OpenSession, AttachSession, Touches, ConnectionClosed, SessionUpgrading,
                 LocalSessionClosed, SessionCreated, SessionClosed, AskSessions, AskSession,
                 TouchSessions, SessionAnswer>;

// --- from the tracker ---

// What it wants ordered: turned into requests by CommitProcessor (who will answer the client) and
// Prep. On a learner kCreate alone, which goes to the leader.
struct SessionRequest {
  enum class Kind { kCreate, kClose, kSetOwner, kForget };
  Kind kind = Kind::kCreate;
  SessionId session;
  SessionOwner owner;  // kCreate: who waits for the answer; kSetOwner: the new owner
  int32_t timeout_ms = 0;
};

// Mail to a worker.
struct AttachResult {
  ConnectionId connection;
  SessionId session;  // 0 = refused
  int32_t timeout_ms = 0;
  int32_t local_timeout_ms = 0;  // of a local session: what it was opened with
};
struct CloseConnection {  // the session is taken over or gone; confirm with ConnectionClosed
  ConnectionId connection;
};
struct AskTouches {};
using SessionOrder = std::variant<AttachResult, CloseConnection, AskTouches>;

// To the learner behind the link, by Leader::revalidated: the answer to AskSession.
struct SessionVerdict {
  LinkId link;
  SessionId session;
  bool valid = false;
};

// Answer to AskSessions.
struct SessionsAnswer {
  using Buckets = std::vector<std::pair<MonoTime, std::vector<SessionId>>>;
  uint64_t ticket = 0;
  MonoTime now;
  std::optional<Buckets> global;  // nothing on a server that does not count their time
  std::optional<Buckets> local;   // nothing where there are none
};

}  // namespace okapi
