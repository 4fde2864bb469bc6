// The replicated state as a whole: tree, sessions, recent proposals. One apply path for recovery,
// sync and serving. Written by the holder of the TreeWriter; tree and sessions are read by anybody.
#pragma once

#include "server/database/committed_log.h"
#include "server/database/session_table.h"
#include "server/tree/tree_writer.h"

namespace okapi {

class ZkDatabase {
 public:
  ZkDatabase(const TreeOptions& options, size_t committed_log_count)
      : tree_(options), committed_log_(committed_log_count) {}

  DataTree& tree() { return tree_; }
  const DataTree& tree() const { return tree_; }
  SessionTable& sessions() { return sessions_; }
  const SessionTable& sessions() const { return sessions_; }
  CommittedLog& committed_log() { return committed_log_; }

  // Applies a committed transaction to tree and sessions; a replayed one is kept for learners. The
  // shards it touched stay locked in the result; the caller stores last_applied before it lets them
  // go (O2).
  Applied apply(TreeWriter& writer, const Txn& txn, const EncodedTxn& encoded, ApplyMode mode);

 private:
  DataTree tree_;
  SessionTable sessions_;
  CommittedLog committed_log_;
};

}  // namespace okapi
