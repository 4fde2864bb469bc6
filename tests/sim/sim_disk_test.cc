// What a simulated disk keeps and loses.
#include "tests/sim/sim_disk.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/sim/sim_node.h"

namespace okapi::sim {
namespace {

struct Machine {
  explicit Machine(uint64_t seed) : world(seed), meter(world), disk(world, meter, "n1") {
    REQUIRE(disk.make_directories("/data").ok());
    disk.image().sync_all();
    pay();
  }
  // Lets the hour come at which all calls so far are done.
  void pay() {
    world.run_until(meter.now());
    meter.reset();
  }
  std::unique_ptr<File> create(const std::string& path) {
    auto file = disk.open(path, OpenMode::kCreate);
    REQUIRE(file.ok());
    return std::move(*file);
  }
  SimWorld world;
  CostMeter meter;
  SimDisk disk;
};

// How often, over many seeds, `run` leaves each outcome.
template <class Run>
std::set<std::string> outcomes(Run run) {
  std::set<std::string> out;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Machine machine(seed);
    out.insert(run(machine));
  }
  return out;
}

TEST_CASE("what was synced, name and content, survives every power loss") {
  auto all = outcomes([](Machine& m) {
    auto file = m.create("/data/log");
    REQUIRE(file->write_at(0, std::string(1500, 'a')).ok());
    REQUIRE(file->sync().ok());
    REQUIRE(m.disk.sync_directory("/data").ok());
    m.pay();
    m.disk.power_lost();
    return m.disk.content("/data/log").value_or("lost");
  });
  CHECK(all == std::set<std::string>{std::string(1500, 'a')});
}

TEST_CASE("a synced file whose directory was not synced may lose its name") {
  auto all = outcomes([](Machine& m) {
    auto file = m.create("/data/log");
    REQUIRE(file->write_at(0, "abc").ok());
    REQUIRE(file->sync().ok());
    m.pay();
    m.disk.power_lost();
    return m.disk.content("/data/log").value_or("lost");
  });
  CHECK(all == std::set<std::string>{"abc", "lost"});
}

TEST_CASE("unsynced sectors survive independently, so a write tears with holes") {
  auto all = outcomes([](Machine& m) {
    auto file = m.create("/data/log");
    REQUIRE(file->write_at(0, std::string(3 * kSectorBytes, 'a')).ok());
    REQUIRE(file->sync().ok());
    REQUIRE(m.disk.sync_directory("/data").ok());
    REQUIRE(file->write_at(0, std::string(3 * kSectorBytes, 'b')).ok());
    m.pay();
    m.disk.power_lost();
    std::string content = *m.disk.content("/data/log");
    return std::string{content[0], content[kSectorBytes], content[2 * kSectorBytes]};
  });
  CHECK(all.contains("aaa"));
  CHECK(all.contains("bbb"));
  CHECK(all.contains("bab"));
  CHECK(all.contains("aba"));
}

TEST_CASE("a kill of the program keeps the page cache and loses calls not yet due") {
  auto kept = outcomes([](Machine& m) {
    auto file = m.create("/data/log");
    REQUIRE(file->write_at(0, "abc").ok());
    m.pay();
    REQUIRE(file->write_at(0, "xyz").ok());
    REQUIRE(file->write_at(3, "uvw").ok());
    m.disk.program_killed();                // at the hour when the first of the two writes began
    CHECK(file->write_at(0, "dead").ok());  // says so, and changes nothing
    return *m.disk.content("/data/log");
  });
  CHECK(kept == std::set<std::string>{"abc", "xyz"});
}

TEST_CASE("f_dsk_01: a failed sync makes pages clean; the next one succeeds and writes nothing") {
  auto all = outcomes([](Machine& m) {
    auto file = m.create("/data/log");
    REQUIRE(m.disk.sync_directory("/data").ok());
    REQUIRE(file->write_at(0, "abc").ok());
    m.disk.faults().sync_eio_one_in = 1;
    CHECK_FALSE(file->sync().ok());
    m.disk.faults().sync_eio_one_in = 0;
    CHECK(file->sync().ok());
    CHECK(*m.disk.content("/data/log") == "abc");
    m.pay();
    m.disk.power_lost();
    return *m.disk.content("/data/log");
  });
  CHECK(all == std::set<std::string>{"abc", std::string(3, '\0')});
}

TEST_CASE("a rename is whole or not at all, and needs its directory synced") {
  auto all = outcomes([](Machine& m) {
    m.disk.put_file("/data/epoch", "1");
    auto file = m.create("/data/epoch.tmp");
    REQUIRE(file->write_at(0, "2").ok());
    REQUIRE(file->sync().ok());
    REQUIRE(m.disk.rename("/data/epoch.tmp", "/data/epoch").ok());
    m.pay();
    m.disk.power_lost();
    return *m.disk.content("/data/epoch");
  });
  CHECK(all == std::set<std::string>{"1", "2"});
}

TEST_CASE("a renamed directory takes its files along") {
  Machine m(1);
  m.disk.put_file("/data/version-2/log.1", "abc");
  REQUIRE(m.disk.rename("/data/version-2", "/data/quarantine").ok());
  CHECK(m.disk.content("/data/quarantine/log.1") == "abc");
  CHECK_FALSE(*m.disk.exists("/data/version-2/log.1"));
  auto entries = m.disk.list("/data");
  REQUIRE(entries.ok());
  CHECK(entries->size() == 1);
  CHECK(entries->front().directory);
}

TEST_CASE("f_dsk_02: a full disk refuses what does not fit and keeps the rest") {
  Machine m(1);
  m.disk.set_capacity(1000);
  auto file = m.create("/data/log");
  REQUIRE(file->write_at(0, std::string(900, 'a')).ok());
  Status full = file->write_at(900, std::string(200, 'b'));
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().kind == ErrorKind::kNoSpace);
  CHECK(file->write_at(0, std::string(900, 'c')).ok());
  CHECK(m.disk.content("/data/log")->substr(0, 900) == std::string(900, 'c'));
}

TEST_CASE("locks are exclusive, tell the holder, and go with the program") {
  Machine m(1);
  auto lock = m.disk.lock("/data/lock", "pid 1");
  REQUIRE(lock.ok());
  auto second = m.disk.lock("/data/lock", "pid 2");
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::kBusy);
  CHECK(second.error().text.find("pid 1") != std::string::npos);
  m.disk.program_killed();
  CHECK_FALSE(m.disk.lock("/data/lock", "ghost").ok());
  m.disk.program_started();
  auto third = m.disk.lock("/data/lock", "pid 3");
  REQUIRE(third.ok());
  lock->reset();  // the dead program's handle frees nothing
  CHECK_FALSE(m.disk.lock("/data/lock", "pid 4").ok());
}

TEST_CASE("rot turns one bit, for good") {
  Machine m(1);
  m.disk.put_file("/data/log", "abc");
  REQUIRE(m.disk.flip_bit("/data/log", 1, 0));
  CHECK(m.disk.content("/data/log") == "acc");
  m.disk.power_lost();
  CHECK(m.disk.content("/data/log") == "acc");
}

TEST_CASE("another stage's unfinished call is waited for") {
  Machine m(1);
  auto file = m.create("/data/log");
  m.pay();
  REQUIRE(file->write_at(0, "abc").ok());
  REQUIRE(file->sync().ok());
  MonoTime synced = m.meter.now();
  m.meter.reset();  // as if another stage's step began at the same hour
  std::string out;
  REQUIRE(file->read_at(0, 3, out).ok());
  CHECK(out == "abc");
  CHECK(m.meter.now() > synced);
}

}  // namespace
}  // namespace okapi::sim
