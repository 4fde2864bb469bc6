#include "server/database/snapshot_task.h"

#include <catch2/catch.hpp>

#include "tests/support/database_world.h"
#include "tests/support/disk_env.h"

using namespace okapi;

namespace {

// A started server with its Snapshot stage, stepped by hand.
struct Fixture {
  explicit Fixture(size_t slice_nodes = 4) : server(disk), env(disk, server.world) {
    REQUIRE(server.start().ok());
    options.snapshot.directory = kVersionDir;
    options.slice_nodes = slice_nodes;
    options.sync_bytes = 100;
    task.emplace(env, server.database(), leases, options);
    task->progress.attach(bell);
    marks.attach(bell);
    task->mark_wanted = Sink<Zxid>(marks);
  }
  void step() {
    server.world.clock.time += Millis(100);
    Turn turn(server.world.clock.time, false);
    task->step(turn);
  }
  void create(const std::string& path, const std::string& data = "x") {
    server.apply(create_txn(Zxid(++zxid), path, data));
  }
  std::vector<Zxid> wanted() {
    std::vector<Zxid> out;
    marks.drain(out);
    return out;
  }
  std::vector<std::string> snapshots() {
    std::vector<std::string> out;
    auto files = list_snapshots(disk, kVersionDir);
    for (const StoredFile& file : *files) out.push_back(file.name);
    return out;
  }

  ImageDisk disk;
  DatabaseWorld server;
  TestEnv env;
  TreeLeases leases;
  QuietBell bell;
  Mailbox<Zxid> marks;
  SnapshotTaskOptions options;
  std::optional<SnapshotTask> task;
  int64_t zxid = 0;
};

}  // namespace

TEST_CASE("a snapshot gets its name when the log is synced past all it may hold") {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.create("/a" + std::to_string(i));
  f.task->progress.post(LogProgress{Zxid(10), true});
  f.step();
  f.create("/later");  // applied, not synced yet
  for (int i = 0; i < 10; ++i) f.step();
  CHECK(f.wanted() == std::vector<Zxid>{Zxid(11)});
  CHECK(f.snapshots() == std::vector<std::string>{"snapshot.0"});
  f.task->progress.post(LogProgress{Zxid(10), false});
  f.step();
  CHECK(f.snapshots().size() == 1);
  f.task->progress.post(LogProgress{Zxid(11), false});
  f.step();
  CHECK(f.snapshots().front() == "snapshot.a");
  CHECK(f.task->last_stamp() == Zxid(10));
  CHECK(f.task->metrics().written.get() == 1);
  CHECK(f.leases.all_home());
}

namespace {

// Changes the tree at random, as Prep would let a client do.
class Mutator {
 public:
  Mutator(Fixture& fixture, Rng& dice) : f_(fixture), dice_(dice) {}

  EncodedTxn next() {
    Zxid zxid(++f_.zxid);
    EncodedTxn txn = draw(TxnHeader{SessionId(7), 1, zxid, 1000, 0});
    Txn decoded = *decode_txn(txn.bytes.view());
    auto& tree = f_.server.database().tree();
    Applied applied =
        f_.server.database().apply(f_.server.writer(), decoded, txn, ApplyMode::kLive);
    if (applied.err != ErrorCode::kOk) {  // what cannot be done becomes an error txn
      txn = error_txn(zxid);
    } else {
      TxnDigest digest{kDigestVersion, static_cast<int64_t>(tree.digest())};
      txn.bytes = SharedBytes::copy_of(std::string(txn.bytes.view()) + jute::encoded(digest));
    }
    tree.set_last_applied(zxid);
    return txn;
  }

 private:
  EncodedTxn draw(TxnHeader header) {
    std::string path = paths_[dice_.below(paths_.size())];
    uint64_t what = dice_.below(10);
    if (path.empty() || what < 4) return draw_create(header, path);
    if (what < 6) {
      std::erase_if(paths_, [&](const std::string& p) { return p.starts_with(path); });
      header.type = 2;
      return encode_txn(header, DeleteTxn{path}, std::nullopt);
    }
    if (what < 8) {
      std::string id = "acl" + std::to_string(dice_.below(20));
      SetAclTxn body;
      body.path = path;
      body.acl.items = {{Perms::kAll, "digest", id}};
      body.version = static_cast<int32_t>(dice_.below(100));
      header.type = 7;
      return encode_txn(header, body, std::nullopt);
    }
    std::string data = "data" + std::to_string(header.zxid.value());
    header.type = 5;
    return encode_txn(header, SetDataTxn{path, data, 3}, std::nullopt);
  }

  EncodedTxn draw_create(TxnHeader header, const std::string& parent) {
    std::string path = parent + "/n" + std::to_string(dice_.below(30));
    CreateTxn body;
    body.path = path;
    body.data = "d";
    body.acl.items = {{Perms::kAll, "digest", path}};
    {
      ReadLock lock = f_.server.database().tree().read(parent);
      body.parent_cversion = lock.found() ? lock.node().stored_stat().cversion + 1 : 0;
    }
    header.type = 1;
    paths_.push_back(path);
    return encode_txn(header, body, std::nullopt);
  }

  Fixture& f_;
  Rng& dice_;
  std::vector<std::string> paths_ = {""};
};

}  // namespace

TEST_CASE("inv_c4: a fuzzy snapshot and replay give the same state as the log alone") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Rng dice(seed);
    Fixture f(1 + dice.below(5));
    auto log = TxnLogWriter::open(f.server.context(), {.directory = kVersionDir}, Zxid());
    Mutator mutator(f, dice);
    auto change = [&] {
      log->append(mutator.next());
      REQUIRE(log->commit().ok());
    };
    for (int i = 0; i < 40; ++i) change();
    REQUIRE(log->roll().ok());
    f.task->progress.post(LogProgress{Zxid(f.zxid), true});
    while (f.snapshots().size() < 2) {
      f.step();
      for (uint64_t i = dice.below(4); i > 0; --i) change();
      auto wanted = f.wanted();
      if (!wanted.empty()) f.task->progress.post(LogProgress{wanted.back(), false});
    }
    for (int i = 0; i < 5; ++i) change();
    auto expected = f.server.dump();
    DatabaseWorld restarted(f.disk);
    auto found = restarted.start();
    INFO("seed " << seed);
    if (!found.ok()) FAIL(found.error().text);
    CHECK(found->last == Zxid(f.zxid));
    CHECK(found->snapshot > Zxid(0));
    CHECK(found->digest_mismatches == 0);
    CHECK(restarted.dump() == expected);
  }
}

TEST_CASE("f_dsk_03: a failed snapshot leaves nothing, is tried again, and alarms the third time") {
  Fixture f;
  f.create("/a");
  bool failing = true;
  f.disk.fault = [&](const std::string& call, const std::string& path) {
    if (failing && call == "write" && path.find("snapshot") != std::string::npos) {
      return Status(Error{ErrorKind::kNoSpace, "write to " + path + ": No space left on device"});
    }
    return Status();
  };
  f.task->progress.post(LogProgress{Zxid(1), true});
  for (int i = 0; i < 20; ++i) f.step();
  CHECK(f.task->metrics().failures.get() == 1);
  CHECK(f.task->metrics().alarms.get() == 0);
  CHECK(f.disk.files() ==
        std::vector<std::string>{"/d/version-2/okapi.lock", "/d/version-2/snapshot.0"});
  for (int i = 0; i < 1000; ++i) f.step();
  CHECK(f.task->metrics().failures.get() >= 3);
  CHECK(f.task->metrics().alarms.get() == 1);
  CHECK(f.server.world.lines.has("ALARM: 3 snapshots failed in a row"));
  failing = false;
  for (int i = 0; i < 400; ++i) f.step();
  REQUIRE(f.wanted() == std::vector<Zxid>{Zxid(1)});
  f.task->progress.post(LogProgress{Zxid(1), false});
  f.step();
  CHECK(f.snapshots().front() == "snapshot.1");
}

TEST_CASE("f_dsk_03: without any valid snapshot a failure is fatal, exit code 10") {
  Fixture f;
  f.create("/a");
  f.disk.put("/d/version-2/snapshot.0", "");
  f.disk.fault = [&](const std::string& call, const std::string&) {
    return call == "write" ? Status(Error{ErrorKind::kIo, "EIO"}) : Status();
  };
  f.task->progress.post(LogProgress{Zxid(1), true});
  bool ended = false;
  try {
    for (int i = 0; i < 20; ++i) f.step();
  } catch (const Fatal& fatal) {
    ended = std::string(fatal.what()).starts_with("10 ");
  }
  CHECK(ended);
}

TEST_CASE("a recalled lease ends the snapshot at once and leaves no file") {
  Fixture f;
  for (int i = 0; i < 50; ++i) f.create("/a" + std::to_string(i));
  f.task->progress.post(LogProgress{Zxid(50), true});
  f.step();
  CHECK_FALSE(f.leases.all_home());
  f.leases.recall(&f.bell);
  int before = f.bell.rings;
  f.step();
  CHECK(f.leases.all_home());
  CHECK(f.bell.rings == before + 1);
  CHECK(f.snapshots().size() == 1);
  CHECK_FALSE(f.leases.take().has_value());
  f.leases.allow();
  CHECK(f.leases.take().has_value());
}

TEST_CASE("a second request while one is in work is skipped") {
  Fixture f;
  for (int i = 0; i < 50; ++i) f.create("/a" + std::to_string(i));
  f.task->progress.post(LogProgress{Zxid(50), true});
  f.step();
  f.task->progress.post(LogProgress{Zxid(50), true});
  f.step();
  CHECK(f.task->metrics().skipped.get() == 1);
  CHECK(f.server.world.lines.has("Too busy to snap, skipping"));
}
