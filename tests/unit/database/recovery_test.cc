#include "server/database/recovery.h"

#include <catch2/catch.hpp>

#include "tests/support/database_world.h"

using namespace okapi;

namespace {

constexpr uint64_t kDigest = 0x21f12362b9;
constexpr char kNewest[] = "/d/version-2/snapshot.72";

// Removes files from the page cache and the platter alike.
void remove(ImageDisk& disk, const std::string& name) {
  REQUIRE(disk.unlink(join_path(kVersionDir, name)).ok());
  REQUIRE(disk.sync_directory(kVersionDir).ok());
}

void remove_all(ImageDisk& disk, const char* prefix) {
  for (const std::string& path : disk.files()) {
    std::string name = path.substr(path.rfind('/') + 1);
    if (name.starts_with(prefix)) remove(disk, name);
  }
}

}  // namespace

TEST_CASE("the fixture restores to the reference's tree, from each of its snapshots") {
  std::map<std::string, std::string> expected;
  for (const char* keep : {"snapshot.72", "snapshot.6c", "snapshot.57", "snapshot.40",
                           "snapshot.2f", "snapshot.1c", "snapshot.13", "snapshot.0"}) {
    INFO(keep);
    ImageDisk disk;
    put_fixture(disk, "standalone");
    std::string bytes = disk.content(join_path(kVersionDir, keep));
    remove_all(disk, "snapshot.");
    disk.put(join_path(kVersionDir, keep), bytes);
    DatabaseWorld server(disk);
    auto found = server.start();
    REQUIRE(found.ok());
    CHECK(found->last == Zxid(0x79));
    CHECK(found->snapshot_file == keep);
    CHECK(found->digest_mismatches == 0);
    DataTree& tree = server.database().tree();
    CHECK(tree.digest() == kDigest);
    CHECK(tree.recompute_digest() == kDigest);
    CHECK(tree.node_count() == 77);
    CHECK(server.database().sessions().size() == 2);
    CHECK(tree.ephemerals_count() == 4);
    CHECK(*remove_orphans(server.context(), server.database(), server.writer()) == 0);
    auto dump = server.dump();
    if (expected.empty()) expected = dump;
    CHECK(dump == expected);
  }
}

TEST_CASE("snapshots of other codecs and versions, and an ensemble's member") {
  struct Row {
    const char* name;
    int64_t zxid;
    uint64_t digest;
  };
  for (Row row :
       {Row{"gz", 0x79, kDigest}, Row{"snappy", 0x79, kDigest}, Row{"from-3.9.5/gz", 0x79, kDigest},
        Row{"from-3.9.5/fresh", 0, 0x51c6d660}, Row{"quorum", 0x200000003, 0x1850198d9}}) {
    INFO(row.name);
    ImageDisk disk;
    put_fixture(disk, row.name);
    DatabaseWorld server(disk);
    auto found = server.start();
    REQUIRE(found.ok());
    CHECK(found->last == Zxid(row.zxid));
    CHECK(server.database().tree().digest() == row.digest);
    CHECK(found->digest_mismatches == 0);
  }
}

TEST_CASE("a new directory gets the reference's first snapshot, but for the order of siblings") {
  ImageDisk disk;
  DatabaseWorld server(disk);
  auto found = server.start();
  REQUIRE(found.ok());
  CHECK(found->kind == Recovered::Kind::kNew);
  CHECK(found->last == Zxid(0));
  std::string ours = disk.content("/d/version-2/snapshot.0");
  std::string theirs = read_file(fixture("from-3.9.5/fresh/version-2/snapshot.0"));
  constexpr size_t kSiblings = 0xdd;
  CHECK(ours.size() == theirs.size());
  CHECK(ours.substr(0, kSiblings) == theirs.substr(0, kSiblings));
  constexpr size_t kEmptyDigest = 0x1a8;
  CHECK(ours.substr(kEmptyDigest, 20) == theirs.substr(kEmptyDigest, 20));
}

namespace {

// The fixture with something missing or damaged, and what a start on it must do.
struct Damaged {
  Damaged() { put_fixture(disk, "standalone"); }
  void flip(const std::string& path, size_t at) {
    std::string bytes = disk.content(path);
    bytes[at] ^= 4;
    disk.put(path, bytes);
  }
  void hint(SyncedMark mark) { disk.put("/d/version-2/okapi.synced", encode_synced_mark(mark)); }
  void start() {
    DatabaseWorld server(disk);
    auto found = server.start(options);
    if (!refusal.empty()) {
      REQUIRE_FALSE(found.ok());
      INFO(found.error().text);
      CHECK(found.error().kind == ErrorKind::kCorrupt);
      CHECK(found.error().text.find(refusal) != std::string::npos);
      return;
    }
    if (!found.ok()) FAIL(found.error().text);
    CHECK(found->last == last);
    CHECK(found->snapshot_file == snapshot);
    if (last == Zxid(0x79)) CHECK(server.database().tree().digest() == kDigest);
  }

  ImageDisk disk;
  RecoveryOptions options;
  Zxid last{0x79};
  std::string snapshot = "snapshot.72";
  std::string refusal;
};

}  // namespace

TEST_CASE("f_dsk_08: missing and damaged snapshots") {
  Damaged d;
  SECTION("a bit of the newest snapshot") {
    d.flip(kNewest, 5000);
    d.snapshot = "snapshot.6c";
  }
  SECTION("the newest snapshot cut, or empty") {
    d.disk.put(kNewest, GENERATE(true, false) ? d.disk.content(kNewest).substr(0, 9999) : "");
    d.snapshot = "snapshot.6c";
  }
  SECTION("zk_2325, zk_3644: all snapshots: refused") {
    remove_all(d.disk, "snapshot.");
    d.refusal = "No snapshot found, but there are log entries. Something is broken!";
  }
  SECTION("all snapshots, and the key that trusts the logs") {
    remove_all(d.disk, "snapshot.");
    d.options.trust_empty = true;
    d.snapshot = "";
  }
  SECTION("all snapshots damaged") {
    for (const auto& file : d.disk.files()) {
      if (file.find("snapshot.") != std::string::npos) d.flip(file, 60);
    }
    d.refusal = "Not able to find valid snapshots in /d/version-2";
  }
  SECTION("the newest snapshot and the newest logs: its name shows what is missing") {
    d.flip(kNewest, 5000);
    remove(d.disk, "log.6e");
    remove(d.disk, "log.73");
    d.refusal = "snapshot.72 in /d/version-2 cannot be read";
  }
  d.start();
}

TEST_CASE("f_dsk_08, f_dsk_05: missing and damaged logs") {
  Damaged d;
  SECTION("a log that is older than the snapshot") { d.flip("/d/version-2/log.1", 100); }
  SECTION("all logs, without a hint: the reference starts") {
    remove_all(d.disk, "log.");
    d.last = Zxid(0x72);
  }
  SECTION("all logs, with a hint") {
    remove_all(d.disk, "log.");
    d.hint({Zxid(0x79), Zxid(0x73), 704});
    d.refusal = "0x79 had been synced";
  }
  SECTION("the newest log, with a hint") {
    remove(d.disk, "log.73");
    d.hint({Zxid(0x75), Zxid(0x73), 300});
    d.refusal = "0x75 had been synced";
  }
  SECTION("the newest log, with a hint older than the snapshot: nothing is concluded") {
    remove(d.disk, "log.73");
    d.hint({Zxid(0x71), Zxid(0x6e), 300});
    d.last = Zxid(0x72);
  }
  SECTION("a middle log") {
    for (const char* name : {"snapshot.72", "snapshot.6c", "snapshot.57"}) remove(d.disk, name);
    remove(d.disk, "log.41");
    d.refusal = "gap: zxid 0x58 follows 0x40";
  }
  SECTION("the last record's checksum, without a hint") {
    d.flip("/d/version-2/log.73", 690);
    d.refusal = "/d/version-2/log.73 is damaged at offset";
  }
  SECTION("the last record's checksum, behind the hint") {
    d.flip("/d/version-2/log.73", 690);
    d.hint({Zxid(0x78), Zxid(0x73), 0});
    d.last = Zxid(0x78);
  }
  SECTION("zk_1621, zk_2332: an empty newest log") { d.disk.put("/d/version-2/log.7a", ""); }
  d.start();
  CHECK_FALSE(d.disk.exists("/d/version-2/log.7a").value());
}

TEST_CASE("an empty directory: autocreate, marker, and neither") {
  ImageDisk disk;
  RecoveryOptions no_autocreate{.db_autocreate = false};
  {
    DatabaseWorld server(disk);
    auto found = server.start(no_autocreate);
    REQUIRE(found.ok());
    CHECK(found->kind == Recovered::Kind::kUntrustedEmpty);
    CHECK(list_snapshots(disk, kVersionDir)->empty());
    CHECK(untrusted_empty_refusal(server.data()).text.find("initialize") != std::string::npos);
  }
  disk.put("/d/initialize", "");
  {
    DatabaseWorld server(disk);
    auto found = server.start(no_autocreate);
    REQUIRE(found.ok());
    CHECK(found->kind == Recovered::Kind::kNew);
    CHECK_FALSE(disk.exists("/d/initialize").value());
  }
  DatabaseWorld server(disk);
  CHECK(server.start(no_autocreate)->kind == Recovered::Kind::kState);
}

TEST_CASE("inv_c5: a crash at any call of the first start, and again, ends in a new server") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Rng dice(seed);
    ImageDisk disk;
    disk.put("/d/initialize", "");
    bool started = false;
    for (uint64_t crash = 1; crash < 16; ++crash) {
      disk.crash_after(crash);
      {
        DatabaseWorld server(disk);
        auto found = server.start({.db_autocreate = false});
        if (!found.ok()) {
          INFO(found.error().text);
          REQUIRE(disk.crashed());
        } else {
          CHECK(found->kind != Recovered::Kind::kUntrustedEmpty);
          started = true;
        }
      }
      disk.restart(ImageDisk::Crash::kPower, dice);
    }
    CHECK(started);
  }
}

TEST_CASE("inv_c3, inv_c5: power losses while serving and while recovering lose nothing acked") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Rng dice(seed);
    ImageDisk disk;
    std::map<int64_t, std::map<std::string, std::string>> states;  // by zxid, as last applied
    Zxid acked;
    int64_t zxid = 0;
    for (int round = 0; round < 8; ++round) {
      disk.crash_after(3 + dice.below(80));
      DatabaseWorld server(disk);
      auto found = server.start();
      if (!found.ok()) {
        INFO(found.error().text);
        REQUIRE(disk.crashed());
        disk.restart(ImageDisk::Crash::kPower, dice);
        continue;
      }
      REQUIRE(found->last >= acked);
      if (states.contains(found->last.value())) {
        CHECK(server.dump() == states[found->last.value()]);
      }
      zxid = found->last.value();
      auto log = TxnLogWriter::open(server.context(), {.directory = kVersionDir}, found->last);
      while (log.ok() && !disk.crashed()) {
        size_t batch = 1 + dice.below(4);
        for (size_t i = 0; i < batch; ++i) {
          ++zxid;
          EncodedTxn txn = create_txn(Zxid(zxid), "/n" + std::to_string(zxid),
                                      std::string(dice.below(700), 'x'));
          log->append(txn);
          server.apply(txn);
          states[zxid] = server.dump();
        }
        if (!log->commit().ok()) break;
        acked = log->last_synced();
        if (dice.chance(1, 5)) {
          if (!log->roll().ok() || !log->persist_mark().ok()) break;
          (void)write_snapshot(disk, server.database(), {.directory = kVersionDir}).ok();
        }
      }
      disk.restart(dice.chance(1, 5) ? ImageDisk::Crash::kProgram : ImageDisk::Crash::kPower, dice);
    }
    DatabaseWorld server(disk);
    auto found = server.start();
    if (!found.ok()) FAIL(found.error().text);
    CHECK(found->last >= acked);
  }
}

TEST_CASE("ephemerals of sessions that are gone, and TTL nodes without the key") {
  ImageDisk disk;
  put_fixture(disk, "standalone");
  SECTION("TTL nodes while extended types are off: refused, not deleted") {
    DatabaseWorld server(disk, {.extended_types = false});
    REQUIRE(server.start().ok());
    auto removed = remove_orphans(server.context(), server.database(), server.writer());
    REQUIRE_FALSE(removed.ok());
    CHECK(removed.error().text.find("extendedTypesEnabled") != std::string::npos);
    CHECK(server.database().tree().node_count() == 77);
  }
  SECTION("orphans go without a txn") {
    DatabaseWorld server(disk);
    REQUIRE(server.start().ok());
    server.database().sessions().clear();
    CHECK(*remove_orphans(server.context(), server.database(), server.writer()) == 2);
    CHECK(server.database().tree().ephemerals_count() == 0);
    CHECK(server.database().tree().node_count() == 73);
    CHECK(server.database().tree().last_applied() == Zxid(0x79));
  }
}

TEST_CASE("suspect: everything is set aside, nothing deleted") {
  ImageDisk disk;
  put_fixture(disk, "standalone");
  size_t files = disk.files().size();
  DatabaseWorld server(disk);
  REQUIRE(server.start().ok());
  REQUIRE(set_aside_everything(server.context(), server.data()).ok());
  CHECK(list_logs(disk, kVersionDir)->empty());
  CHECK(list_snapshots(disk, kVersionDir)->empty());
  CHECK(disk.files().size() == files + 2);  // the lock, the hint
}
