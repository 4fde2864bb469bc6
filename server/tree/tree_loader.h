// Fills an empty tree from a snapshot, or with the nodes every tree has. Needs the TreeWriter, so
// that nobody writes meanwhile, and takes no locks: nobody may read the tree until finish().
#pragma once

#include <string>

#include "common/base/result.h"
#include "server/tree/tree_writer.h"

namespace okapi {

class TreeLoader {
 public:
  // Empties the tree.
  explicit TreeLoader(TreeWriter& writer);

  // A row of the snapshot's ACL table; all rows come before the first node.
  void add_acl(int64_t id, AclList list);
  // Parents come before children; the root is "" (or "/"). Errors: no parent, a path twice, not a
  // path. After an error the tree is of no use.
  Status add(ByteView path, NullableView data, int64_t acl_id, const StatPersisted& stat);
  // Registers and recounts quotas, drops unused ACLs. Error: the root never came.
  Status finish();
  // Nodes added whose ACL number was not in the table.
  int64_t unknown_acls() const { return unknown_acls_; }

  // The tree of a fresh database (client-protocol spec 3.3), as a standalone server has it.
  static void initialize_empty(TreeWriter& writer);

 private:
  Status add_root(NullableView data, int64_t acl_id, const StatPersisted& stat);
  Znode* parent_of_path(ByteView path);
  AclEntry* acl_of(int64_t id);

  TreeState& state_;
  std::string last_path_;    // of last_node_
  std::string last_parent_;  // path of last_parent_node_
  Znode* last_node_ = nullptr;
  Znode* last_parent_node_ = nullptr;
  bool root_seen_ = false;
  int64_t unknown_acls_ = 0;
};

}  // namespace okapi
