// From the live tree to a snapshot file, in slices (storage spec 4 and 5). The file is fuzzy: it
// may hold any effects of transactions behind its stamp, up to last_contained(). Snapshot's stage
// paces the slices; at start and after a SNAP they run in one go.
#pragma once

#include "server/database/tree_encoder.h"
#include "server/storage/snapshot_writer.h"

namespace okapi {

struct SnapshotSettings {
  std::string directory = {};  // dataDir/version-2
  SnapshotCodec codec = SnapshotCodec::kPlain;
  bool serialize_last_processed_zxid = true;
};

// One snapshot in the making. Blocking; whoever uses it holds a TreeLease, or the TreeWriter.
// Dropped before publish() it leaves no file.
class TreeSnapshot {
 public:
  // Takes the stamp (the last wholly applied txn), the sessions and the ACL table.
  static Result<TreeSnapshot> begin(Disk& disk, const ZkDatabase& database,
                                    const SnapshotSettings& settings, TreeIs tree);
  TreeSnapshot(TreeSnapshot&&) noexcept = default;

  // Encodes and perhaps writes up to `max_nodes` nodes; false when all are in.
  Result<bool> next_slice(size_t max_nodes);
  // Syncs what was written so far.
  Status sync() { return writer_.sync(); }
  // After the last slice: digest, seals, sync.
  Status finish();
  // Gives the file its name. Only when the log is synced past last_contained() (INV-C9).
  Result<std::string> publish() { return writer_.publish(); }

  Zxid stamp() const { return tree_.stamp(); }
  // No txn behind this one is in the file. After finish().
  Zxid last_contained() const { return last_contained_; }
  uint64_t nodes() const { return tree_.nodes(); }
  uint64_t bytes_written() const { return writer_.bytes_written(); }

 private:
  TreeSnapshot(const ZkDatabase& database, const SnapshotSettings& settings, TreeEncoder tree,
               SnapshotWriter writer);

  const ZkDatabase* database_;
  bool last_zxid_section_;
  TreeEncoder tree_;
  Zxid last_contained_;
  SnapshotWriter writer_;
};

// The whole tree in one go, published: at start and after a SNAP, when nothing is applied meanwhile
// and the log needs nothing to be synced. Answers the path.
Result<std::string> write_snapshot(Disk& disk, const ZkDatabase& database,
                                   const SnapshotSettings& settings);

}  // namespace okapi
