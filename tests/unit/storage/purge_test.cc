#include "server/storage/purge.h"

#include <catch2/catch.hpp>

#include "tests/support/storage_world.h"

using namespace okapi;

namespace {

// The fixture's files in memory.
void fill(ImageDisk& disk) {
  for (const auto& entry : std::filesystem::directory_iterator(fixture("standalone/version-2"))) {
    std::string name = entry.path().filename();
    if (name == "snapshot.72" || name == "log.6e") {
      disk.put("/d/" + name, "");  // long, and replaced below where content matters
    } else {
      disk.put("/d/" + name, read_file(entry.path()));
    }
  }
}

Status run(Purge& purge) {
  while (true) {
    auto done = purge.step();
    if (!done.ok()) return done.error();
    if (*done) return {};
  }
}

std::vector<std::string> names(const std::vector<StoredFile>& files) {
  std::vector<std::string> out;
  for (const StoredFile& file : files) out.push_back(file.name);
  return out;
}

}  // namespace

TEST_CASE("purge keeps what the reference keeps") {
  TempDir dir;
  std::filesystem::copy(fixture("standalone/version-2"), dir.path + "/v");
  PosixDisk disk;
  StorageWorld world;
  std::ofstream(dir.path + "/v/snapshot.zz") << "x";
  std::ofstream(dir.path + "/v/okapi.synced") << "x";
  Purge purge(world.over(disk), {.snapshots = dir.path + "/v", .logs = dir.path + "/v"});
  REQUIRE(run(purge).ok());
  CHECK(names(*list_snapshots(disk, dir.path + "/v")) ==
        std::vector<std::string>{"snapshot.72", "snapshot.6c", "snapshot.57"});
  CHECK(names(*list_logs(disk, dir.path + "/v")) ==
        std::vector<std::string>{"log.41", "log.58", "log.6e", "log.73"});
  CHECK_FALSE(std::filesystem::exists(dir.path + "/v/snapshot.zz"));
  CHECK(std::filesystem::exists(dir.path + "/v/okapi.synced"));
}

TEST_CASE("zk_3231, zk_2574: only valid snapshots count") {
  ImageDisk disk;
  StorageWorld world;
  fill(disk);
  std::string bad = disk.content("/d/snapshot.6c");
  bad[300] ^= 1;  // passes the quick check
  disk.put("/d/snapshot.6c", bad);
  Purge purge(world.over(disk), {.snapshots = "/d", .logs = "/d", .slice_bytes = 1000});
  REQUIRE(run(purge).ok());
  // 72 is empty, 6c damaged: 57, 40 and 2f are the three.
  CHECK(names(*list_snapshots(disk, "/d")) == std::vector<std::string>{"snapshot.72", "snapshot.6c",
                                                                       "snapshot.57", "snapshot.40",
                                                                       "snapshot.2f"});
  CHECK(names(*list_logs(disk, "/d")).front() == "log.1d");
}

TEST_CASE("nothing valid: nothing is removed") {
  ImageDisk disk;
  StorageWorld world;
  disk.put("/d/snapshot.5", "junk");
  disk.put("/d/log.1", "");
  Purge purge(world.over(disk), {.snapshots = "/d", .logs = "/d"});
  REQUIRE(run(purge).ok());
  CHECK(disk.files().size() == 2);
}

TEST_CASE("inv_c6: a crash at any call of a purge leaves what recovery needs") {
  for (uint64_t crash = 1; crash < 20; ++crash) {
    for (uint64_t seed = 1; seed < 5; ++seed) {
      Rng dice(crash * 10 + seed);
      ImageDisk disk;
      StorageWorld world;
      fill(disk);
      disk.crash_after(crash);
      Purge purge(world.over(disk), {.snapshots = "/d", .logs = "/d", .slice_files = 2});
      bool done = run(purge).ok();
      disk.restart(ImageDisk::Crash::kPower, dice);
      auto snapshots = names(*list_snapshots(disk, "/d"));
      auto logs = names(*list_logs(disk, "/d"));
      for (const char* kept : {"snapshot.6c", "snapshot.57", "snapshot.40"}) {
        CHECK(std::count(snapshots.begin(), snapshots.end(), kept) == 1);
      }
      for (const char* kept : {"log.31", "log.41", "log.58", "log.6e", "log.73"}) {
        CHECK(std::count(logs.begin(), logs.end(), kept) == 1);
      }
      if (done) CHECK(snapshots.back() == "snapshot.40");
    }
  }
}
