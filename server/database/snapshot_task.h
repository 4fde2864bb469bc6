// The stage that writes snapshots while writes go on. Its home is its own, as it waits for the
// disk. It walks the tree in small slices with pauses, so that it takes neither the second core nor
// the disk from the writers, and gives the file its name only when Sync has said that the log is
// synced past all that the file may hold. A failure costs the snapshot, never the server, as long
// as the directory holds a valid one (safety F-DSK-03).
#pragma once

#include <optional>

#include "common/base/metrics.h"
#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/database/log_progress.h"
#include "server/database/tree_lease.h"
#include "server/database/write_snapshot.h"

namespace okapi {

struct SnapshotTaskOptions {
  SnapshotSettings snapshot = {};
  size_t slice_nodes = 256;
  // The pause after a slice, as a multiple of the time that the slice took.
  int64_t pause_per_work = 3;
  Nanos pause_min = Micros(200);
  Nanos pause_max = Millis(20);
  // Written data is synced in pieces: the writeback of all of it at once would meet the log's
  // syncs.
  uint64_t sync_bytes = 4 * 1024 * 1024;
  Nanos retry_after = std::chrono::seconds(30);
  int64_t failures_before_alarm = 3;
};

class SnapshotTask final : public Stage {
 public:
  SnapshotTask(Env& env, const ZkDatabase& database, TreeLeases& leases,
               const SnapshotTaskOptions& options);

  Mailbox<LogProgress> progress;
  // To Sync: asks for a LogProgress once the log is synced up to here.
  Sink<Zxid> mark_wanted;

  void step(Turn& turn) override;

  struct Metrics {
    Counter written;  // snapshots published
    Counter skipped;  // due while one was in work ("Too busy to snap, skipping")
    Counter failures;
    Counter alarms;   // rows of failures_before_alarm failures
    Summary time_ms;  // first slice to publication
  };
  const Metrics& metrics() const { return metrics_; }
  Metrics& metrics() { return metrics_; }
  // Stamp of the last published snapshot; 0 = none since the start.
  Zxid last_stamp() const { return last_stamp_; }

 private:
  void read_mail();
  void begin(Turn& turn);
  void walk(Turn& turn);
  Status walk_slice(bool& more);
  void publish(Turn& turn);
  void drop();
  void failed(Turn& turn, const Error& error);
  bool has_valid_snapshot();

  Env& env_;
  const ZkDatabase& database_;
  TreeLeases& leases_;
  const SnapshotTaskOptions options_;
  std::vector<LogProgress> inbox_;
  bool due_ = false;
  std::optional<MonoTime> retry_at_;
  std::optional<TreeLease> lease_;
  std::optional<TreeSnapshot> snapshot_;
  bool finished_ = false;  // the file is complete and waits for the log
  uint64_t synced_bytes_ = 0;
  MonoTime begun_{};
  MonoTime next_slice_{};
  Zxid synced_;
  Zxid last_stamp_;
  int64_t failures_in_row_ = 0;
  Metrics metrics_;
};

}  // namespace okapi
