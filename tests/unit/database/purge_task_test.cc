#include "server/database/purge_task.h"

#include <catch2/catch.hpp>

#include "tests/support/database_world.h"
#include "tests/support/disk_env.h"

using namespace okapi;

namespace {

constexpr Nanos kInterval = std::chrono::hours(1);

// A directory with five snapshots, and the stage that is to leave three.
struct Fixture {
  Fixture() : server(disk), env(disk, server.world) {
    REQUIRE(server.start().ok());
    for (int64_t i = 1; i <= 4; ++i) add_snapshot(i);
    task.emplace(env, leases, PurgeOptions{.snapshots = kVersionDir, .logs = kVersionDir},
                 kInterval);
  }
  void add_snapshot(int64_t zxid) {
    server.apply(create_txn(Zxid(zxid), "/n" + std::to_string(zxid), "x"));
    REQUIRE(write_snapshot(disk, server.database(), {.directory = kVersionDir}).ok());
  }
  // Whether the stage wants another step at once.
  bool step() {
    Turn turn(server.world.clock.time, false);
    task->step(turn);
    deadline = turn.deadline();
    return turn.wants_again();
  }
  void run() {
    while (step()) {
    }
  }
  size_t snapshots() { return list_snapshots(disk, kVersionDir)->size(); }

  ImageDisk disk;
  DatabaseWorld server;
  TestEnv env;
  TreeLeases leases;
  std::optional<PurgeTask> task;
  std::optional<MonoTime> deadline;
};

}  // namespace

TEST_CASE("purge runs at the start and then once per interval") {
  Fixture f;
  REQUIRE(f.snapshots() == 5);
  f.run();
  CHECK(f.snapshots() == 3);
  CHECK(f.task->rounds().get() == 1);
  REQUIRE(f.deadline.has_value());
  CHECK(*f.deadline == f.server.world.clock.time + kInterval);

  f.add_snapshot(5);
  f.run();
  CHECK(f.snapshots() == 4);  // not yet
  f.server.world.clock.time += kInterval;
  f.run();
  CHECK(f.snapshots() == 3);
  CHECK(f.task->removed().get() == 3);
}

TEST_CASE("purge gives its lease back when it is recalled, and tries again") {
  Fixture f;
  REQUIRE(f.step());
  CHECK(!f.leases.all_home());
  f.leases.recall(nullptr);
  CHECK(!f.step());
  CHECK(f.leases.all_home());
  CHECK(f.snapshots() == 5);
  f.server.world.clock.time = *f.deadline;
  CHECK(!f.step());  // none is given
  f.leases.allow();
  f.server.world.clock.time = *f.deadline;
  f.run();
  CHECK(f.snapshots() == 3);
}
