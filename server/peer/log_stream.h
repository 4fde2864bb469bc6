// The records of the leader's own log on their way to a learner: the walk says what is sent
// (peer-protocol spec 5.2 row 5, 5.3). A part of LearnerHandler; waits for the disk, never for the
// network: it goes on while the link has room.
#pragma once

#include <optional>
#include <string>

#include "server/database/tree_lease.h"
#include "server/peer/packet_link.h"
#include "server/storage/txn_log_reader.h"
#include "server/zab/effects.h"

namespace okapi {

// Where the log is, and how much of it may be sent instead of a snapshot.
struct LogSource {
  std::string logs{};       // dataLogDir/version-2
  std::string snapshots{};  // dataDir/version-2
  uint32_t record_bytes_max = kDefaultRecordBytesMax;
  // snapshotSizeFactor: times the size of the newest snapshot; 0 = any amount.
  double snapshot_size_factor = 0.33;
};

class LogStream {
 public:
  enum class State {
    kMore,
    kSent,      // up to what was asked for, or to the end of the log; see walk()
    kUnusable,  // nothing was sent: it takes a snapshot
  };
  // Records looked at in one step.
  static constexpr int kRecordsPerStep = 1'000;

  LogStream(Disk& disk, const LogSource& source, const StreamLog& order, TreeLease lease);

  // Puts packets into the link until it holds `outbox_bytes`. Error: the link is of no use any
  // more; the learner has a part of what it needs.
  Result<State> advance(PacketLink& link, size_t outbox_bytes);
  const CommittedWalk& walk() const { return walk_; }

 private:
  Status open();
  Status check_size(const std::vector<StoredFile>& snapshots, const std::vector<StoredFile>& files);
  Status note_stamps(const std::vector<StoredFile>& snapshots);
  Status check_stamp();
  Result<State> walk_on(PacketLink& link, size_t outbox_bytes);
  Result<State> take(const LogRecord& record, PacketLink& link);
  Result<State> finish(PacketLink& link);

  Disk& disk_;
  const LogSource source_;
  const Zxid log_to_;
  const Zxid begin_;  // the learner's last zxid
  const bool opened_before_;
  CommittedWalk walk_;
  TreeLease lease_;  // files are not cut meanwhile
  // Of the snapshots between begin_ and log_to_: the log has a hole if it lacks one of them.
  std::vector<Zxid> stamps_;
  std::optional<TxnLogReader> reader_;
  bool any_ = false;  // a record was read
};

}  // namespace okapi
