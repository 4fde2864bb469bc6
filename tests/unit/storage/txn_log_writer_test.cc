#include "server/storage/txn_log_writer.h"

#include <catch2/catch.hpp>

#include "server/storage/log_files.h"
#include "server/storage/txn_log_reader.h"
#include "tests/support/storage_world.h"

using namespace okapi;

namespace {

constexpr char kDir[] = "/d";

// Recovery's part of the work, without a tree: reads all, repairs the tail.
struct Restart {
  Zxid last;
  std::optional<Error> error;
};

Restart recover_log(Disk& disk) {
  Restart out;
  auto mark = read_synced_mark(disk, kDir);
  if (!mark.ok()) return {Zxid(), mark.error()};
  TxnLogReadOptions options;
  options.from = Zxid(1);
  options.after = Zxid(0);
  options.mark = *mark;
  auto reader = TxnLogReader::open(disk, kDir, options);
  if (!reader.ok()) return {Zxid(), reader.error()};
  LogRecord record;
  while (true) {
    auto more = reader->next(record);
    if (!more.ok()) return {Zxid(), more.error()};
    if (!*more) break;
    out.last = record.txn.header.zxid;
  }
  if (auto repaired = repair_log_tail(disk, kDir, reader->tail()); !repaired.ok()) {
    return {Zxid(), repaired.error()};
  }
  return out;
}

Result<TxnLogWriter> open_writer(StorageWorld& world, Disk& disk, Zxid last,
                                 TxnLogOptions options = {}) {
  options.directory = kDir;
  return TxnLogWriter::open(world.over(disk), options, last);
}

}  // namespace

TEST_CASE("batches, rolls and limits") {
  ImageDisk disk;
  disk.put("/d/x", "");
  StorageWorld world;
  SECTION("small batches run into zeros, long ones extend the file") {
    auto writer = open_writer(world, disk, Zxid());
    writer->append(error_txn(Zxid(1)));
    REQUIRE(writer->commit().ok());
    size_t first = disk.content("/d/log.1").size();
    CHECK(first >= 256 * 1024);
    CHECK(first <= 256 * 1024 + 8192);
    for (int64_t z = 2; z < 100; ++z) {
      writer->append(error_txn(Zxid(z)));
      REQUIRE(writer->commit().ok());
    }
    CHECK(disk.content("/d/log.1").size() == first);
    writer->append(error_txn(Zxid(100), 300'000));
    REQUIRE(writer->commit().ok());
    CHECK(disk.content("/d/log.1").size() < 320'000);
    CHECK(recover_log(disk).last == Zxid(100));
  }
  SECTION("no zeros with preAllocSize 0") {
    auto writer = open_writer(world, disk, Zxid(), {.preallocate_bytes = 0});
    writer->append(error_txn(Zxid(1)));
    REQUIRE(writer->commit().ok());
    CHECK(disk.content("/d/log.1").size() == kFileHeaderBytes + kRecordOverheadBytes + 36);
  }
  SECTION("roll and size limit") {
    auto writer = open_writer(world, disk, Zxid(), {.file_bytes_max = 1000});
    for (int64_t z = 1; z <= 3; ++z) {
      writer->append(error_txn(Zxid(z), 600));
      REQUIRE(writer->commit().ok());
    }
    REQUIRE(writer->roll().ok());
    writer->append(error_txn(Zxid(4)));
    REQUIRE(writer->commit().ok());
    auto logs = list_logs(disk, kDir);
    REQUIRE(logs->size() == 3);
    CHECK((*logs)[1].name == "log.3");
    CHECK((*logs)[2].name == "log.4");
    CHECK(recover_log(disk).last == Zxid(4));
  }
  SECTION("a batch longer than one write goes in parts") {
    auto writer = open_writer(world, disk, Zxid(), {.batch_bytes_max = 10'000});
    for (int64_t z = 1; z <= 30; ++z) writer->append(error_txn(Zxid(z), 1000));
    REQUIRE(writer->commit().ok());
    CHECK(writer->metrics().sync_us.summary().count() == 4);
    CHECK(writer->last_synced() == Zxid(30));
    CHECK(recover_log(disk).last == Zxid(30));
  }
}

TEST_CASE("forceSync=no, and names that are taken") {
  ImageDisk disk;
  disk.put("/d/x", "");
  StorageWorld world;
  SECTION("forceSync=no syncs nothing") {
    auto writer = open_writer(world, disk, Zxid(), {.force_sync = false});
    int syncs = 0;
    disk.fault = [&](const std::string& call, const std::string&) {
      syncs += call.starts_with("sync") ? 1 : 0;
      return Status();
    };
    writer->append(error_txn(Zxid(1)));
    REQUIRE(writer->commit().ok());
    REQUIRE(writer->roll().ok());
    CHECK(syncs == 0);
  }
  SECTION("a file with records is never replaced, one without is") {
    auto writer = open_writer(world, disk, Zxid());
    disk.put("/d/log.1", log_file_header() + std::string(4096, '\0'));
    writer->append(error_txn(Zxid(1)));
    REQUIRE(writer->commit().ok());
    auto other = open_writer(world, disk, Zxid());
    other->append(error_txn(Zxid(1)));
    auto status = other->commit();
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().kind == ErrorKind::kExists);
  }
}

TEST_CASE("f_dsk_13: a slow sync is told") {
  ImageDisk disk;
  disk.put("/d/x", "");
  StorageWorld world;
  auto writer = open_writer(world, disk, Zxid());
  disk.fault = [&](const std::string& call, const std::string&) {
    if (call == "sync") world.clock.time += Millis(1500);
    return Status();
  };
  writer->append(error_txn(Zxid(1)));
  REQUIRE(writer->commit().ok());
  CHECK(writer->metrics().slow_syncs.get() == 1);
  CHECK(world.lines.has("fsync-ing the write ahead log in SyncThread took 1500ms which"));
}

TEST_CASE(
    "f_dsk_01: after a failed sync the writer refuses all, and nothing unproven is believed") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng dice(seed);
    ImageDisk disk;
    disk.fault_dice = Rng(seed);
    disk.put("/d/x", "");
    StorageWorld world;
    auto writer = open_writer(world, disk, Zxid());
    for (int64_t z = 1; z <= 3; ++z) writer->append(error_txn(Zxid(z), 700));
    REQUIRE(writer->commit().ok());
    bool failing = true;
    disk.fault = [&](const std::string& call, const std::string&) {
      if (call != "sync" || !failing) return Status();
      return Status(Error{ErrorKind::kIo, "fdatasync: EIO"});
    };
    for (int64_t z = 4; z <= 8; ++z) writer->append(error_txn(Zxid(z), 700));
    CHECK_FALSE(writer->commit().ok());
    failing = false;
    CHECK(writer->failed());
    CHECK_FALSE(writer->commit().ok());
    CHECK_FALSE(writer->roll().ok());
    CHECK(writer->last_synced() == Zxid(3));

    // The program ends; the page cache still shows some of it. What recovery then reports must
    // survive the power loss that follows.
    disk.restart(ImageDisk::Crash::kProgram, dice);
    auto first = recover_log(disk);
    REQUIRE_FALSE(first.error.has_value());
    CHECK(first.last >= Zxid(3));
    disk.restart(ImageDisk::Crash::kPower, dice);
    auto second = recover_log(disk);
    REQUIRE_FALSE(second.error.has_value());
    CHECK(second.last == first.last);
  }
}

TEST_CASE(
    "f_dsk_04: any sectors of the last batch may be missing; the server starts without help") {
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    Rng dice(seed);
    ImageDisk disk;
    disk.put("/d/x", "");
    StorageWorld world;
    TxnLogOptions options{.preallocate_bytes = static_cast<int64_t>(dice.below(3)) * 4096,
                          .zero_ahead_bytes = 8192};
    auto writer = open_writer(world, disk, Zxid(), options);
    int64_t zxid = 0;
    Zxid synced;
    disk.crash_after(2 + dice.below(60));
    while (true) {
      size_t count = 1 + dice.below(6);
      for (size_t i = 0; i < count; ++i) writer->append(error_txn(Zxid(++zxid), dice.below(1200)));
      if (!writer->commit().ok()) break;
      synced = writer->last_synced();
      if (dice.chance(1, 6) && !writer->roll().ok()) break;
    }
    disk.restart(dice.chance(1, 4) ? ImageDisk::Crash::kProgram : ImageDisk::Crash::kPower, dice);
    INFO("seed " << seed);
    auto found = recover_log(disk);
    if (found.error) INFO(found.error->text);
    REQUIRE_FALSE(found.error.has_value());
    CHECK(found.last >= synced);
    CHECK(found.last <= Zxid(zxid));
  }
}

TEST_CASE(
    "inv_c2, inv_c5: a crash at any call of repair, and again, changes nothing that was read") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Rng dice(seed);
    ImageDisk disk;
    disk.put("/d/x", "");
    StorageWorld world;
    auto writer = open_writer(world, disk, Zxid());
    for (int64_t z = 1; z <= 4; ++z) writer->append(error_txn(Zxid(z), 300));
    REQUIRE(writer->commit().ok());
    if (dice.chance(1, 2)) REQUIRE(writer->roll().ok());
    for (int64_t z = 5; z <= 9; ++z) writer->append(error_txn(Zxid(z), 900));
    disk.crash_after(dice.below(10));
    bool committed = writer->commit().ok();
    disk.restart(ImageDisk::Crash::kPower, dice);
    std::optional<Zxid> reported;
    for (int attempt = 0; attempt < 12; ++attempt) {
      if (attempt < 10) disk.crash_after(1 + static_cast<uint64_t>(attempt));
      auto found = recover_log(disk);
      INFO("seed " << seed << " attempt " << attempt);
      if (found.error) {
        INFO(found.error->text);
        REQUIRE(disk.crashed());
      } else {
        CHECK(found.last >= Zxid(committed ? 9 : 4));
        if (reported) CHECK(found.last == *reported);
        reported = found.last;
      }
      disk.restart(ImageDisk::Crash::kPower, dice);
    }
    REQUIRE(reported.has_value());
    // Serving goes on behind it.
    auto next = open_writer(world, disk, *reported);
    next->append(error_txn(reported->next()));
    REQUIRE(next->commit().ok());
    CHECK(recover_log(disk).last == reported->next());
  }
}

TEST_CASE("rollback_order, stale_unlink: TRUNC over several files, with a crash at each call") {
  for (uint64_t crash = 1; crash < 30; ++crash) {
    for (int64_t target : {0, 1, 3, 4, 5, 8, 9, 10}) {
      Rng dice(crash * 100 + static_cast<uint64_t>(target));
      ImageDisk disk;
      disk.put("/d/x", "");
      StorageWorld world;
      auto writer = open_writer(world, disk, Zxid());
      for (int64_t z = 1; z <= 10; ++z) {
        writer->append(error_txn(Zxid(z), 100));
        REQUIRE(writer->commit().ok());
        if (z % 4 == 0) REQUIRE(writer->roll().ok());
      }
      disk.crash_after(crash);
      auto left = writer->truncate_after(Zxid(target));
      INFO("crash " << crash << " target " << target);
      if (left.ok()) {
        CHECK(*left == Zxid(target));
        CHECK(writer->last_synced() == Zxid(target));
        writer->append(error_txn(Zxid(target + 1)));
        bool more = writer->commit().ok();
        disk.restart(ImageDisk::Crash::kPower, dice);
        auto found = recover_log(disk);
        REQUIRE_FALSE(found.error.has_value());
        CHECK(found.last >= Zxid(more ? target + 1 : target));
        CHECK(found.last <= Zxid(target + 1));
      } else {
        CHECK(writer->failed());
        disk.restart(ImageDisk::Crash::kPower, dice);
        auto found = recover_log(disk);
        REQUIRE_FALSE(found.error.has_value());
        CHECK(found.last >= Zxid(target));
        CHECK(found.last <= Zxid(10));
      }
    }
  }
}

TEST_CASE("TRUNC to a zxid the log does not reach, or does not have") {
  ImageDisk disk;
  disk.put("/d/x", "");
  StorageWorld world;
  auto writer = open_writer(world, disk, Zxid(0x100000000));
  writer->append(error_txn(Zxid(0x100000001)));
  writer->append(error_txn(Zxid(0x100000002)));
  writer->append(error_txn(Zxid(0x200000001)));
  REQUIRE(writer->commit().ok());
  auto beyond = writer->truncate_after(Zxid(0x200000002));
  REQUIRE_FALSE(beyond.ok());
  CHECK(beyond.error().kind == ErrorKind::kNotFound);
  CHECK_FALSE(writer->failed());
  auto absent = writer->truncate_after(Zxid(0x100000007));
  REQUIRE(absent.ok());
  CHECK(*absent == Zxid(0x100000002));
  CHECK(recover_log(disk).last == Zxid(0x100000002));
}

TEST_CASE("after a SNAP the history goes on in a new file") {
  ImageDisk disk;
  disk.put("/d/x", "");
  StorageWorld world;
  auto writer = open_writer(world, disk, Zxid());
  for (int64_t z = 1; z <= 5; ++z) writer->append(error_txn(Zxid(z)));
  REQUIRE(writer->commit().ok());
  SECTION("ahead of the log") {
    REQUIRE(writer->restart_at(Zxid(0x200000004)).ok());
    writer->append(error_txn(Zxid(0x200000005)));
  }
  SECTION("behind what was logged") {
    REQUIRE(writer->restart_at(Zxid(3)).ok());
    writer->append(error_txn(Zxid(4)));
    REQUIRE(writer->commit().ok());
    CHECK(recover_log(disk).last == Zxid(4));
    writer->append(error_txn(Zxid(5)));
  }
  REQUIRE(writer->commit().ok());
  CHECK(list_logs(disk, kDir)->size() == 2);
}
