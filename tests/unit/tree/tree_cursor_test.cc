#include "server/tree/tree_cursor.h"

#include <catch2/catch.hpp>
#include <set>

#include "common/base/random.h"
#include "tests/unit/tree/tree_fixture.h"

namespace okapi {
namespace {

std::vector<std::string> rest_of(TreeCursor& cursor) {
  std::vector<std::string> out;
  while (cursor.next_slice(7, [&](ByteView path, const NodeView&) { out.emplace_back(path); })) {
  }
  return out;
}

}  // namespace

TEST_CASE("a walk meets every node once, parents first") {
  TreeFixture f;
  std::deque<std::string> paths;
  for (int i = 0; i < 700; ++i) f.create(paths.emplace_back("/n" + std::to_string(i)));
  for (int i = 0; i < 700; i += 3) f.create(paths.emplace_back("/n" + std::to_string(i) + "/x"));
  TreeCursor cursor(f.tree, Zxid(f.zxid));
  std::vector<std::string> walked = rest_of(cursor);
  std::set<std::string> seen;
  for (const std::string& path : walked) {
    if (path != "/")
      REQUIRE((parent_of(path).empty() || seen.contains(std::string(parent_of(path)))));
    REQUIRE(seen.insert(path).second);
  }
  REQUIRE(walked.front() == "/");
  REQUIRE(seen.size() == static_cast<size_t>(f.tree.node_count()));
  REQUIRE(rest_of(cursor).empty());
}

TEST_CASE("a walk may start below the root, or at nothing") {
  TreeFixture f;
  f.create("/a");
  f.create("/a/b");
  f.create("/ab");
  TreeCursor cursor(f.tree, Zxid(99), "/a");
  REQUIRE(rest_of(cursor) == std::vector<std::string>{"/a", "/a/b"});
  TreeCursor nothing(f.tree, Zxid(99), "/none");
  REQUIRE(rest_of(nothing).empty());
}

TEST_CASE("nodes younger than the stamp are skipped with all below them") {
  TreeFixture f;
  f.create("/old");
  Zxid stamp(f.zxid);
  f.create("/old/young");
  f.create("/young");
  f.create("/young/x");
  TreeCursor cursor(f.tree, stamp);
  std::vector<std::string> walked = rest_of(cursor);
  REQUIRE(std::find(walked.begin(), walked.end(), "/old") != walked.end());
  REQUIRE(walked.size() == 5);
}

TEST_CASE("a node deleted and made again ahead of the walk is not met twice") {
  TreeFixture f;
  for (ByteView path : {"/a", "/b", "/c"}) f.create(path);
  TreeCursor cursor(f.tree, Zxid(f.zxid));
  std::vector<std::string> walked;
  auto note = [&](ByteView path, const NodeView&) { walked.emplace_back(path); };
  // Until /a was met, its names not beyond the first handful.
  while (std::find(walked.begin(), walked.end(), "/a") == walked.end()) {
    REQUIRE(cursor.next_slice(1, note));
  }
  f.remove("/a");
  f.create("/new");
  f.create("/a");
  for (const std::string& path : rest_of(cursor)) walked.push_back(path);
  REQUIRE(std::count(walked.begin(), walked.end(), "/a") == 1);
  REQUIRE(std::count(walked.begin(), walked.end(), "/c") == 1);
  REQUIRE(std::count(walked.begin(), walked.end(), "/new") == 0);
}

TEST_CASE("under any writes, what is older than the stamp and stays is met exactly once") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Rng rng(seed);
    TreeFixture f;
    std::deque<std::string> kept;
    auto random_path = [&]() -> ByteView {
      std::string path = "/" + std::to_string(rng.below(500));
      if (rng.chance(1, 2)) path += "/" + std::to_string(rng.below(10));
      return kept.emplace_back(path);
    };
    auto write = [&] {
      ByteView path = random_path();
      if (f.exists(path)) {
        f.remove(path);
      } else {
        f.create(path);
      }
    };
    for (int i = 0; i < 1500; ++i) write();
    std::map<std::string, Zxid> before;
    for (const auto& [path, node] : copy_of(f.tree)) before[path] = node.stat.czxid;
    TreeCursor cursor(f.tree, Zxid(f.zxid));
    std::map<std::string, int> met;
    auto note = [&](ByteView path, const NodeView&) { ++met[std::string(path)]; };
    while (cursor.next_slice(1 + rng.below(20), note)) {
      for (uint64_t i = rng.below(20); i > 0; --i) write();
    }
    for (const auto& [path, times] : met) {
      INFO(seed << " " << path);
      REQUIRE(times == 1);
      REQUIRE(before.contains(path));
    }
    for (const auto& [path, czxid] : before) {
      INFO(seed << " " << path);
      bool stayed = f.exists(path) && f.stat(path).czxid == czxid;
      if (stayed) REQUIRE(met.contains(path));
    }
  }
}

}  // namespace okapi
