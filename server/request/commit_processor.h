// The stage that applies what is committed, in zxid order, to tree, sessions and watches, and puts
// answers and events into the Feeds of the workers (ordering rules O1, O2, O5). Holds the
// TreeWriter while the role serves. It never waits for a client, a worker or the disk: any thread
// may take its turn.
#pragma once

#include "common/base/metrics.h"
#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/database/digest_check.h"
#include "server/database/zk_database.h"
#include "server/request/admin_mail.h"
#include "server/request/commit_order.h"
#include "server/request/feed_item.h"
#include "server/session/session_tracker.h"
#include "server/txn/encoded_txn.h"
#include "server/watch/watch_tables.h"

namespace okapi {

// A worker as the applier sees it.
struct WorkerPort {
  WorkerFeed* feed = nullptr;
  Bell* bell = nullptr;
};

// The term ends. `confirm` hears when all that was committed before is applied and answered.
struct CommitsEnd {
  Mailbox<TermEnded>* confirm = nullptr;
};
// In the leader's order: what is committed, and on a learner the leader's answers, which speak of
// the history up to them.
using CommitMail = std::variant<EncodedTxn, SyncDone, SessionAnswer, CommitsEnd>;

class CommitProcessor final : public Stage {
 public:
  CommitProcessor(Env& env, ZkDatabase& database, TreeWriter writer, WatchTables& watches,
                  std::vector<WorkerPort> workers, bool digest_mismatch_fatal);

  // Writes of this server's clients, before Prep or the leader hears of them.
  Mailbox<WriteTicket> pending;
  Mailbox<SessionRequest> pending_sessions;
  Mailbox<CommitMail> committed;
  Sink<SessionMail> to_tracker;

  void step(Turn& turn) override;
  // After the stage has retired: applies what is committed, gives the writer back.
  TreeWriter finish();

  const Counter& commits() const { return commits_; }
  const Counter& digest_mismatches() const { return digest_mismatches_; }
  // Watchers told per event, for the status board.
  Summary& watchers_told(EventType type);

 private:
  void take_pending();
  void take_committed();
  void take(const EncodedTxn& txn);
  void take(const SyncDone& done);
  void take(const CommitsEnd& end) { end.confirm->post(TermEnded{}); }
  void take(const SessionAnswer& answer) { to_tracker.add(answer); }
  void answer(const Txn& txn, const Applied& applied, const WriteTicket& write);
  void answer_create(const Txn& txn, const WriteTicket& write);
  void fire_watches(Zxid zxid, const Applied& applied);
  void tell_session(const Txn& txn);
  void end_session(SessionId session, int32_t cxid, Zxid zxid);
  void check_digest(const Txn& txn);
  // The next free item of the worker's Feed, stamped; to be filled and then published.
  FeedItem& claim(uint8_t worker, Zxid zxid);
  void publish(uint8_t worker);
  void ring_workers();

  Env& env_;
  ZkDatabase& database_;
  TreeWriter writer_;
  WatchTables& watches_;
  std::vector<WorkerPort> workers_;
  const bool digest_mismatch_fatal_;
  std::vector<bool> fed_;  // workers that got something in this step
  CommitOrder order_;
  std::vector<CommitMail> inbox_;
  Txn txn_;  // its memory is used again and again
  std::vector<WriteTicket> pending_inbox_;
  std::vector<SessionRequest> session_inbox_;
  std::vector<WatchNotification> notifications_;
  DigestCheck digest_check_;
  Counter digest_mismatches_;
  Counter commits_;
  Summary created_told_, deleted_told_, data_told_, children_told_;
};

}  // namespace okapi
