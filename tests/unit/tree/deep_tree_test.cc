// Paths without end, names without measure, children without number (safety L-10, L-11): nothing
// recurses, nothing is quadratic in memory.
#include <catch2/catch.hpp>

#include "tests/unit/tree/tree_fixture.h"

namespace okapi {

TEST_CASE("a chain of many levels is made, walked, counted, deleted and destroyed") {
  constexpr int kLevels = 6000;
  DataTree tree;
  TreeWriter writer = tree.take_writer();
  std::string path;
  {
    TreeLoader loader(writer);
    REQUIRE(loader.add("", "", kOpenAclId, {}).ok());
    for (int i = 0; i < kLevels; ++i) {
      path += "/d";
      REQUIRE(loader.add(path, "", kOpenAclId, {}).ok());
    }
    REQUIRE(loader.finish().ok());
  }
  REQUIRE(tree.node_count() == kLevels + 1);
  REQUIRE(tree.read(path).node().path() == path);
  REQUIRE(tree.count_descendants("/d") == kLevels - 1);
  TreeCursor cursor(tree, Zxid(0));
  int walked = 0;
  while (cursor.next_slice(1000, [&](ByteView, const NodeView&) { ++walked; })) {
  }
  REQUIRE(walked == kLevels + 1);
  // One replayed delete takes the whole chain.
  Txn txn = make_txn(1, OpCode::kDelete, DeleteTxn{"/d/d/d"});
  writer.apply(txn, ApplyMode::kReplay);
  REQUIRE(tree.node_count() == 3);
  REQUIRE(tree.digest() == tree.recompute_digest());
}

TEST_CASE("a hundred thousand levels are loaded and torn down without a stack") {
  constexpr size_t kLevels = 100000;
  // Short of hashing the path of every level, which takes seconds: only structure.
  Znode* top = Znode::make("");
  Znode* node = top;
  std::vector<Znode*> all{top};
  for (size_t i = 0; i < kLevels; ++i) {
    Znode* below = Znode::make("d");
    below->parent = node;
    node = all.emplace_back(below);
  }
  std::string path = node->path();
  REQUIRE(path.size() == 2 * kLevels);
  REQUIRE(node->has_path(path));
  path[1] = 'e';
  REQUIRE_FALSE(node->has_path(path));
  for (Znode* each : all) Znode::destroy(each);
}

TEST_CASE("a name of a megabyte is a name") {
  TreeFixture f;
  std::string path = "/" + std::string(1 << 20, 'x');
  REQUIRE(f.create(path, "data").err == ErrorCode::kOk);
  std::string below = path + "/y";
  REQUIRE(f.create(below).err == ErrorCode::kOk);
  REQUIRE(f.exists(below));
  path.back() = 'y';
  REQUIRE_FALSE(f.exists(path));
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
}

TEST_CASE("a node has any number of children") {
  TreeFixture f;
  f.create("/p");
  std::string path;
  for (int i = 0; i < 200000; ++i) {
    path = "/p/" + std::to_string(i);
    Txn txn = make_txn(i + 10, OpCode::kCreate,
                       CreateTxn{path, std::nullopt, acl_views(kOpen), false, i + 1});
    f.writer.recycle(f.apply(txn));
  }
  REQUIRE(f.stat("/p").num_children == 200000);
  REQUIRE(f.tree.count_descendants("/p") == 200000);
  uint32_t position = 0;
  int64_t names = 0;
  for (;;) {
    int64_t now = 0;
    ReadLock lock = f.tree.read("/p");
    position = lock.node().for_children_from(position, 1000, [&](ByteView) { ++now; });
    names += now;
    if (now < 1000) break;
  }
  REQUIRE(names == 200000);
}

}  // namespace okapi
