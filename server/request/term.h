// What a term of office offers to the client side: where Selectors send requests and find answers
// as long as it lasts. Mail from QuorumPeer and its pipeline to the Selectors.
#pragma once

#include <atomic>
#include <variant>

#include "server/database/session_table.h"
#include "server/request/admin_mail.h"
#include "server/request/commit_worker.h"
#include "server/request/prep_request_processor.h"

namespace okapi {

// Valid until the Selector confirmed TermEnds.
struct TermBegins {
  const DataTree* tree = nullptr;
  const SessionTable* live_sessions = nullptr;
  WatchTables* watches = nullptr;
  WorkerFeed* feed = nullptr;
  std::vector<const WorkerFeed*> all_feeds;  // of every worker: whoever reads sockets fills them
  Mailbox<WriteTicket>* pending = nullptr;   // CommitProcessor; null if read-only
  Mailbox<PrepMail>* requests = nullptr;     // Prep, or the leader; null if read-only
  Mailbox<SessionMail>* sessions = nullptr;
  SyncGoes sync_goes = SyncGoes::kAnsweredHere;
  bool read_only = false;  // for clients that asked for no more
  // Past it nothing is read from clients: this server may have been stopped and woken, and what it
  // has may be long past. Pushed on with each contact to the quorum or the leader; read relaxed.
  // Null: for ever.
  const std::atomic<MonoTime>* serving_until = nullptr;
};
// Nothing more is read. When what was asked is answered, or at `until`, clients are closed and
// everything that the term gave is let go; then `confirm` hears of it.
struct TermEnds {
  Mailbox<TermEnded>* confirm = nullptr;
  MonoTime until;  // long past: at once
};
// One box, as their order counts: what SessionTracker orders belongs to its term.
using TermMail = std::variant<TermBegins, TermEnds, SessionOrder>;

}  // namespace okapi
