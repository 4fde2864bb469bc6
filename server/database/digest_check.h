// Compares the tree's digest with the digests that snapshot and transactions carry, while the log
// is replayed (storage spec section 7). Differences are warned about, never fatal: a JVM under
// another locale hashes paths differently. A part of recovery.
#pragma once

#include <optional>

#include "common/base/log.h"
#include "server/storage/snapshot_format.h"
#include "server/tree/data_tree.h"

namespace okapi {

class DigestCheck {
 public:
  // The tree has just been loaded from a snapshot stamped `stamp`.
  DigestCheck(const Logger& log, const DataTree& tree,
              const std::optional<SnapshotDigest>& of_snapshot, Zxid stamp);
  // The tree is at `zxid`, whose transaction carried `of_txn`.
  void after(Zxid zxid, const std::optional<TxnDigest>& of_txn);
  int64_t mismatches() const { return mismatches_; }

 private:
  void compare(Zxid zxid, const TxnDigest& expected, const char* source);

  const Logger& log_;
  const DataTree& tree_;
  // The snapshot is fuzzy up to here: no digest fits before.
  std::optional<SnapshotDigest> due_;
  int64_t mismatches_ = 0;
};

}  // namespace okapi
