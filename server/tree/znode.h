// One node: a header and the name behind it in one allocation that never moves. The full path is
// not kept; it is the names up to the root. Identity (parent, name, hash) never changes and a
// parent outlives its children; all else is guarded by the lock of the node's shard, and of the
// session's shard for `owner_slot` of an ephemeral. Only the tree's writer changes anything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/proto/stat.h"
#include "server/tree/acl_table.h"
#include "server/tree/child_list.h"
#include "server/tree/node_kind.h"
#include "server/txn/txn_digest.h"

namespace okapi {

struct Znode {
  Znode* parent = nullptr;  // null for the root
  std::unique_ptr<ChildList> children;
  AclEntry* acl = nullptr;  // null is the open list
  SharedBlock data;         // no block: null; an empty block: empty
  Zxid czxid, mzxid, pzxid;
  int64_t ctime = 0, mtime = 0;
  int64_t owner = 0;  // as stored, see node_kind
  int32_t version = 0;
  int32_t cversion = 0;  // creations of children
  int32_t aversion = 0;
  uint32_t digest_prefix = 0;  // CRC of path + data; 0 where the digest does not count it
  uint32_t hash = 0;           // upper half of the path's hash
  uint32_t child_slot = 0;     // position among the parent's children
  uint32_t owner_slot = 0;     // position in the ephemeral or the expiring index
  uint32_t name_size = 0;

  static Znode* make(ByteView name);
  static void destroy(Znode* node);

  ByteView name() const { return {reinterpret_cast<const char*>(this + 1), name_size}; }
  NullableView data_view() const {
    ByteView view = data.view();
    if (view.data() == nullptr) return std::nullopt;
    return view;
  }
  uint32_t data_size() const { return static_cast<uint32_t>(data.size()); }
  uint32_t child_count() const { return children == nullptr ? 0 : children->count(); }
  StatPersisted stored_stat() const;
  void set_stat(const StatPersisted& stat);
  // As replies carry it (client-protocol spec 3.3).
  Stat stat(const TreeOptions& options) const;
  size_t path_size() const;
  // "/" for the root. Walks to the root without recursion.
  std::string path() const;
  // Whether `path`, not "" and not "/", is this node's path.
  bool has_path(ByteView path) const;
};
// Millions of nodes pay for every field.
static_assert(sizeof(Znode) == 112);

// What a reader sees of a node. Valid while the lock it was got under is held.
class NodeView {
 public:
  NodeView(const Znode& node, const TreeOptions& options) : node_(&node), options_(&options) {}

  ByteView name() const { return node_->name(); }
  std::string path() const { return node_->path(); }
  NullableView data() const { return node_->data_view(); }
  // Null and empty data both have size 0.
  size_t data_size() const { return node_->data.size(); }
  // To keep the data beyond the lock without a copy.
  SharedBytes data_block() const { return node_->data.share(); }
  StatPersisted stored_stat() const { return node_->stored_stat(); }
  Stat stat() const { return node_->stat(*options_); }
  AclRef acl() const { return AclRef(node_->acl); }
  int32_t child_count() const { return static_cast<int32_t>(node_->child_count()); }
  // Calls f(ByteView name) for every child.
  template <class F>
  void for_each_child(F&& f) const {
    for_children_from(0, ~size_t{0}, f);
  }
  // At most `max` children from `position` (first 0) on; the position to go on from under a later
  // lock. There are no more when fewer than `max` came.
  template <class F>
  uint32_t for_children_from(uint32_t position, size_t max, F&& f) const {
    if (node_->children == nullptr) return position;
    return node_->children->visit(position, max, [&](const Znode& child) { f(child.name()); });
  }
  NodeKind kind() const { return node_kind(node_->owner, *options_); }
  // An ordinary ephemeral: neither container nor TTL node.
  bool is_ephemeral() const { return kind() == NodeKind::kEphemeral; }
  // As stored: a session, or one of the special values.
  int64_t owner_raw() const { return node_->owner; }
  uint32_t digest_prefix() const { return node_->digest_prefix; }

 private:
  const Znode* node_;
  const TreeOptions* options_;
};

}  // namespace okapi
