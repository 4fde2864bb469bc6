// The one writer of the transaction log: a move-only token. SyncRequestProcessor holds it while
// serving, QuorumPeer while recovering, truncating and syncing; whoever holds it may block on the
// disk. Always true: a record is in the file's final name only after header and first record are
// synced (INV-C2); a failed write or sync is final: the writer refuses everything after it (O6).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "server/storage/storage_context.h"
#include "server/storage/synced_mark.h"
#include "server/txn/encoded_txn.h"

namespace okapi {

struct TxnLogOptions {
  std::string directory = {};                     // dataLogDir/version-2
  int64_t preallocate_bytes = 64 * 1024 * 1024;   // preAllocSize; <= 0: no zeros ahead at all
  size_t zero_ahead_bytes = 256 * 1024;           // zeroed at once when the zeros run out
  size_t zero_ahead_batch_bytes_max = 16 * 1024;  // longer batches just extend the file
  size_t batch_bytes_max = 4 * 1024 * 1024;       // one write and sync; longer batches go in parts
  bool force_sync = true;                         // false = forceSync=no: nothing is ever synced
  int64_t file_bytes_max = -1;                    // txnLogSizeLimitInKb; <= 0 = off
  Millis sync_warning{1000};                      // fsync.warningthresholdms
};

// Counters of the log, for the status board. Written by the holder's turn, read by any thread.
struct TxnLogMetrics {
  PercentileSummary sync_us;     // one sync of one batch
  Summary sync_ms;               // fsynctime
  PercentileSummary batch_txns;  // records per commit
  Counter slow_syncs;            // fsync_threshold_exceeded_count
  Counter bytes_written;         // records and zeros
  Counter files_created;
};

class TxnLogWriter {
 public:
  // `last` is the zxid of the last record in the log (0 = none), as recovery found it and made
  // sure of. Writes the hint. No log file is made before the first append.
  static Result<TxnLogWriter> open(StorageContext context, TxnLogOptions options, Zxid last);
  TxnLogWriter(TxnLogWriter&&) noexcept;
  TxnLogWriter& operator=(TxnLogWriter&&) noexcept;
  ~TxnLogWriter();  // what was appended and not committed is gone

  // Adds a record to the batch; no I/O. Zxids rise; inside an epoch they leave no gap.
  void append(const EncodedTxn& txn);
  // One write and one sync for the batch (several when it is longer than batch_bytes_max); a new
  // file also has its name made durable. After success everything appended is on the platter
  // (unless force_sync is off). Any error is final: the caller ends the process.
  Status commit();
  // The next record begins a new file. Commits what is pending. Also syncs the hint.
  Status roll();
  // Makes the hint itself durable: Snapshot's final rename waits for this (a hint older than the
  // newest snapshot says nothing), with last_synced() at or past the last txn the snapshot may
  // hold.
  Status persist_mark();
  // When the hint, which may lag a little behind the syncs, wants to be written; nothing while it
  // is up to date.
  std::optional<MonoTime> mark_due() const;
  void write_mark();
  // TRUNC: removes every record above `zxid`; lowers the hint first. Answers the last zxid left.
  // kNotFound (no log reaches `zxid`) leaves log and writer as they are; other errors are final.
  Result<Zxid> truncate_after(Zxid zxid);
  // After a SNAP: the history continues behind `zxid` in a new file, whatever the log held.
  Status restart_at(Zxid zxid);

  Zxid last_appended() const;
  Zxid last_synced() const;  // with force_sync off: last committed
  size_t pending_bytes() const;
  size_t pending_txns() const;
  // Bytes of records written since the writer was opened, for the snapshot trigger by size.
  uint64_t bytes_logged() const;
  bool failed() const;
  const TxnLogMetrics& metrics() const;
  TxnLogMetrics& metrics();

 private:
  struct State;
  explicit TxnLogWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace okapi
