#include "server/database/write_snapshot.h"

#include <algorithm>

namespace okapi {
namespace {

// Of a list that lets nobody in: for nodes whose list is younger than the table in the file. The
// replay of their setACL puts it right.
const AclList& closed_acl() {
  static const AclList kClosed = {{0, "world", "anyone"}};
  return kClosed;
}

}  // namespace

TreeSnapshot::TreeSnapshot(const ZkDatabase& database, const SnapshotSettings& settings, Zxid stamp,
                           SnapshotWriter writer)
    : database_(&database),
      last_zxid_section_(settings.serialize_last_processed_zxid),
      stamp_(stamp),
      last_contained_(stamp),
      writer_(std::move(writer)),
      cursor_(std::make_unique<TreeCursor>(database.tree(), stamp)) {}

Result<TreeSnapshot> TreeSnapshot::begin(Disk& disk, const ZkDatabase& database,
                                         const SnapshotSettings& settings, TreeIs tree) {
  // The stamp comes first: whatever is applied from here on will be replayed.
  Zxid stamp = database.tree().last_applied();
  auto writer = SnapshotWriter::create(
      disk, {.directory = settings.directory, .zxid = stamp, .codec = settings.codec});
  if (!writer.ok()) return writer.error();
  TreeSnapshot out(database, settings, stamp, std::move(*writer));
  out.put_sessions();
  out.put_acls(tree);
  OKAPI_TRY(out.writer_.flush());
  return out;
}

void TreeSnapshot::put_sessions() {
  auto sessions = database_->sessions().all();
  SnapshotEncoder& encoder = writer_.encoder();
  encoder.begin_sessions(static_cast<int32_t>(sessions.size()));
  for (const SessionEntry& entry : sessions) encoder.session(entry.session, entry.timeout_ms);
}

void TreeSnapshot::put_acls(TreeIs tree) {
  auto lists = database_->tree().acls().list_all();
  std::erase_if(lists, [](const AclRef& acl) { return acl.id() == kSnapshotOpenAclId; });
  for (const AclRef& acl : lists) acl_ids_.insert(acl.id());
  size_t count = lists.size();
  if (tree == TreeIs::kInUse) {
    // The tree gives this number to its next new list; used by a node it then means just that.
    closed_acl_id_ = acl_ids_.empty() ? 1 : *acl_ids_.rbegin() + 1;
    acl_ids_.insert(closed_acl_id_);
    ++count;
  }
  SnapshotEncoder& encoder = writer_.encoder();
  encoder.begin_acls(static_cast<int32_t>(count));
  for (const AclRef& acl : lists) encoder.acl(acl.id(), acl.list());
  if (tree == TreeIs::kInUse) encoder.acl(closed_acl_id_, closed_acl());
}

Result<bool> TreeSnapshot::next_slice(size_t max_nodes) {
  SnapshotEncoder& encoder = writer_.encoder();
  bool more = cursor_->next_slice(max_nodes, [&](ByteView path, const NodeView& node) {
    int64_t acl_id = node.acl().id();
    if (acl_id != kSnapshotOpenAclId && !acl_ids_.contains(acl_id)) {
      OKAPI_ASSERT(closed_acl_id_ != 0);
      acl_id = closed_acl_id_;
    }
    // The root is written as "": "/" ends the nodes.
    encoder.node(path.size() == 1 ? ByteView() : path, node.data(), acl_id, node.stored_stat());
    ++nodes_;
  });
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
  if (last_zxid_section_) writer_.encoder().last_zxid(stamp_);
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
