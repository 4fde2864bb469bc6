#include <catch2/catch.hpp>

#include "server/tree/tree_state.h"
#include "tests/unit/tree/tree_fixture.h"

namespace okapi {
namespace {

const AclList kRead = {{Perms::kRead, "world", "anyone"}};

struct SubList {
  std::deque<std::string> encoded;
  MultiTxn multi;
  template <class Body>
  SubList& add(OpCode type, const Body& body) {
    encoded.push_back(jute::encoded(body));
    multi.subs.items.push_back({static_cast<int32_t>(type), encoded.back()});
    return *this;
  }
};

std::vector<std::pair<EventType, std::string>> named(const Applied& done) {
  std::vector<std::pair<EventType, std::string>> out;
  for (const TreeEvent& event : done.events) out.emplace_back(event.type, event.path);
  return out;
}

}  // namespace

TEST_CASE("a fresh tree is the reference's") {
  TreeFixture f;
  REQUIRE(f.tree.node_count() == 4);
  REQUIRE(f.tree.digest() == 0x51c6d660);
  REQUIRE(f.tree.recompute_digest() == 0x51c6d660);
  REQUIRE(f.stat("/").cversion == -1);
  REQUIRE(f.stat("/").num_children == 1);
  REQUIRE(f.stat("/zookeeper").cversion == -2);
  REQUIRE(f.stat("/zookeeper/config").aversion == -1);
  ReadLock config = f.tree.read("/zookeeper/config");
  REQUIRE(config.node().acl().list() == kRead);
  REQUIRE(config.node().acl().id() == 1);
}

TEST_CASE("the empty path is the root, other spellings are nothing") {
  TreeFixture f;
  f.create("/a");
  REQUIRE(f.tree.read("").found());
  REQUIRE(f.tree.read("").node().path() == "/");
  for (ByteView wrong : {"a", "/a/", "//a", "//", "/b", "a/"}) REQUIRE_FALSE(f.exists(wrong));
  for (ByteView wrong : {"a", "/a/", "//a", "//", "/a//b"}) {
    REQUIRE(f.create(wrong).err != ErrorCode::kOk);
  }
  REQUIRE(f.create("/").err == ErrorCode::kNodeExists);
  REQUIRE(f.remove("/").err == ErrorCode::kBadArguments);
  REQUIRE(f.tree.node_count() == 5);
}

TEST_CASE("a create sets the node's stat and its parent's counter") {
  TreeFixture f;
  Applied done = f.create("/a", "data", kRead);
  REQUIRE(done.err == ErrorCode::kOk);
  REQUIRE(done.path == "/a");
  Stat expected;
  expected.czxid = expected.mzxid = expected.pzxid = Zxid(1);
  expected.ctime = expected.mtime = 1001;
  expected.data_length = 4;
  REQUIRE(done.stat == expected);
  REQUIRE(f.stat("/a") == expected);
  Stat root = f.stat("/");
  REQUIRE(root.cversion == 2 * 1 - 2);
  REQUIRE(root.pzxid == Zxid(1));
  REQUIRE(root.mzxid == Zxid(0));
  REQUIRE(done.events.size() == 1);
  REQUIRE(done.events[0].type == EventType::kNodeCreated);
  REQUIRE(done.events[0].path == "/a");
  REQUIRE(done.events[0].parent == "/");
  REQUIRE(done.events[0].acl.list() == kRead);
  REQUIRE(done.events[0].parent_acl.is_open());
  REQUIRE(f.create("/x/y").err == ErrorCode::kNoNode);
  REQUIRE(f.create("/a").err == ErrorCode::kNodeExists);
  REQUIRE(f.stat("/").pzxid == Zxid(1));
}

TEST_CASE("the parent's counter only rises, and its pzxid with it") {
  TreeFixture f;
  f.create("/a", "", kOpen, 7);
  REQUIRE(f.tree.read("/").node().stored_stat().cversion == 7);
  f.create("/b", "", kOpen, 5);
  REQUIRE(f.tree.read("/").node().stored_stat().cversion == 7);
  REQUIRE(f.stat("/").pzxid == Zxid(1));
  // Compat: after an overflow it sticks.
  f.create("/c", "", kOpen, INT32_MAX);
  f.create("/d", "", kOpen, INT32_MIN);
  f.create("/e", "", kOpen, -1);
  REQUIRE(f.tree.read("/").node().stored_stat().cversion == INT32_MAX);
  REQUIRE(f.stat("/").pzxid == Zxid(3));
  REQUIRE(f.exists("/e"));
}

TEST_CASE("null and empty data are different and both have length 0") {
  TreeFixture f;
  f.create("/null", std::nullopt);
  f.create("/empty", "");
  REQUIRE_FALSE(f.tree.read("/null").node().data().has_value());
  REQUIRE(f.tree.read("/empty").node().data() == NullableView(""));
  REQUIRE(f.stat("/null").data_length == 0);
  f.set("/null", "x", 1);
  f.set("/null", std::nullopt, 2);
  REQUIRE_FALSE(f.tree.read("/null").node().data().has_value());
}

TEST_CASE("setData and setACL touch what they should and nothing else") {
  TreeFixture f;
  f.create("/a", "one");
  Applied set = f.set("/a", "three", 9);
  REQUIRE(set.stat == f.stat("/a"));
  REQUIRE(set.stat.version == 9);
  REQUIRE(set.stat.mzxid == Zxid(2));
  REQUIRE(set.stat.mtime == 1002);
  REQUIRE(set.stat.data_length == 5);
  REQUIRE(named(set) ==
          std::vector<std::pair<EventType, std::string>>{{EventType::kNodeDataChanged, "/a"}});
  Applied acl = f.run(OpCode::kSetAcl, SetAclTxn{"/a", acl_views(kRead), 4});
  Stat expected = set.stat;
  expected.aversion = 4;
  REQUIRE(acl.stat == expected);
  REQUIRE(acl.events.empty());
  REQUIRE(f.tree.read("/a").node().acl().list() == kRead);
  REQUIRE(f.set("/none", "", 1).err == ErrorCode::kNoNode);
  REQUIRE(f.run(OpCode::kSetAcl, SetAclTxn{"/none", acl_views(kRead), 4}).err ==
          ErrorCode::kNoNode);
  REQUIRE(f.set("", "root", 1).err == ErrorCode::kOk);
  REQUIRE(f.data("/") == "root");
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
}

TEST_CASE("data that a reader took outlives the change") {
  TreeFixture f;
  f.create("/a", "before");
  SharedBytes kept = f.tree.read("/a").node().data_block();
  AclRef acl = f.tree.read("/zookeeper/config").node().acl();
  f.set("/a", "after", 1);
  f.remove("/a");
  REQUIRE(kept.view() == "before");
  REQUIRE(acl.list() == kRead);
}

TEST_CASE("a delete raises the parent's pzxid and tells the ACL the node had") {
  TreeFixture f;
  f.create("/a");
  f.create("/a/b", "", kRead);
  REQUIRE(f.remove("/a").err == ErrorCode::kNotEmpty);
  Applied done = f.remove("/a/b");
  REQUIRE(done.events.size() == 1);
  REQUIRE(done.events[0].type == EventType::kNodeDeleted);
  REQUIRE(done.events[0].acl.list() == kRead);
  REQUIRE(done.events[0].parent == "/a");
  REQUIRE(f.stat("/a").pzxid == Zxid(4));
  REQUIRE(f.stat("/a").cversion == 2);
  Stat before = f.stat("/a");
  REQUIRE(f.remove("/a/b").err == ErrorCode::kNoNode);
  REQUIRE(f.stat("/a") == before);
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
}

TEST_CASE("containers and TTL nodes hide their owner, ephemerals show it") {
  TreeFixture f(TreeOptions{.extended_types = true});
  f.create_ephemeral("/e", 0x77);
  f.create_container("/c");
  f.create_ttl("/t", 10000);
  REQUIRE(f.stat("/e").ephemeral_owner == 0x77);
  REQUIRE(f.stat("/c").ephemeral_owner == 0);
  REQUIRE(f.stat("/t").ephemeral_owner == 0);
  REQUIRE(f.tree.read("/c").node().owner_raw() == INT64_MIN);
  REQUIRE(static_cast<uint64_t>(f.tree.read("/t").node().owner_raw()) == 0xff00000000002710);
  REQUIRE(f.tree.read("/e").node().is_ephemeral());
  REQUIRE_FALSE(f.tree.read("/t").node().is_ephemeral());
  REQUIRE(f.tree.ephemerals_count() == 1);
  TreeFixture plain;
  plain.create_ttl("/t", 10000);
  plain.create_container("/c");
  REQUIRE(static_cast<uint64_t>(plain.stat("/t").ephemeral_owner) == 0xff00000000002710);
  REQUIRE(plain.tree.ephemerals_count() == 1);
}

TEST_CASE("emulated 3.5.3 owners are TTL nodes") {
  TreeOptions options{.extended_types = true, .emulate_353_ttl = true};
  REQUIRE(node_kind(INT64_MIN + 5000, options) == NodeKind::kTtl);
  REQUIRE(node_kind(INT64_MIN, options) == NodeKind::kContainer);
  REQUIRE(node_kind(7, options) == NodeKind::kEphemeral);
  options.emulate_353_ttl = false;
  REQUIRE(node_kind(INT64_MIN + 5000, options) == NodeKind::kEphemeral);
}

TEST_CASE("closing a session deletes the listed paths in order, then the rest of its own") {
  TreeFixture f;
  f.create("/p");
  for (ByteView path : {"/e1", "/p/e2", "/e3"}) f.create_ephemeral(path, 5);
  f.create_ephemeral("/other", 6);
  REQUIRE(f.tree.ephemerals_of(SessionId(5)).size() == 3);
  Applied done = f.close(5, {"/p/e2", "/gone", "/e1"});
  REQUIRE(done.session_closed);
  REQUIRE(named(done) ==
          std::vector<std::pair<EventType, std::string>>{{EventType::kNodeDeleted, "/p/e2"},
                                                         {EventType::kNodeDeleted, "/e1"},
                                                         {EventType::kNodeDeleted, "/e3"}});
  REQUIRE(f.tree.ephemerals_of(SessionId(5)).empty());
  REQUIRE(f.tree.ephemerals_of(SessionId(6)) == std::vector<std::string>{"/other"});
  REQUIRE(f.tree.ephemerals_count() == 1);
  REQUIRE(f.stat("/p").pzxid.value() == f.zxid);
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
  int sessions = 0;
  f.tree.for_each_session_with_ephemerals([&](SessionId id, const std::vector<std::string>& paths) {
    ++sessions;
    REQUIRE(id == SessionId(6));
    REQUIRE(paths.size() == 1);
  });
  REQUIRE(sessions == 1);
}

TEST_CASE("createSession, check and error change nothing") {
  TreeFixture f;
  uint64_t digest = f.tree.digest();
  REQUIRE(f.run(OpCode::kCreateSession, CreateSessionTxn{4000}, 9).session_created);
  REQUIRE(f.run(OpCode::kError, ErrorTxn{-101}).err == ErrorCode::kNoNode);
  REQUIRE(f.tree.digest() == digest);
  REQUIRE(f.tree.node_count() == 4);
}

TEST_CASE("a multi applies its subs in order, each stat as of its sub") {
  TreeFixture f;
  SubList subs;
  subs.add(OpCode::kCreate, CreateTxn{"/m", "1", acl_views(kOpen), false, 2})
      .add(OpCode::kCreate2, CreateTxn{"/m/n", "22", acl_views(kRead), true, 1})
      .add(OpCode::kSetData, SetDataTxn{"/m", "333", 1})
      .add(OpCode::kCheck, CheckTxn{"/m", 1})
      .add(OpCode::kDelete, DeleteTxn{"/m/n"});
  Applied done = f.run(OpCode::kMulti, subs.multi, 3);
  REQUIRE(done.err == ErrorCode::kOk);
  REQUIRE(done.subs.size() == 5);
  REQUIRE(done.subs[0].stat.num_children == 0);
  REQUIRE(done.subs[0].stat.data_length == 1);
  REQUIRE(done.subs[0].path == "/m");
  REQUIRE(done.subs[1].type == static_cast<int32_t>(OpCode::kCreate2));
  REQUIRE(done.subs[1].stat.ephemeral_owner == 3);
  REQUIRE(done.subs[2].stat.num_children == 1);
  REQUIRE(done.subs[2].stat.data_length == 3);
  REQUIRE(named(done) ==
          std::vector<std::pair<EventType, std::string>>{{EventType::kNodeCreated, "/m"},
                                                         {EventType::kNodeCreated, "/m/n"},
                                                         {EventType::kNodeDataChanged, "/m"},
                                                         {EventType::kNodeDeleted, "/m/n"}});
  REQUIRE(f.tree.ephemerals_count() == 0);
  REQUIRE(f.stat("/m").pzxid == Zxid(1));
}

TEST_CASE("a multi with an error sub applies nothing") {
  TreeFixture f;
  SubList subs;
  subs.add(OpCode::kCreate, CreateTxn{"/m", "1", acl_views(kOpen), false, 2})
      .add(OpCode::kError, ErrorTxn{-103})
      .add(OpCode::kError, ErrorTxn{-2});
  Applied done = f.run(OpCode::kMulti, subs.multi);
  REQUIRE(done.err == ErrorCode::kBadVersion);
  REQUIRE(done.subs.size() == 3);
  REQUIRE(done.subs[0].err == ErrorCode::kOk);
  REQUIRE(done.subs[0].type == -1);
  REQUIRE(done.subs[2].err == ErrorCode::kRuntimeInconsistency);
  REQUIRE(done.events.empty());
  REQUIRE_FALSE(f.exists("/m"));
  SubList alien;
  alien.add(OpCode::kCreate, CreateTxn{"/m", "1", acl_views(kOpen), false, 2});
  alien.add(OpCode::kMulti, MultiTxn{});
  REQUIRE(f.run(OpCode::kMulti, alien.multi).err == ErrorCode::kMarshallingError);
  REQUIRE_FALSE(f.exists("/m"));
}

TEST_CASE("the touched shards stay locked until the result goes") {
  TreeFixture f;
  Txn txn = make_txn(1, OpCode::kCreate, CreateTxn{"/a", "", acl_views(kOpen), true, -1}, 5);
  Applied done = f.apply(txn);
  const TreeState& state = f.tree.state();
  REQUIRE(done.lock.holds(state.shard_of_path("/a")));
  REQUIRE(done.lock.holds(state.shard_of_path("/")));
  REQUIRE(done.lock.holds(state.shard_of_owner(5)));
  uint32_t other = 0;
  while (done.lock.holds(other)) ++other;
  REQUIRE(other < kTreeShards);
  f.writer.recycle(std::move(done));
  REQUIRE(f.tree.read("/a").found());
}

TEST_CASE("there is one writer at a time") {
  DataTree tree;
  {
    TreeWriter writer = tree.take_writer();
    TreeWriter moved = std::move(writer);
    REQUIRE(tree.state().writer_taken);
  }
  REQUIRE_FALSE(tree.state().writer_taken);
  TreeWriter again = tree.take_writer();
}

TEST_CASE("several paths are read in one hold") {
  TreeFixture f;
  f.create("/a", "1");
  f.create("/b", "2");
  std::vector<ByteView> paths = {"/a", "/b", "/none", "", "/a"};
  MultiReadLock lock = f.tree.read_all(paths);
  REQUIRE(lock.find("/a")->data() == NullableView("1"));
  REQUIRE(lock.find("/b")->data() == NullableView("2"));
  REQUIRE_FALSE(lock.find("/none").has_value());
  REQUIRE(lock.find("")->path() == "/");
}

TEST_CASE("descendants are counted") {
  TreeFixture f;
  f.create("/a");
  f.create("/a/b");
  f.create("/a/b/c");
  REQUIRE(f.tree.count_descendants("/") == 6);
  REQUIRE(f.tree.count_descendants("/a") == 2);
  REQUIRE(f.tree.count_descendants("/a/b/c") == 0);
  REQUIRE_FALSE(f.tree.count_descendants("/none").has_value());
  std::deque<std::string> names;
  for (int i = 0; i < 12000; ++i) f.create(names.emplace_back("/a/" + std::to_string(i)));
  REQUIRE(f.tree.count_descendants("/a") == 12002);
}

TEST_CASE("the reaper's candidates: used empty containers and late TTL nodes") {
  TreeFixture f(TreeOptions{.extended_types = true});
  f.create_container("/never");
  f.create_container("/used");
  f.create("/used/x");
  f.remove("/used/x");
  f.create_container("/full");
  f.create("/full/x");
  f.create_ttl("/late", 10);
  f.create_ttl("/early", 100000);
  f.create_ttl("/parent", 10);
  f.create("/parent/x");
  auto candidates = [&](int64_t now, int64_t never_used) {
    std::vector<std::string> out;
    ReaperPosition position;
    while (!position.done) {
      for (auto& path : f.tree.reaper_candidates({now, never_used}, position, 2)) {
        out.push_back(path);
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  REQUIRE(candidates(1000 + 7 + 10, 0) == std::vector<std::string>{"/used"});
  REQUIRE(candidates(1000 + 7 + 11, 0) == std::vector<std::string>{"/late", "/used"});
  REQUIRE(candidates(2000, 500) == std::vector<std::string>{"/late", "/never", "/used"});
  f.set("/late", "", 1);
  REQUIRE(candidates(1000 + 7 + 11, 0) == std::vector<std::string>{"/used"});
  f.remove("/used");
  REQUIRE(candidates(1000, 0).empty());
}

TEST_CASE("the configuration node can be set without a txn") {
  TreeFixture f;
  uint64_t digest = f.tree.digest();
  f.writer.put_config("server.1=x\nversion=100000000", Zxid(0x100000000), 77);
  Stat stat = f.stat("/zookeeper/config");
  REQUIRE(stat.version == -1);
  REQUIRE(stat.aversion == -1);
  REQUIRE(stat.mzxid == Zxid(0x100000000));
  REQUIRE(stat.mtime == 77);
  REQUIRE(stat.czxid == Zxid(0));
  REQUIRE(f.tree.digest() == digest);
}

TEST_CASE("orphans are found and a dead session is killed without a txn") {
  TreeFixture f;
  f.create_ephemeral("/a", 1);
  f.create_ephemeral("/b", 2);
  auto orphans = f.writer.ephemerals_without([](SessionId id) { return id == SessionId(1); });
  REQUIRE(orphans.size() == 1);
  REQUIRE(orphans[0].session == SessionId(2));
  REQUIRE(orphans[0].path == "/b");
  f.writer.kill_session(SessionId(2), Zxid(2));
  REQUIRE_FALSE(f.exists("/b"));
  REQUIRE(f.exists("/a"));
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
}

TEST_CASE("digests off cost and say nothing") {
  TreeFixture f(TreeOptions{.digest_enabled = false});
  f.create("/a", "x");
  REQUIRE(f.tree.digest() == 0);
  REQUIRE(f.tree.read("/a").node().digest_prefix() == 0);
}

}  // namespace okapi
