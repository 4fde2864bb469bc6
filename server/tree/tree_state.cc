#include "server/tree/tree_state.h"

#include "common/proto/path.h"

namespace okapi {

TreeState::TreeState(const TreeOptions& tree_options)
    : options(tree_options), empty_block_(SharedBytes::copy_of("")) {
  root_shard_ = hash_of(kRootPath).shard();
  clear();
}

TreeState::~TreeState() { free_nodes(); }

Znode* TreeState::find(ByteView path) const {
  return is_root(path) ? root_ : find(hash_of(path), path);
}

Znode* TreeState::link(NewNode&& fresh) {
  Znode* node = Znode::make(name_of_path(fresh.path));
  node->parent = fresh.parent;
  node->hash = fresh.hash.upper();
  node->data = std::move(fresh.data);
  node->acl = fresh.acl;
  node->set_stat(fresh.stat);
  refresh_prefix(node, fresh.path);
  TreeShard& shard = shards[fresh.hash.shard()];
  shard.nodes.insert(fresh.hash, node);
  if (fresh.parent->children == nullptr) fresh.parent->children = std::make_unique<ChildList>();
  node->child_slot = fresh.parent->children->add(node);
  switch (node_kind(node->owner, options)) {
    case NodeKind::kPersistent:
      break;
    case NodeKind::kEphemeral:
      shards[shard_of_owner(node->owner)].ephemerals.add(SessionId(node->owner), node);
      bump(ephemeral_count, 1);
      break;
    case NodeKind::kContainer:
    case NodeKind::kTtl:
      shard.expiring.add(node);
      break;
  }
  bump(node_count, 1);
  bump(data_size, static_cast<int64_t>(fresh.path.size() + node->data.size()));
  return node;
}

void TreeState::unlink(Znode* node, ByteView path, PathHash hash) {
  OKAPI_ASSERT(node->parent != nullptr && node->child_count() == 0);
  OKAPI_ASSERT(node->hash == hash.upper());
  TreeShard& shard = shards[hash.shard()];
  shard.nodes.erase(hash, node);
  ChildList& siblings = *node->parent->children;
  siblings.remove(node->child_slot);
  if (siblings.count() == 0) node->parent->children.reset();
  switch (node_kind(node->owner, options)) {
    case NodeKind::kPersistent:
      break;
    case NodeKind::kEphemeral:
      shards[shard_of_owner(node->owner)].ephemerals.remove(SessionId(node->owner), node);
      bump(ephemeral_count, -1);
      break;
    case NodeKind::kContainer:
    case NodeKind::kTtl:
      shard.expiring.remove(node);
      break;
  }
  bump(node_count, -1);
  bump(data_size, -static_cast<int64_t>(path.size() + node->data.size()));
  acls.release(node->acl);
  Znode::destroy(node);
}

void TreeState::set_data(Znode* node, SharedBytes data) {
  bump(data_size, static_cast<int64_t>(data.size()) - static_cast<int64_t>(node->data.size()));
  node->data = std::move(data);
}

void TreeState::refresh_prefix(Znode* node, ByteView path) {
  if (!options.digest_enabled || !counts_in_digest(path)) return;
  node->digest_prefix = okapi::digest_prefix(path, node->data_view());
}

void TreeState::digest_out(const Znode& node, ByteView path) {
  if (options.digest_enabled && counts_in_digest(path)) digest.subtract(node);
}

void TreeState::digest_in(const Znode& node, ByteView path) {
  if (options.digest_enabled && counts_in_digest(path)) digest.add(node);
}

SharedBytes TreeState::block_of(NullableView data) const {
  if (!data.has_value()) return SharedBytes();
  return data->empty() ? empty_block_ : SharedBytes::copy_of(*data);
}

void TreeState::clear() {
  free_nodes();
  for (TreeShard& shard : shards) {
    shard.nodes.clear();
    shard.ephemerals.clear();
    shard.expiring.clear();
  }
  acls.clear();
  quotas.clear();
  root_ = Znode::make("");
  root_->hash = root_shard_ << 26;
  root_->data = empty_block_;
  node_count.store(1, std::memory_order_relaxed);
  data_size.store(1, std::memory_order_relaxed);
  ephemeral_count.store(0, std::memory_order_relaxed);
  last_applied.store(0, std::memory_order_release);
  refresh_prefix(root_, kRootPath);
  digest.reset();
  digest_in(*root_, kRootPath);
}

// Nodes are freed table by table, so that no depth of the tree matters.
void TreeState::free_nodes() {
  for (TreeShard& shard : shards) {
    shard.nodes.for_each([](Znode* node) { Znode::destroy(node); });
  }
  if (root_ != nullptr) Znode::destroy(root_);
  root_ = nullptr;
}

}  // namespace okapi
