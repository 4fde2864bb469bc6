// The judge of a run. Replays the log of the server, or what its ensemble committed, through the
// naive model, in zxid order, and holds every answer and event that any client saw against it:
//   G01 G02 G04 G05  acknowledged writes are in the log, once, under their zxid, in the order asked
//   INV-D1 INV-D7    results, reads and digests are those of the model at the same zxid
//   G08              a sync sees what was answered before it was asked
//   INV-D2 G11 G12   sessions end for a reason, and all their ephemerals with them
//   INV-D9 G09 G10   events (watch_model.h)
// Runs after the world has stopped. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/checkers/history.h"
#include "tests/sim/checkers/log_order.h"
#include "tests/sim/checkers/watch_model.h"

namespace okapi::sim {

struct ReplayOptions {
  // Several servers: sessions move, reads may be old, and a leader stamps its first replies with
  // the beginning of its epoch.
  bool ensemble = false;
  // A session of which the log does not tell is one of its server alone: it may write, but makes no
  // ephemerals.
  bool local_sessions = false;
  // A sync sees what was answered so long before it was asked: the time for which a leader may not
  // know that it is none any more.
  Nanos sync_lag{};
  // World time of a wall clock reading of the server; nothing if its clock jumped.
  std::optional<int64_t> wall_start_ms{};
  // Before this hour faults may keep a server that heard of a session from telling the others.
  MonoTime expiry_judged_from{};
  // What a touch may take to the one who counts the session's time.
  Millis touch_lag{250};
  // Every session but those that clients still hold has had the time to expire.
  bool all_abandoned_expired = false;
};

class Replay {
 public:
  Replay(const History& history, const std::vector<LoggedTxn>& log, const ReplayOptions& options);

  // The first broken rule, or nothing.
  std::optional<std::string> run();

  struct Counts {
    size_t writes = 0, reads = 0, events = 0, unknown_applied = 0, expiries = 0, digests = 0;
  };
  const Counts& counts() const { return counts_; }
  // Of the model, when all is replayed.
  uint64_t digest() const { return model_.digest(); }

 private:
  using Wrong = std::optional<std::string>;
  // One moment of real time: who answered, or asked, while which state stood.
  struct Point {
    Zxid zxid;
    MonoTime asked;  // max() if it may be old
    const CallRecord* record;
  };
  // One connection's way through the log.
  struct Cursor {
    const ClientHistory* client;
    const ConnectionHistory* connection;
    size_t next = 0;  // arrival
    size_t rearmed = 0;
    WatchModel watches{};
    bool done() const { return next == connection->arrivals.size(); }
  };

  void index_calls();
  Wrong apply(const LoggedTxn& txn);
  Wrong apply_call(const LoggedTxn& txn, const CallRecord& record);
  Wrong apply_reconfig(const LoggedTxn& txn, const CallRecord& record);
  Wrong apply_moved(const LoggedTxn& txn, const CallRecord& record) const;
  Wrong begin_epoch(Zxid next);
  Wrong check_open(const CallRecord& record, Zxid zxid) const;
  Wrong apply_refused_close(const LoggedTxn& txn, const CallRecord& record);
  Wrong apply_close(const LoggedTxn& txn);
  Wrong apply_reaper(const LoggedTxn& txn);
  Wrong check_expiry(const LoggedTxn& txn) const;
  Wrong check_order(const LoggedTxn& txn, const CallRecord& record);
  Wrong advance(Cursor& cursor, Zxid zxid);
  Wrong take_reply(Cursor& cursor, const Arrival& arrival);
  Wrong check_read(const CallRecord& record);
  Wrong check_end();
  Wrong check_sessions() const;
  Wrong check_real_time() const;
  std::optional<Point> point_of(const CallRecord& record) const;
  bool may_stamp(Zxid zxid) const;
  bool is_local(const ClientHistory& client, SessionId id) const;
  bool is_local(SessionId id) const {
    return options_.local_sessions && !created_.contains(id.value());
  }

  const History& history_;
  const std::vector<LoggedTxn>& log_;
  const ReplayOptions options_;
  TreeModel model_;
  std::map<std::pair<int64_t, int32_t>, const CallRecord*> by_xid_;
  std::map<const CallRecord*, Zxid> applied_;
  std::map<std::pair<int64_t, uint64_t>, int32_t> last_xid_;  // of session and dial
  std::map<int64_t, Zxid> closed_, created_;
  Zxid last_;  // that was applied
  std::vector<Cursor> cursors_;
  std::vector<Trigger> triggers_;  // of the transaction under way
  std::vector<std::pair<Zxid, Trigger>> all_triggers_;
  Counts counts_;
};

}  // namespace okapi::sim
