#include "server/tree/tree_loader.h"

#include <spdlog/fmt/fmt.h>

#include "common/proto/path.h"
#include "server/tree/tree_apply.h"
#include "server/tree/tree_plan.h"
#include "server/tree/tree_state.h"

namespace okapi {

TreeLoader::TreeLoader(TreeWriter& writer) : state_(writer.tree().state()) {
  state_.clear();
  last_node_ = &state_.root();
}

void TreeLoader::add_acl(int64_t id, AclList list) { state_.acls.load(id, std::move(list)); }

Status TreeLoader::add(ByteView path, NullableView data, int64_t acl_id,
                       const StatPersisted& stat) {
  if (TreeState::is_root(path)) return add_root(data, acl_id, stat);
  if (!is_node_path(path)) {
    return Error{ErrorKind::kCorrupt, fmt::format("not a path: {}", printable(path))};
  }
  // The table's slot is far from the cache: it comes while the data is copied.
  PathHash hash = state_.hash_of(path);
  state_.shards[hash.shard()].nodes.prefetch(hash);
  SharedBytes block = state_.block_of(data);
  Znode* parent = parent_of_path(parent_of(path));
  if (parent == nullptr) {
    return Error{ErrorKind::kCorrupt, fmt::format("no parent of {}", printable(path))};
  }
  if (state_.find(hash, path) != nullptr) {
    return Error{ErrorKind::kCorrupt, fmt::format("{} comes twice", printable(path))};
  }
  last_node_ = state_.link({.parent = parent,
                            .path = path,
                            .hash = hash,
                            .data = std::move(block),
                            .acl = acl_of(acl_id),
                            .stat = stat});
  last_path_ = path;
  state_.digest_in(*last_node_, path);
  return {};
}

Status TreeLoader::add_root(NullableView data, int64_t acl_id, const StatPersisted& stat) {
  if (std::exchange(root_seen_, true)) return Error{ErrorKind::kCorrupt, "the root comes twice"};
  Znode& root = state_.root();
  state_.digest_out(root, kRootPath);
  state_.set_data(&root, state_.block_of(data));
  root.set_stat(stat);
  root.acl = acl_of(acl_id);
  state_.refresh_prefix(&root, kRootPath);
  state_.digest_in(root, kRootPath);
  return {};
}

AclEntry* TreeLoader::acl_of(int64_t id) {
  AclEntry* acl = state_.acls.use(id);
  if (acl != nullptr && acl->unknown) ++unknown_acls_;
  return acl;
}

// Snapshots are written depth first: the parent is nearly always that of the last node, or the
// last node itself.
Znode* TreeLoader::parent_of_path(ByteView path) {
  if (last_parent_node_ != nullptr && path == last_parent_) return last_parent_node_;
  last_parent_node_ = path == last_path_ ? last_node_ : state_.find(path);
  last_parent_ = path;
  return last_parent_node_;
}

Status TreeLoader::finish() {
  if (!root_seen_) return Error{ErrorKind::kCorrupt, "the snapshot has no root"};
  std::vector<const Znode*> todo;
  if (const Znode* quotas = state_.find(kQuotaPath); quotas != nullptr) todo.push_back(quotas);
  while (!todo.empty()) {
    const Znode* node = todo.back();
    todo.pop_back();
    if (node->children != nullptr) {
      node->children->visit(0, ~size_t{0}, [&](const Znode& child) { todo.push_back(&child); });
    } else if (node->name() == kQuotaLimitsName) {
      std::string path = node->path();
      ByteView prefix = quota_prefix_of(path, kQuotaLimitsName);
      if (prefix.empty()) continue;
      state_.quotas.add(prefix);
      recount_quota(state_, prefix);
    }
  }
  state_.acls.purge_unused();
  return {};
}

void TreeLoader::initialize_empty(TreeWriter& writer) {
  TreeLoader loader(writer);
  AclList readable = {{Perms::kRead, "world", "anyone"}};
  loader.add_acl(1, readable);
  StatPersisted zero;
  StatPersisted config;
  config.aversion = -1;
  bool ok = loader.add("", "", kOpenAclId, zero).ok() &&
            loader.add(kZooKeeperPath, "", kOpenAclId, zero).ok() &&
            loader.add(kQuotaPath, "", kOpenAclId, zero).ok() &&
            loader.add(kConfigPath, "", 1, config).ok() && loader.finish().ok();
  OKAPI_ASSERT(ok);
}

}  // namespace okapi
