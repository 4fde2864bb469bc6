#include "server/tree/tree_loader.h"

#include <catch2/catch.hpp>

#include "tests/unit/tree/tree_fixture.h"

namespace okapi {
namespace {

struct Loading {
  DataTree tree{TreeOptions{.extended_types = true}};
  TreeWriter writer = tree.take_writer();
  TreeLoader loader{writer};

  bool add(ByteView path, NullableView data = "", int64_t owner = 0, int64_t acl = kOpenAclId) {
    StatPersisted stat;
    stat.ephemeral_owner = owner;
    return loader.add(path, data, acl, stat).ok();
  }
};

}  // namespace

TEST_CASE("a snapshot's nodes come parent before child, in any order else") {
  Loading l;
  REQUIRE(l.add(""));
  REQUIRE(l.add("/a", "1"));
  REQUIRE(l.add("/a/b", "22"));
  REQUIRE(l.add("/c"));
  REQUIRE(l.add("/a/d"));
  REQUIRE(l.add("/a/b/e", "333", 7));
  REQUIRE(l.add("/box", "", kContainerOwner));
  REQUIRE(l.loader.finish().ok());
  REQUIRE(l.tree.node_count() == 7);
  REQUIRE(l.tree.ephemerals_of(SessionId(7)) == std::vector<std::string>{"/a/b/e"});
  REQUIRE(l.tree.read("/a").node().child_count() == 2);
  REQUIRE(l.tree.digest() == l.tree.recompute_digest());
  ReaperPosition position;
  REQUIRE(l.tree.reaper_candidates({1000, 1}, position, 100) == std::vector<std::string>{"/box"});
}

TEST_CASE("what cannot be a snapshot is refused") {
  REQUIRE_FALSE(Loading().loader.finish().ok());
  Loading l;
  REQUIRE(l.add("/"));
  REQUIRE_FALSE(l.add(""));
  REQUIRE_FALSE(l.add("/a/b"));
  REQUIRE(l.add("/a"));
  REQUIRE_FALSE(l.add("/a"));
  REQUIRE_FALSE(l.add("a"));
  REQUIRE_FALSE(l.add("/a/"));
  REQUIRE_FALSE(l.add("//a"));
  REQUIRE(l.add("/a/b"));
}

TEST_CASE("loading replaces what was there") {
  TreeFixture f;
  f.create_ephemeral("/old", 4);
  f.create("/acl", "", {{1, "world", "anyone"}});
  TreeLoader loader(f.writer);
  REQUIRE(loader.add("", "", kOpenAclId, {}).ok());
  REQUIRE(loader.finish().ok());
  REQUIRE(f.tree.node_count() == 1);
  REQUIRE(f.tree.ephemerals_count() == 0);
  REQUIRE(f.tree.acls().size() == 0);
  REQUIRE_FALSE(f.exists("/old"));
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
}

TEST_CASE("quotas are registered and recounted") {
  Loading l;
  for (ByteView path : {"", "/zookeeper", "/zookeeper/quota", "/zookeeper/quota/a"}) {
    REQUIRE(l.add(path));
  }
  REQUIRE(l.add("/zookeeper/quota/a/zookeeper_limits", "count=3,bytes=-1"));
  REQUIRE(l.add("/zookeeper/quota/a/zookeeper_stats", "stale"));
  REQUIRE(l.add("/a", "12"));
  REQUIRE(l.add("/a/b", "345"));
  REQUIRE(l.loader.finish().ok());
  REQUIRE(l.tree.read("/zookeeper/quota/a/zookeeper_stats").node().data() ==
          NullableView("count=2,bytes=5"));
  REQUIRE(l.tree.check_quota("/a/c", 2, 0).has_value());
}

TEST_CASE("ACL numbers are resolved, unused rows go, missing ones are counted") {
  Loading l;
  l.loader.add_acl(4, {{1, "world", "anyone"}});
  l.loader.add_acl(5, {{2, "world", "anyone"}});
  REQUIRE(l.add("", "", 0, 4));
  REQUIRE(l.add("/lost", "", 0, 17));
  REQUIRE(l.loader.finish().ok());
  REQUIRE(l.loader.unknown_acls() == 1);
  REQUIRE(l.tree.read("/").node().acl().id() == 4);
  REQUIRE(l.tree.read("/lost").node().acl().id() == 17);
  REQUIRE(l.tree.read("/lost").node().acl().list()[0].perms == 0);
  REQUIRE(l.tree.acls().size() == 2);
}

}  // namespace okapi
