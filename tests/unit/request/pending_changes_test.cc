#include "server/request/pending_changes.h"

#include <catch2/catch.hpp>

#include "server/tree/tree_loader.h"
#include "server/tree/tree_writer.h"

using namespace okapi;

namespace {

const SessionId kSession{7};

NodeState node_of(int64_t owner) {
  NodeState state;
  state.exists = true;
  state.stat.ephemeral_owner = owner;
  return state;
}

struct World {
  World() : tree(TreeOptions{.extended_types = true}), writer(tree.take_writer()) {
    TreeLoader::initialize_empty(writer);
    tree.set_last_applied(Zxid());
  }
  DataTree tree;
  TreeWriter writer;
};

void change(PendingChanges& pending, ByteView path, const NodeState& to, Zxid zxid) {
  pending.change(path, pending.get(path), to, zxid);
}

}  // namespace

TEST_CASE("the paths of a session's ephemerals count until they are deleted") {
  World world;
  PendingChanges pending(world.tree);
  NodeState mine = node_of(kSession.value());
  change(pending, "/mine", mine, Zxid(1));
  change(pending, "/container", node_of(kContainerOwner), Zxid(2));
  change(pending, "/ttl", node_of(ttl_owner(5)), Zxid(3));
  change(pending, "/plain", node_of(0), Zxid(4));
  CHECK(pending.ephemeral_bytes_of(kSession) == 4 + 5);
  CHECK(pending.ephemeral_bytes_of(SessionId(kContainerOwner)) == 0);

  NodeState changed = mine;
  changed.stat.version = 1;
  change(pending, "/mine", changed, Zxid(5));
  CHECK(pending.ephemeral_bytes_of(kSession) == 4 + 5);
  change(pending, "/mine", NodeState(), Zxid(6));
  CHECK(pending.ephemeral_bytes_of(kSession) == 0);
}

TEST_CASE("a multi that is taken back leaves nothing behind") {
  World world;
  PendingChanges pending(world.tree);
  NodeState mine = node_of(kSession.value());
  change(pending, "/mine", mine, Zxid(1));
  uint64_t digest = pending.digest();
  pending.begin_multi();
  change(pending, "/mine", NodeState(), Zxid(2));
  change(pending, "/other", mine, Zxid(2));
  CHECK(pending.ephemeral_bytes_of(kSession) == 4 + 6);
  pending.roll_back_multi();
  CHECK(pending.ephemeral_bytes_of(kSession) == 4 + 5);
  CHECK(pending.get("/mine").exists);
  CHECK(!pending.get("/other").exists);
  CHECK(pending.digest() == digest);
  CHECK(pending.ephemerals_of(kSession) == std::vector<std::string>{"/mine"});
}

TEST_CASE("what is applied is forgotten, what came later stays") {
  World world;
  PendingChanges pending(world.tree);
  NodeState first = node_of(0);
  NodeState second = first;
  second.stat.version = 1;
  change(pending, "/a", first, Zxid(1));
  change(pending, "/a", second, Zxid(2));
  change(pending, "/b", first, Zxid(3));
  world.tree.set_last_applied(Zxid(1));
  pending.prune();
  CHECK(pending.size() == 2);
  CHECK(pending.get("/a").stat.version == 1);
  world.tree.set_last_applied(Zxid(3));
  pending.prune();
  CHECK(pending.size() == 0);
  CHECK(!pending.get("/a").exists);  // of this tree
}
