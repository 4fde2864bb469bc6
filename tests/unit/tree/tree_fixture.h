// Builds transactions and applies them, for the tests of server/tree. Single thread.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "common/proto/path.h"
#include "server/tree/tree_cursor.h"
#include "server/tree/tree_loader.h"
#include "server/tree/tree_writer.h"
#include "server/txn/txn.h"

namespace okapi {

// A list as txns carry it. The list must outlive the result.
inline jute::Vector<AclView> acl_views(const AclList& list) {
  jute::Vector<AclView> out;
  for (const Acl& acl : list) out.items.push_back({acl.perms, acl.scheme, acl.id});
  return out;
}

inline const AclList& kOpen = open_acl();

inline Txn make_txn(int64_t zxid, OpCode type, TxnBody body, int64_t session = 0) {
  Txn txn;
  txn.header.zxid = Zxid(zxid);
  txn.header.time_ms = 1000 + zxid;
  txn.header.client_id = SessionId(session);
  txn.header.type = static_cast<int32_t>(type);
  txn.body = std::move(body);
  return txn;
}

class TreeFixture {
 public:
  explicit TreeFixture(const TreeOptions& options = {})
      : tree(options), writer(tree.take_writer()) {
    TreeLoader::initialize_empty(writer);
  }

  Applied apply(const Txn& txn, ApplyMode mode = ApplyMode::kLive) {
    Applied out = writer.apply(txn, mode);
    tree.set_last_applied(txn.header.zxid);
    zxid = std::max(zxid, txn.header.zxid.value());
    return out;
  }
  // The result without its locks.
  Applied run(OpCode type, TxnBody body, int64_t session = 0, ApplyMode mode = ApplyMode::kLive) {
    kept.push_back(make_txn(zxid + 1, type, std::move(body), session));
    Applied out = apply(kept.back(), mode);
    out.lock.release();
    return out;
  }
  Applied create(ByteView path, NullableView data = "", const AclList& acl = kOpen,
                 int32_t cversion = -1) {
    return run(OpCode::kCreate, CreateTxn{path, data, acl_views(acl), false, cversion});
  }
  Applied create_ephemeral(ByteView path, int64_t session) {
    return run(OpCode::kCreate, CreateTxn{path, "", acl_views(kOpen), true, -1}, session);
  }
  Applied create_container(ByteView path) {
    return run(OpCode::kCreateContainer, CreateContainerTxn{path, "", acl_views(kOpen), -1});
  }
  Applied create_ttl(ByteView path, int64_t ttl) {
    return run(OpCode::kCreateTtl, CreateTtlTxn{path, "", acl_views(kOpen), -1, ttl});
  }
  Applied set(ByteView path, NullableView data, int32_t version) {
    return run(OpCode::kSetData, SetDataTxn{path, data, version});
  }
  Applied remove(ByteView path) { return run(OpCode::kDelete, DeleteTxn{path}); }
  Applied close(int64_t session, std::vector<ByteView> paths = {}) {
    CloseSessionTxn body;
    body.paths.items = std::move(paths);
    return run(OpCode::kCloseSession, std::move(body), session);
  }

  bool exists(ByteView path) const { return tree.read(path).found(); }
  Stat stat(ByteView path) const { return tree.read(path).node().stat(); }
  std::string data(ByteView path) const {
    return std::string(tree.read(path).node().data().value_or("<null>"));
  }

  DataTree tree;
  TreeWriter writer;
  int64_t zxid = 0;
  std::deque<Txn> kept;  // results view into them
};

// One node as a walk sees it, all of it but the number of its ACL.
struct NodeCopy {
  size_t data_size = 0;
  std::string data;
  StatPersisted stat;
  AclList acl;
  int32_t children = 0;
  friend bool operator==(const NodeCopy&, const NodeCopy&) = default;
};

inline NodeCopy copy_of(const NodeView& node) {
  NodeCopy copy;
  copy.data = std::string(node.data().value_or("<null>"));
  copy.data_size = node.data_size();
  copy.stat = node.stored_stat();
  copy.acl = node.acl().list();
  copy.children = node.child_count();
  return copy;
}

inline std::map<std::string, NodeCopy> copy_of(const DataTree& tree) {
  std::map<std::string, NodeCopy> out;
  TreeCursor cursor(tree, Zxid(INT64_MAX));
  auto add = [&](ByteView path, const NodeView& node) { out[std::string(path)] = copy_of(node); };
  while (cursor.next_slice(100, add)) {
  }
  return out;
}

}  // namespace okapi
