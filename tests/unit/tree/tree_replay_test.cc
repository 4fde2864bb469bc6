// Replaying a log over a fuzzy snapshot (storage spec 5): whatever part of the log the snapshot
// has seen, node by node, the end is the same.
#include <catch2/catch.hpp>
#include <memory>

#include "common/base/random.h"
#include "tests/unit/tree/tree_fixture.h"

namespace okapi {
namespace {

const AclList kRead = {{Perms::kRead, "world", "anyone"}};
const AclList kDigestAcl = {{Perms::kAll, "digest", "u:h"}};

}  // namespace

TEST_CASE("zk_4846: a replayed create of a node that is there gives it its ACL, lifts its parent") {
  TreeFixture f;
  f.create("/a");
  f.create("/a/b", "later", kRead);
  Txn old = make_txn(50, OpCode::kCreate, CreateTxn{"/a/b", "", acl_views(kDigestAcl), false, 9});
  Applied done = f.apply(old, ApplyMode::kReplay);
  done.lock.release();
  REQUIRE(done.err == ErrorCode::kNodeExists);
  REQUIRE(f.data("/a/b") == "later");
  REQUIRE(f.tree.read("/a/b").node().acl().list() == kDigestAcl);
  REQUIRE(f.tree.read("/a").node().stored_stat().cversion == 9);
  REQUIRE(f.stat("/a").pzxid == Zxid(50));
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
  REQUIRE(f.tree.acls().size() == 2);
}

TEST_CASE("zk_3125, zk_3249: a replayed delete of what is gone never lowers the parent's pzxid") {
  TreeFixture f;
  f.create("/a");
  f.run(OpCode::kDelete, DeleteTxn{"/a/b"}, 0, ApplyMode::kReplay);
  REQUIRE(f.stat("/a").pzxid == Zxid(2));
  Applied old = f.apply(make_txn(1, OpCode::kDelete, DeleteTxn{"/a/b"}), ApplyMode::kReplay);
  REQUIRE(old.err == ErrorCode::kNoNode);
  old.lock.release();
  REQUIRE(f.stat("/a").pzxid == Zxid(2));
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
}

TEST_CASE("a replayed delete takes the children of a later life with it") {
  TreeFixture f;
  f.create("/a");
  f.create("/a/b", "12");
  f.create("/a/b/c");
  f.create_ephemeral("/a/e", 4);
  f.run(OpCode::kDelete, DeleteTxn{"/a"}, 0, ApplyMode::kReplay);
  REQUIRE_FALSE(f.exists("/a"));
  REQUIRE_FALSE(f.exists("/a/b/c"));
  REQUIRE(f.tree.node_count() == 4);
  REQUIRE(f.tree.ephemerals_count() == 0);
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
  f.create("/a");
  REQUIRE(f.stat("/a").num_children == 0);
}

namespace {

// A random history over few paths, so that they live several times.
class History {
 public:
  explicit History(uint64_t seed) : rng_(seed) {}

  Txn next(const DataTree& tree, int64_t zxid) {
    ByteView path = keep(random_path());
    bool there = tree.read(path).found();
    bool empty = there && tree.read(path).node().child_count() == 0;
    auto session = static_cast<int64_t>(1 + rng_.below(3));
    switch (rng_.below(8)) {
      case 0:
        if (there) {
          return make_txn(zxid, OpCode::kSetAcl,
                          SetAclTxn{path, acl_views(random_acl()), next_version_++});
        }
        break;
      case 1:
        return make_txn(zxid, OpCode::kCloseSession, close(tree, session), session);
      case 2:
      case 3:
        if (there) {
          return make_txn(zxid, OpCode::kSetData,
                          SetDataTxn{path, keep(std::to_string(zxid)), next_version_++});
        }
        break;
      default:
        break;
    }
    if (empty) return make_txn(zxid, OpCode::kDelete, DeleteTxn{path});
    ByteView parent = parent_of(path);
    if (there || !tree.read(parent).found() || tree.read(parent).node().is_ephemeral()) {
      return make_txn(zxid, OpCode::kError, ErrorTxn{-101});
    }
    int32_t cversion = tree.read(parent).node().stored_stat().cversion + 1;
    CreateTxn body{path, keep(std::to_string(zxid)), acl_views(random_acl()), rng_.chance(1, 3),
                   cversion};
    return make_txn(zxid, OpCode::kCreate, body, session);
  }

 private:
  ByteView keep(std::string text) { return kept_.emplace_back(std::move(text)); }
  std::string random_path() {
    std::string path;
    for (uint64_t depth = 1 + rng_.below(3); depth > 0; --depth) {
      path += "/" + std::string(1, static_cast<char>('a' + rng_.below(3)));
    }
    return path;
  }
  const AclList& random_acl() {
    uint64_t dice = rng_.below(3);
    return dice == 0 ? kOpen : dice == 1 ? kRead : kDigestAcl;
  }
  CloseSessionTxn close(const DataTree& tree, int64_t session) {
    CloseSessionTxn body;
    for (auto& path : tree.ephemerals_of(SessionId(session))) {
      body.paths.items.push_back(keep(path));
    }
    return body;
  }

  Rng rng_;
  std::deque<std::string> kept_;
  int32_t next_version_ = 1;
};

struct SnapshotRow {
  std::string path;
  std::string data;
  int64_t acl;
  StatPersisted stat;
};

}  // namespace

TEST_CASE("zk_1573, zk_3145: fuzzy snapshot and replay equal clean replay") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    TreeFixture clean;
    History history(seed);
    std::deque<Txn> log;
    std::vector<SnapshotRow> rows;
    std::vector<AclRef> acls;
    std::unique_ptr<TreeCursor> cursor;
    Rng rng(seed);
    size_t begin = 20 + rng.below(40);
    for (int64_t zxid = 1; zxid <= 160; ++zxid) {
      log.push_back(history.next(clean.tree, zxid));
      clean.apply(log.back());
      if (log.size() == begin) {
        cursor = std::make_unique<TreeCursor>(clean.tree, Zxid(zxid));
        acls = clean.tree.acls().list_all();
      }
      // The walk goes on while the log does.
      if (cursor == nullptr || rng.chance(1, 2)) continue;
      cursor->next_slice(1 + rng.below(3), [&](ByteView path, const NodeView& node) {
        rows.push_back({std::string(path), std::string(node.data().value_or("")), node.acl().id(),
                        node.stored_stat()});
      });
    }
    cursor->next_slice(1000, [&](ByteView path, const NodeView& node) {
      rows.push_back({std::string(path), std::string(node.data().value_or("")), node.acl().id(),
                      node.stored_stat()});
    });
    TreeFixture restored;
    TreeLoader loader(restored.writer);
    for (const AclRef& acl : acls) loader.add_acl(acl.id(), acl.list());
    for (const SnapshotRow& row : rows) {
      INFO(seed << " " << row.path);
      Status added = loader.add(row.path, row.data, row.acl, row.stat);
      if (added.ok()) continue;
      // Its parent was deleted while it was walked, and came again younger than the stamp.
      FAIL(added.error().text);
    }
    REQUIRE(loader.finish().ok());
    for (size_t i = begin; i < log.size(); ++i) restored.apply(log[i], ApplyMode::kReplay);
    INFO("seed " << seed);
    REQUIRE(copy_of(restored.tree) == copy_of(clean.tree));
    REQUIRE(restored.tree.digest() == clean.tree.digest());
    REQUIRE(restored.tree.digest() == restored.tree.recompute_digest());
    REQUIRE(restored.tree.ephemerals_count() == clean.tree.ephemerals_count());
  }
}

}  // namespace okapi
