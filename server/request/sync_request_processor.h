// The stage that makes transactions durable: drains its mailbox, one write and one fdatasync per
// batch, then says how far the log is synced. It waits for the disk; a lone connection's Selector
// and a learner's LeaderLink may borrow its turn, while the disk is fast. Nothing is acknowledged
// before the sync that covers it returned (O6); a failed write or sync ends the process.
#pragma once

#include <optional>

#include "common/base/metrics.h"
#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/database/log_progress.h"
#include "server/storage/txn_log_writer.h"
#include "server/txn/encoded_txn.h"

namespace okapi {

// Mail from Sync: everything up to here is on disk.
struct Logged {
  Zxid zxid;
};

class SyncRequestProcessor final : public Stage {
 public:
  struct Options {
    int32_t snap_count = 100'000;
    int64_t snap_size_limit_bytes = -1;  // < 0 = off
    size_t batch_bytes_max = 4 << 20;
  };
  SyncRequestProcessor(Env& env, const Options& options, TxnLogWriter writer);

  Mailbox<EncodedTxn> txns;
  // From Snapshot: tell when the log is provably synced up to this zxid.
  Mailbox<Zxid> mark_wanted;
  Sink<Logged> to_peer;
  Sink<LogProgress> to_snapshot;

  void step(Turn& turn) override;
  // After the stage has retired: logs what it was given, gives the writer back.
  TxnLogWriter finish();

  // For the status board.
  Summary& batch_sizes() { return batch_sizes_; }
  Summary& batch_times_ms() { return batch_times_ms_; }
  TxnLogMetrics& log_metrics() { return writer_.metrics(); }
  const Counter& queued() const { return queued_; }

 private:
  void draw_roll_point();
  // Writes and syncs up to one batch from the inbox.
  void log_batch();
  void answer_marks();
  void keep_mark_up(Turn& turn);

  Env& env_;
  const Options options_;
  TxnLogWriter writer_;
  Rng rng_;
  std::vector<EncodedTxn> inbox_;
  size_t next_ = 0;  // of the inbox
  // Records since the last roll, and where the next one is due (storage spec 3.4).
  int64_t records_ = 0, roll_after_records_ = 0;
  int64_t roll_after_bytes_ = -1;
  uint64_t bytes_at_roll_ = 0;
  std::vector<Zxid> marks_;
  std::optional<Zxid> wanted_;
  Nanos last_batch_{};  // time it took
  Summary batch_sizes_, batch_times_ms_;
  Counter queued_;
};

}  // namespace okapi
