#include "server/storage/data_dir.h"

#include <catch2/catch.hpp>

#include "server/storage/epoch_files.h"
#include "server/storage/log_files.h"
#include "tests/support/storage_world.h"

using namespace okapi;

namespace {

Result<DataDir> open_dir(StorageWorld& world, Disk& disk, DataDirOptions options) {
  options.pid = "4711";
  if (options.data_log_dir.empty()) options.data_log_dir = options.data_dir;
  return DataDir::open(world.over(disk), options);
}

bool says(const Error& error, const char* text) {
  return error.text.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("start-up checks, in the reference's words") {
  TempDir dir;
  PosixDisk disk;
  StorageWorld world;
  SECTION("directories are made unless that is off") {
    auto refused = open_dir(world, disk, {.data_dir = dir.path + "/d", .autocreate = false});
    REQUIRE_FALSE(refused.ok());
    CHECK(says(refused.error(), "Missing data directory"));
    CHECK(says(refused.error(), "(zookeeper.datadir.autocreate is false)"));
    CHECK(exit_code_for(refused.error()) == 3);
    auto made = open_dir(world, disk, {.data_dir = dir.path + "/d"});
    REQUIRE(made.ok());
    CHECK(made->logs() == dir.path + "/d/version-2");
    CHECK(std::filesystem::is_directory(made->snapshots()));
  }
  SECTION("f_dsk_09: a file where the directory should be") {
    std::ofstream(dir.path + "/file") << "x";
    auto refused = open_dir(world, disk, {.data_dir = dir.path + "/file"});
    REQUIRE_FALSE(refused.ok());
    CHECK(says(refused.error(), "Unable to create data directory"));
    CHECK(exit_code_for(refused.error()) == 3);
  }
  SECTION("mixed up directories") {
    std::string a = dir.path + "/a", b = dir.path + "/b";
    std::filesystem::create_directories(a + "/version-2");
    std::filesystem::create_directories(b + "/version-2");
    std::ofstream(b + "/version-2/snapshot.x") << "";
    auto refused = open_dir(world, disk, {.data_dir = a, .data_log_dir = b});
    REQUIRE_FALSE(refused.ok());
    CHECK(says(refused.error(), "Log directory has snapshot files."));
    std::filesystem::remove(b + "/version-2/snapshot.x");
    std::ofstream(a + "/version-2/log.1") << "";
    auto crossed = open_dir(world, disk, {.data_dir = a, .data_log_dir = b});
    REQUIRE_FALSE(crossed.ok());
    CHECK(says(crossed.error(), "Snapshot directory has log files."));
  }
  SECTION("the lock") {
    auto first = open_dir(world, disk, {.data_dir = dir.path});
    REQUIRE(first.ok());
    auto second = open_dir(world, disk, {.data_dir = dir.path});
    REQUIRE_FALSE(second.ok());
    CHECK(says(second.error(), "okapi.lock"));
    CHECK(says(second.error(), "4711"));
    CHECK(exit_code_for(second.error()) == 3);
  }
  SECTION("f_dsk_11: data of another server") {
    { REQUIRE(open_dir(world, disk, {.data_dir = dir.path, .sid = ServerId(2)}).ok()); }
    { REQUIRE(open_dir(world, disk, {.data_dir = dir.path, .sid = ServerId(2)}).ok()); }
    {
      auto other = open_dir(world, disk, {.data_dir = dir.path, .sid = ServerId(3)});
      REQUIRE_FALSE(other.ok());
      CHECK(exit_code_for(other.error()) == 2);
      CHECK(says(other.error(), "--adopt-data"));
    }
    DataDirOptions adopt{.data_dir = dir.path, .sid = ServerId(3), .adopt_data = true};
    { REQUIRE(open_dir(world, disk, adopt).ok()); }
    REQUIRE(open_dir(world, disk, {.data_dir = dir.path, .sid = ServerId(3)}).ok());
  }
  SECTION("what a crash left half made goes, other files stay") {
    std::filesystem::create_directories(dir.path + "/version-2");
    std::ofstream(dir.path + "/version-2/.tmp-snapshot.5") << "x";
    std::ofstream(dir.path + "/version-2/mine") << "x";
    REQUIRE(open_dir(world, disk, {.data_dir = dir.path}).ok());
    CHECK_FALSE(std::filesystem::exists(dir.path + "/version-2/.tmp-snapshot.5"));
    CHECK(std::filesystem::exists(dir.path + "/version-2/mine"));
  }
}

TEST_CASE("quarantine and marker") {
  TempDir dir;
  PosixDisk disk;
  StorageWorld world;
  auto data = open_dir(world, disk, {.data_dir = dir.path + "/d", .data_log_dir = dir.path + "/l"});
  REQUIRE(data.ok());
  for (int i = 0; i < 2; ++i) {
    std::ofstream(data->logs() + "/log.7") << i;
    REQUIRE(data->set_aside_log("log.7").ok());
  }
  CHECK(read_file(*data->log_quarantine() + "/log.7") == "0");
  CHECK(read_file(*data->log_quarantine() + "/log.7.1") == "1");
  CHECK_FALSE(std::filesystem::exists(data->logs() + "/log.7"));

  CHECK_FALSE(*data->has_initialize_marker());
  for (const char* where : {"/l/initialize", "/d/initialize"}) {
    std::ofstream(dir.path + where) << "";
    CHECK(*data->has_initialize_marker());
    REQUIRE(data->remove_initialize_marker().ok());
    CHECK_FALSE(*data->has_initialize_marker());
  }
}

TEST_CASE("inv_b1, vote_file, zk_2307, zk_4269: epoch files have their old or their new content") {
  for (uint64_t crash = 0; crash < 8; ++crash) {
    Rng dice(crash);
    ImageDisk disk;
    disk.put("/d/acceptedEpoch", "7");
    EpochFiles files(disk, "/d");
    disk.crash_after(crash);
    bool written = files.write_accepted(Epoch(8)).ok();
    disk.restart(ImageDisk::Crash::kPower, dice);
    auto pair = files.read();
    REQUIRE(pair.ok());
    CHECK((pair->accepted == Epoch(8) || (!written && pair->accepted == Epoch(7))));
    CHECK_FALSE(pair->current.has_value());
  }
}

TEST_CASE("epoch files: what the reference takes and refuses") {
  ImageDisk disk;
  EpochFiles files(disk, "/d");
  for (const char* good : {"2", "2\n", "2\r\nmore", "0"}) {
    disk.put("/d/currentEpoch", good);
    REQUIRE(files.read().ok());
    CHECK(files.read()->current == Epoch(good[0] - '0'));
  }
  for (const char* bad : {"", " 2", "2 ", "x", "-1", "99999999999999999999", "\n2"}) {
    disk.put("/d/currentEpoch", bad);
    auto read = files.read();
    REQUIRE_FALSE(read.ok());
    CHECK(says(read.error(), "Found "));
    CHECK(says(read.error(), "/d/currentEpoch"));
  }
  REQUIRE(files.write_current(Epoch(300)).ok());
  CHECK(disk.content("/d/currentEpoch") == "300");
  PosixDisk real;
  auto pair = EpochFiles(real, fixture("quorum/version-2")).read();
  REQUIRE(pair.ok());
  CHECK(pair->accepted == Epoch(2));
  CHECK(pair->current == Epoch(2));
}
