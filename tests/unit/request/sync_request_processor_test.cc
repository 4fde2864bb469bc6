// Ordering rule O6: nothing is acknowledged before the sync that covers it has returned.
#include "server/request/sync_request_processor.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_env.h"

using namespace okapi;

namespace {

struct World {
  explicit World(SyncRequestProcessor::Options options = {}) {
    auto made = env.image.make_directories("/log");
    REQUIRE(made.ok());
    env.image.fault = [this](const std::string& call, const std::string&) -> Status {
      if (call == fails_on) return Error{ErrorKind::kIo, "the disk is broken"};
      if (call == "sync") {
        ++syncs;
        env.world.clock.time += sync_takes;
        told_before_sync += logged.box.size();
      }
      return {};
    };
    auto writer = TxnLogWriter::open(env.storage(), {.directory = "/log"}, Zxid());
    REQUIRE(writer.ok());
    sync = std::make_unique<SyncRequestProcessor>(env, options, std::move(*writer));
    sync->txns.attach(bell);
    sync->mark_wanted.attach(bell);
    sync->to_peer = logged.sink();
    sync->to_snapshot = snapshot.sink();
  }
  void log(int64_t from, int64_t to) {
    for (int64_t zxid = from; zxid <= to; ++zxid) sync->txns.post(error_txn(Zxid(zxid)));
  }

  FakeEnv env;
  FakeBell bell;
  Outlet<Logged> logged;
  Outlet<LogProgress> snapshot;
  std::unique_ptr<SyncRequestProcessor> sync;
  std::string fails_on;
  Nanos sync_takes{};
  int syncs = 0;
  size_t told_before_sync = 0;
};

}  // namespace

TEST_CASE("o6_one_batch_is_one_sync_and_is_told_behind_it") {
  World world;
  world.log(1, 5);
  step(*world.sync, world.env);
  CHECK(world.syncs >= 1);
  CHECK(world.told_before_sync == 0);
  auto told = world.logged.take();
  REQUIRE(told.size() == 1);
  CHECK(told[0].zxid == Zxid(5));
  int before = world.syncs;
  world.log(6, 8);
  step(*world.sync, world.env);
  CHECK(world.syncs == before + 1);
  CHECK(world.logged.take().at(0).zxid == Zxid(8));
}

TEST_CASE("o6_a_failed_write_or_sync_ends_the_process_and_is_never_told") {
  for (const char* call : {"sync", "write"}) {
    World world;
    world.log(1, 1);
    step(*world.sync, world.env);
    world.logged.take();
    world.fails_on = call;
    world.log(2, 2);
    CHECK_THROWS_AS(step(*world.sync, world.env), FatalExit);
    CHECK(world.logged.take().empty());
  }
}

TEST_CASE("a_long_batch_goes_in_parts_and_asks_for_another_turn") {
  SyncRequestProcessor::Options options;
  options.batch_bytes_max = 1;
  World world(options);
  world.log(1, 3);
  Turn turn = step(*world.sync, world.env);
  CHECK(turn.wants_again());
  CHECK(world.logged.take().at(0).zxid == Zxid(1));
  step(*world.sync, world.env);
  turn = step(*world.sync, world.env);
  CHECK_FALSE(turn.wants_again());
  CHECK(world.logged.take().back().zxid == Zxid(3));
}

TEST_CASE("a_thread_that_was_lent_does_not_wait_for_a_slow_disk_twice") {
  World world;
  auto logs = [&](int64_t zxid, bool borrowed) {
    world.log(zxid, zxid);
    bool more = step(*world.sync, world.env, borrowed).wants_again();
    bool logged = !world.logged.take().empty();
    CHECK(more == !logged);
    return logged;
  };
  CHECK(logs(1, true));
  world.sync_takes = Millis(6);
  CHECK(logs(2, true));
  CHECK_FALSE(logs(3, true));
  world.sync_takes = Millis(1);
  CHECK(logs(4, false));
  CHECK(logs(5, true));
}

TEST_CASE("mail_that_comes_between_the_parts_of_a_batch_is_not_left_lying") {
  SyncRequestProcessor::Options options;
  options.batch_bytes_max = 1;
  World world(options);
  world.log(1, 2);
  CHECK(step(*world.sync, world.env).wants_again());
  // Rings a stage that is ready already: nobody will ring for it again.
  world.log(3, 3);
  Turn turn = step(*world.sync, world.env);
  CHECK(world.logged.take().back().zxid == Zxid(2));
  REQUIRE(turn.wants_again());
  step(*world.sync, world.env);
  CHECK(world.logged.take().back().zxid == Zxid(3));
}

TEST_CASE("the_hint_catches_up_soon_after_the_last_sync_and_at_the_end") {
  World world;
  auto hint = [&] { return read_synced_mark(world.env.disk(), "/log")->value().zxid; };
  world.log(1, 1);
  step(*world.sync, world.env);
  world.log(2, 2);
  Turn turn = step(*world.sync, world.env);
  REQUIRE(turn.deadline().has_value());
  world.env.world.clock.time = *turn.deadline();
  CHECK_FALSE(step(*world.sync, world.env).deadline().has_value());
  CHECK(hint() == Zxid(2));
  world.log(3, 3);
  world.sync->finish();
  CHECK(hint() == Zxid(3));
}

TEST_CASE("a_roll_comes_between_half_and_all_of_snap_count_and_asks_for_a_snapshot") {
  SyncRequestProcessor::Options options;
  options.snap_count = 100;
  World world(options);
  int64_t last_roll = 0;
  for (int64_t zxid = 1; zxid <= 1000; ++zxid) {
    world.log(zxid, zxid);
    step(*world.sync, world.env);
    for (const LogProgress& progress : world.snapshot.take()) {
      CHECK(progress.synced == Zxid(zxid));
      CHECK(zxid - last_roll > 50);
      CHECK(zxid - last_roll <= 101);
      last_roll = zxid;
    }
  }
  CHECK(last_roll > 800);
}

TEST_CASE("a_snapshot_that_waits_for_a_zxid_is_told_when_the_log_is_synced_past_it") {
  World world;
  world.log(1, 3);
  step(*world.sync, world.env);
  world.sync->mark_wanted.post(Zxid(5));
  step(*world.sync, world.env);
  CHECK(world.snapshot.take().empty());
  world.log(4, 4);
  step(*world.sync, world.env);
  CHECK(world.snapshot.take().empty());
  world.log(5, 6);
  step(*world.sync, world.env);
  auto told = world.snapshot.take();
  REQUIRE(told.size() == 1);
  CHECK(told[0].synced == Zxid(6));
  step(*world.sync, world.env);
  CHECK(world.snapshot.take().empty());
}

TEST_CASE("finish_logs_and_syncs_all_that_was_given") {
  World world;
  world.log(1, 40);
  TxnLogWriter writer = world.sync->finish();
  CHECK(writer.last_synced() == Zxid(40));
}
