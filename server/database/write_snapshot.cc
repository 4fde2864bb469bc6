#include "server/database/write_snapshot.h"

#include <utility>

namespace okapi {

TreeSnapshot::TreeSnapshot(const ZkDatabase& database, const SnapshotSettings& settings,
                           TreeEncoder tree, SnapshotWriter writer)
    : database_(&database),
      last_zxid_section_(settings.serialize_last_processed_zxid),
      tree_(std::move(tree)),
      last_contained_(tree_.stamp()),
      writer_(std::move(writer)) {}

Result<TreeSnapshot> TreeSnapshot::begin(Disk& disk, const ZkDatabase& database,
                                         const SnapshotSettings& settings, TreeIs tree) {
  TreeEncoder encoder(database, tree);
  auto writer = SnapshotWriter::create(
      disk, {.directory = settings.directory, .zxid = encoder.stamp(), .codec = settings.codec});
  if (!writer.ok()) return writer.error();
  TreeSnapshot out(database, settings, std::move(encoder), std::move(*writer));
  out.tree_.begin(out.writer_.encoder());
  OKAPI_TRY(out.writer_.flush());
  return out;
}

Result<bool> TreeSnapshot::next_slice(size_t max_nodes) {
  bool more = tree_.next_slice(writer_.encoder(), max_nodes);
  OKAPI_TRY(writer_.flush());
  return more;
}

Status TreeSnapshot::finish() {
  writer_.encoder().end_nodes();
  SnapshotDigest digest{Zxid(), {kDigestVersion, 0}};
  {
    // With all shards held no txn is half applied, so zxid and digest belong together; and what
    // the walk has seen is not younger.
    MultiReadLock hold = database_->tree().read_all(kAllShards);
    last_contained_ = database_->tree().last_applied();
    // Compat: before the first txn the section is empty, too.
    if (database_->tree().options().digest_enabled && last_contained_ > Zxid()) {
      digest.zxid = last_contained_;
      digest.digest.tree_digest = static_cast<int64_t>(database_->tree().digest());
    }
  }
  // Compat: with digests off the section is there and empty; a reader decides by its own settings
  // whether to expect it (storage spec 4.1).
  writer_.encoder().digest(digest);
  if (last_zxid_section_) writer_.encoder().last_zxid(stamp());
  return writer_.finish();
}

Result<std::string> write_snapshot(Disk& disk, const ZkDatabase& database,
                                   const SnapshotSettings& settings) {
  constexpr size_t kSliceNodes = 4096;
  auto snapshot = TreeSnapshot::begin(disk, database, settings, TreeIs::kStill);
  if (!snapshot.ok()) return snapshot.error();
  bool more = true;
  while (more) {
    auto slice = snapshot->next_slice(kSliceNodes);
    if (!slice.ok()) return slice.error();
    more = *slice;
  }
  OKAPI_TRY(snapshot->finish());
  return snapshot->publish();
}

}  // namespace okapi
