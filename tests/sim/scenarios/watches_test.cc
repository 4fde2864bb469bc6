// Watches while servers are brought up, clients move, and watchers are slow.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

Call add_watch(const std::string& path, AddWatchMode mode) {
  return {.op = OpCode::kAddWatch, .path = path, .kind = static_cast<int32_t>(mode)};
}
Call children(const std::string& path) { return {.op = OpCode::kGetChildren, .path = path}; }

TEST_CASE("diff_watch: changes that a follower gets when its link comes back fire its watches") {
  for (int away_ms = 100; away_ms <= 4000; away_ms += 300) {
    Scenario scenario({}, static_cast<uint64_t>(away_ms));
    int leader = scenario.begin();
    int follower = other_than(leader);
    size_t writer = scenario.client(leader), watcher = scenario.client(follower, Millis(10'000));
    scenario.ask(writer, create("/a"));
    scenario.ask(writer, create("/gone"));
    scenario.ask(watcher, sync());
    scenario.ask(watcher, watching(get("/a")));
    scenario.ask(watcher, watching(get("/gone")));
    scenario.ask(watcher, watching(exists("/new")));
    scenario.ask(watcher, watching(children("/")));
    scenario.ask(watcher, add_watch("/a", AddWatchMode::kPersistentRecursive));
    scenario.cut(leader, follower);
    scenario.ask(writer, set("/a", "y"));
    scenario.ask(writer, remove("/gone"));
    scenario.ask(writer, create("/new"));
    scenario.run_for(Millis(away_ms));
    scenario.heal();
    scenario.wait_for(follower);
    scenario.ask(watcher, sync());
    for (const char* path : {"/a", "/gone", "/new", "/"}) {
      INFO(path << " after " << away_ms);
      CHECK(scenario.events(watcher, path) >= 1);
    }
    scenario.end();
  }
}

TEST_CASE("zk_1412: a change while a session takes its watches to another server is not missed") {
  for (int after_us = 0; after_us <= 24'000; after_us += 600) {
    Scenario scenario({}, static_cast<uint64_t>(after_us) + 1);
    int leader = scenario.begin();
    int from = other_than(leader), to = other_than(leader, from);
    size_t writer = scenario.client(leader), watcher = scenario.client(from);
    scenario.ask(writer, create("/a"));
    scenario.ask(watcher, sync());
    scenario.ask(watcher, watching(get("/a")));
    scenario.ask(watcher, watching(exists("/b")));
    scenario.ask(watcher, watching(children("/")));
    scenario.move(watcher, to);
    scenario.run_for(Micros(after_us));
    scenario.ask(writer, set("/a", "y"));
    scenario.ask(writer, create("/b"));
    scenario.ask(watcher, sync());
    scenario.run_for(Millis(100));
    scenario.ask(watcher, sync());
    for (const char* path : {"/a", "/b", "/"}) CHECK(scenario.events(watcher, path) == 1);
    scenario.end();
  }
}

TEST_CASE("zk_4466, zk_4475: modes of watches on one path do not disturb one another") {
  Scenario scenario({}, GENERATE(range(uint64_t{1}, uint64_t{4})));
  int leader = scenario.begin();
  size_t writer = scenario.client(leader), watcher = scenario.client(other_than(leader));
  scenario.ask(writer, create("/a"));
  scenario.ask(writer, create("/a/b"));
  scenario.ask(watcher, sync());
  scenario.ask(watcher, add_watch("/a", AddWatchMode::kPersistentRecursive));
  scenario.ask(watcher, add_watch("/a/b", AddWatchMode::kPersistent));
  scenario.ask(watcher, watching(children("/a")));
  scenario.ask(watcher, watching(get("/a/b")));
  // One event for the node; none for the children of a recursive watch's path.
  scenario.ask(writer, set("/a/b", "y"));
  scenario.ask(writer, create("/a/b/c"));
  scenario.ask(watcher, sync());
  CHECK(scenario.events(watcher, "/a/b") == 2);  // changed; its children, for the persistent one
  CHECK(scenario.events(watcher, "/a/b/c") == 1);
  CHECK(scenario.events(watcher, "/a") == 0);
  Call no_more{.op = OpCode::kRemoveWatches,
               .path = "/a/b",
               .kind = static_cast<int32_t>(WatcherType::kPersistent)};
  scenario.ask(watcher, no_more);
  scenario.ask(writer, set("/a/b", "z"));
  scenario.ask(writer, create("/a/d"));
  scenario.ask(watcher, sync());
  CHECK(scenario.events(watcher, "/a/b") == 3);  // for the recursive one
  CHECK(scenario.events(watcher, "/a/d") == 1);
  CHECK(scenario.events(watcher, "/a") == 1);  // the one-shot on its children
  scenario.end();
}

TEST_CASE("watch_starved: a watcher that reads late gets each event, or has lost its connection") {
  Scenario scenario({}, GENERATE(range(uint64_t{1}, uint64_t{6})));
  int leader = scenario.begin();
  int follower = other_than(leader);
  size_t writer = scenario.client(leader), watcher = scenario.client(follower, Millis(10'000));
  std::string path = "/" + std::string(900, 'a');
  scenario.ask(writer, create(path));
  scenario.ask(watcher, sync());
  scenario.ask(watcher, add_watch(path, AddWatchMode::kPersistent));
  scenario.all().clients().pause(watcher, Millis(3000));
  constexpr int kChanges = 400;
  for (int i = 0; i < kChanges; ++i) scenario.send(writer, set(path, "y"));
  scenario.ask(writer, sync());
  scenario.run_for(Millis(4000));
  scenario.ask(watcher, sync());
  const auto& connections = scenario.all().clients().history().clients[watcher].connections;
  if (connections.size() == 1) CHECK(scenario.events(watcher, path) == kChanges);
  scenario.end();
}

}  // namespace
}  // namespace okapi::sim
