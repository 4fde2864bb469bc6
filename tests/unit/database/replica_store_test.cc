// The replica between roles: peer-protocol spec 3.2, 3.4, 5.5.
#include "server/database/replica_store.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/support/database_world.h"

using namespace okapi;

namespace {

using Dump = std::map<std::string, std::string>;

std::string path_of(int64_t number) { return "/n" + std::to_string(number); }

EncodedTxn txn(Zxid zxid) { return create_txn(zxid, path_of(zxid.value()), "d"); }

constexpr int64_t kOlder = 3;  // of a snapshot that leads back
constexpr int64_t kTheirs = 0x200000003;
constexpr int64_t kNextEpoch = 0x300000000;

std::string wire_snapshot() {
  SnapshotEncoder encoder(SnapshotForm::kWire);
  encoder.begin_sessions(1);
  encoder.session(SessionId(5), 10'000);
  encoder.begin_acls(0);
  for (ByteView path : {"", "/zookeeper", "/zookeeper/quota", "/theirs"}) {
    encoder.node(path, ByteView("x"), kSnapshotOpenAclId, StatPersisted());
  }
  encoder.end_nodes();
  return std::string(encoder.drain());
}

// One life of a member's process over a disk that survives it.
class Member {
 public:
  explicit Member(Disk& disk) : context_(world_.over(disk)), database_({}, 500) {
    auto data = DataDir::open(context_, {.data_dir = "/d", .data_log_dir = "/d", .pid = "1"});
    REQUIRE(data.ok());
    data_.emplace(std::move(*data));
    ReplicaStore::Options options;
    options.recovery.snapshot.directory = data_->snapshots();
    options.log.directory = data_->logs();
    store_.emplace(context_, *data_, database_, options);
  }

  ReplicaStore& operator*() { return *store_; }
  ReplicaStore* operator->() { return &*store_; }
  ZkDatabase& database() { return database_; }
  const std::string& directory() const { return data_->snapshots(); }

  void log_and_apply(int64_t first, int64_t last) {
    for (int64_t i = first; i <= last; ++i) {
      store_->append(txn(Zxid(i)));
      REQUIRE(store_->apply(txn(Zxid(i))).ok());
    }
    REQUIRE(store_->sync_log().ok());
  }
  // A log with a hole, and snapshots before, at and behind it.
  void log_around_a_hole() {
    log_and_apply(1, 5);
    take_theirs();
    // The first of an epoch: no record shows that some are missing before it.
    log_and_apply(kNextEpoch + 1, kNextEpoch + 3);
    snapshot_now();
    log_and_apply(kNextEpoch + 4, kNextEpoch + 5);
  }
  // SNAP.
  void take_theirs() {
    begin_theirs(kTheirs);
    REQUIRE(store_->keep_memory().ok());
  }
  bool take_older() {
    begin_theirs(kOlder);
    return store_->keep_memory().ok();
  }
  std::string snapshot_now() {
    return *write_snapshot(context_.disk, database_, {.directory = data_->snapshots()});
  }
  bool has(int number) const { return database_.tree().read(path_of(number)).found(); }
  Dump dump() const {
    Dump out;
    TreeCursor cursor(database_.tree(), Zxid(INT64_MAX));
    while (cursor.next_slice(100, [&](ByteView path, const NodeView& node) {
      out[std::string(path)] = jute::encoded(node.stored_stat()) + std::string(*node.data());
    })) {
    }
    return out;
  }

 private:
  void begin_theirs(int64_t zxid) {
    store_->begin_snapshot(Zxid(zxid));
    size_t taken = 0;
    REQUIRE(*store_->feed_snapshot(wire_snapshot(), taken));
  }

  StorageWorld world_;
  StorageContext context_;
  ZkDatabase database_;
  std::optional<DataDir> data_;
  std::optional<ReplicaStore> store_;
};

// What the next start finds.
Dump after_restart(ImageDisk& disk, Zxid& last) {
  Member next(disk);
  auto found = next->load();
  REQUIRE(found.ok());
  last = found->last;
  return next.dump();
}

// Power goes after so many calls of `change` by a member whose log has a hole. Whether it was done.
bool crash_in(ImageDisk& disk, Rng& dice, uint64_t changes,
              const std::function<bool(Member&)>& change) {
  bool done;
  {
    Member member(disk);
    REQUIRE(member->load().ok());
    member.log_around_a_hole();
    disk.crash_after(changes);
    done = change(member) && !disk.crashed();
  }
  disk.restart(ImageDisk::Crash::kPower, dice);
  return done;
}

// The process ends; the next one finds what this one had.
void check_restart(ImageDisk& disk, Member& member) {
  Dump before = member.dump();
  Zxid ended = member->last_zxid();
  disk.restart(ImageDisk::Crash::kProgram, disk.fault_dice);
  Zxid last;
  CHECK(after_restart(disk, last) == before);
  CHECK(last == ended);
}

}  // namespace

TEST_CASE("missing epoch files are made from the history") {
  ImageDisk disk;
  put_fixture(disk, "quorum");  // its history ends in epoch 2
  for (const char* name : {kAcceptedEpochName, kCurrentEpochName}) {
    REQUIRE(disk.unlink(join_path(kVersionDir, name)).ok());
  }
  Member member(disk);
  REQUIRE(member->load().ok());
  REQUIRE(member->load_epochs().ok());
  CHECK(member->current_epoch() == Epoch(2));
  CHECK(member->accepted_epoch() == Epoch(2));
  CHECK(disk.content("/d/version-2/currentEpoch") == "2");
  REQUIRE(member->set_accepted_epoch(Epoch(7)).ok());
  CHECK(disk.content("/d/version-2/acceptedEpoch") == "7");
}

TEST_CASE("epoch files that the history contradicts are refused, or mended") {
  ImageDisk disk;
  put_fixture(disk, "quorum");
  disk.put("/d/version-2/acceptedEpoch", "2");
  disk.put("/d/version-2/currentEpoch", "1");
  SECTION("older than the history, which nobody had accepted") {
    disk.put("/d/version-2/acceptedEpoch", "1");
    Member member(disk);
    REQUIRE(member->load().ok());
    CHECK(member->load_epochs().error().kind == ErrorKind::kCorrupt);
  }
  SECTION("zk_1653, zk_2354: older, as a crash had it before the newer one was written") {
    Member member(disk);
    REQUIRE(member->load().ok());
    REQUIRE(member->load_epochs().ok());
    CHECK(member->current_epoch() == Epoch(2));
    CHECK(disk.content("/d/version-2/currentEpoch") == "2");
  }
  SECTION("accepted before current") {
    disk.put("/d/version-2/currentEpoch", "3");
    Member member(disk);
    REQUIRE(member->load().ok());
    CHECK(member->load_epochs().error().kind == ErrorKind::kCorrupt);
  }
}

TEST_CASE("zk_2845, zk_4712: after a role the tree has all that the log has") {
  ImageDisk disk;
  Member member(disk);
  REQUIRE(member->load().ok());
  ReplicaStore::Tokens tokens = member->hand_out();
  CHECK_FALSE(member->at_rest());
  for (int i = 1; i <= 5; ++i) tokens.log.append(txn(Zxid(i)));
  REQUIRE(tokens.log.commit().ok());
  REQUIRE(member->take_back(std::move(tokens)).ok());
  CHECK(member->last_zxid() == Zxid(5));
  CHECK(member.has(5));
  CHECK(member.database().committed_log().max() == Zxid(5));
  check_restart(disk, member);
}

TEST_CASE("zk_4837, zk_1549: a truncation undoes what a newer snapshot holds") {
  ImageDisk disk;
  Member member(disk);
  REQUIRE(member->load().ok());
  member.log_and_apply(1, 8);
  member.snapshot_now();
  member.log_and_apply(9, 12);
  auto cut = member->truncate(Zxid(5));
  REQUIRE(cut.ok());
  CHECK(*cut);
  CHECK(member->last_zxid() == Zxid(5));
  CHECK(member.has(5));
  CHECK_FALSE(member.has(6));
  member.log_and_apply(6, 6);  // the log goes on behind the cut
  check_restart(disk, member);
}

TEST_CASE("a truncation that power cuts short leaves the history up to some place behind the cut") {
  Rng dice(7);
  for (uint64_t changes = 0;; ++changes) {
    ImageDisk disk;
    bool done;
    {
      Member member(disk);
      REQUIRE(member->load().ok());
      member.log_and_apply(1, 8);
      member.snapshot_now();
      member.log_and_apply(9, 12);
      disk.crash_after(changes);
      auto cut = member->truncate(Zxid(5));
      done = cut.ok() && !disk.crashed();
    }
    disk.restart(ImageDisk::Crash::kPower, dice);
    Zxid last;
    Dump found = after_restart(disk, last);
    INFO("after " << changes << " changes the history ends at " << last.value());
    REQUIRE((last == Zxid(5) || (!done && (last == Zxid(8) || last == Zxid(12)))));
    CHECK(found.contains("/n5"));
    CHECK(found.contains("/n8") == (last >= Zxid(8)));
    CHECK(found.contains("/n12") == (last == Zxid(12)));
    if (done) break;
  }
}

TEST_CASE("a place that the log does not have cannot be cut at") {
  ImageDisk disk;
  Member member(disk);
  REQUIRE(member->load().ok());
  member->append(txn(Zxid(0x100000005)));
  REQUIRE(member->sync_log().ok());
  auto cut = member->truncate(Zxid(0x100000002));
  REQUIRE(cut.ok());
  CHECK_FALSE(*cut);
  auto wiped = member->wipe();
  REQUIRE(wiped.ok());
  CHECK(wiped->last == Zxid());
  CHECK(member->last_zxid() == Zxid());
}

TEST_CASE("a leader's tree replaces ours; what follows in the stream is not touched") {
  ImageDisk disk;
  Member member(disk);
  REQUIRE(member->load().ok());
  member.log_and_apply(1, 3);
  std::string stream = wire_snapshot() + "PACKETS";
  member->begin_snapshot(Zxid(kTheirs));
  size_t at = 0;
  bool complete = false;
  while (!complete) {
    size_t taken = 0;
    auto fed = member->feed_snapshot(ByteView(stream).substr(at, 7), taken);
    REQUIRE(fed.ok());
    at += taken;
    complete = *fed;
  }
  CHECK(stream.substr(at) == "PACKETS");
  CHECK(member->last_zxid() == Zxid(kTheirs));
  CHECK_FALSE(member.has(1));
  REQUIRE(member->apply(create_txn(Zxid(kTheirs + 1), "/later", "d")).ok());
  REQUIRE(member->keep_memory().ok());
  member->append(create_txn(Zxid(kTheirs + 2), "/last", "d"));
  REQUIRE(member->sync_log().ok());
  REQUIRE(member->apply(create_txn(Zxid(kTheirs + 2), "/last", "d")).ok());
  check_restart(disk, member);
}

TEST_CASE("zk_2846: a log is never replayed across the hole below a leader's snapshot") {
  ImageDisk disk;
  {
    Member member(disk);
    REQUIRE(member->load().ok());
    member.log_around_a_hole();
  }
  REQUIRE(disk.unlink("/d/version-2/snapshot.300000003").ok());
  std::string theirs = "/d/version-2/snapshot.200000003";
  std::string bytes = disk.content(theirs);
  SECTION("rotten") { bytes[60] ^= 1; }
  SECTION("cut short") { bytes.resize(70); }
  disk.put(theirs, bytes);
  Member next(disk);
  auto found = next->load();
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().kind == ErrorKind::kCorrupt);
  CHECK(found.error().text.find("200000003 in /d/version-2 cannot be read") != std::string::npos);
  auto wiped = next->wipe();
  REQUIRE(wiped.ok());
  CHECK(wiped->kind == Recovered::Kind::kNew);
}

TEST_CASE("zk_2846: power that goes in a cut behind a hole leaves one history, up to some place") {
  bool snapshot = GENERATE(false, true);
  Rng dice(8);
  for (uint64_t changes = 0;; ++changes) {
    ImageDisk disk;
    bool done = crash_in(disk, dice, changes, [&](Member& member) {
      return snapshot ? member.take_older() : member->truncate(Zxid(5)).ok();
    });
    Zxid last;
    Dump found = after_restart(disk, last);
    INFO("after " << changes << " changes the history ends at " << last.value());
    // Ours up to the hole, or theirs and what was logged behind it; never ours with the latter.
    bool ours = !found.contains("/theirs");
    if (last == Zxid(kOlder)) {
      CHECK(found.contains(path_of(kOlder)) == ours);
    } else {
      CHECK(ours == (last <= Zxid(5)));
    }
    CHECK(found.contains("/n5") == (last == Zxid(5)));
    CHECK(found.contains(path_of(kNextEpoch + 1)) == (last > Zxid(kNextEpoch)));
    if (!done) continue;
    CHECK(last == Zxid(snapshot ? kOlder : 5));
    CHECK(ours == !snapshot);
    break;
  }
}

TEST_CASE("zk_2846: what power left of a history that was being set aside is refused") {
  Rng dice(9);
  for (uint64_t changes = 0;; ++changes) {
    ImageDisk disk;
    bool done = crash_in(disk, dice, changes, [](Member& member) { return member->wipe().ok(); });
    Member next(disk);
    auto found = next->load();
    INFO("after " << changes << " changes");
    if (!found.ok()) {
      CHECK(found.error().kind == ErrorKind::kCorrupt);
      CHECK(next->wipe()->kind == Recovered::Kind::kNew);
    } else if (found->last != Zxid()) {
      CHECK(found->last == Zxid(kNextEpoch + 5));  // all of it
      CHECK(next.dump().contains("/theirs"));
    }
    if (!done) continue;
    CHECK(found->last == Zxid());
    break;
  }
}

TEST_CASE("a leader's tree may end before or behind our log") {
  Zxid theirs(GENERATE(0x50, 5));
  ImageDisk disk;
  Member member(disk);
  REQUIRE(member->load().ok());
  member.log_and_apply(1, 12);
  member->begin_snapshot(theirs);
  std::string stream = wire_snapshot();
  size_t taken = 0;
  REQUIRE(*member->feed_snapshot(stream, taken));
  REQUIRE(member->keep_memory().ok());
  CHECK_FALSE(member.has(12));
  member->append(txn(theirs.next()));
  REQUIRE(member->sync_log().ok());
  REQUIRE(member->apply(txn(theirs.next())).ok());
  check_restart(disk, member);
}

TEST_CASE("zk_3642: an interrupted snapshot is forgotten") {
  ImageDisk disk;
  Member member(disk);
  REQUIRE(member->load().ok());
  member.log_and_apply(1, 3);
  Dump before = member.dump();
  member->begin_snapshot(Zxid(kTheirs));
  std::string stream = wire_snapshot();
  size_t taken = 0;
  REQUIRE_FALSE(*member->feed_snapshot(ByteView(stream).substr(0, stream.size() / 2), taken));
  REQUIRE(member->load().ok());
  CHECK(member->last_zxid() == Zxid(3));
  CHECK(member.dump() == before);
}

TEST_CASE("zk_2872: memory kept under power cuts is there wholly, or nothing of it is") {
  Zxid theirs(GENERATE(as<int64_t>{}, 0x200000003, 5));
  Rng dice(11);
  for (uint64_t changes = 0;; ++changes) {
    ImageDisk disk;
    bool done;
    {
      Member member(disk);
      REQUIRE(member->load().ok());
      member.log_and_apply(1, 12);
      member->begin_snapshot(theirs);
      std::string stream = wire_snapshot();
      size_t taken = 0;
      REQUIRE(*member->feed_snapshot(stream, taken));
      disk.crash_after(changes);
      done = member->keep_memory().ok() && !disk.crashed();
    }
    disk.restart(ImageDisk::Crash::kPower, dice);
    Zxid last;
    Dump found = after_restart(disk, last);
    INFO("after " << changes << " changes the history ends at " << last.value());
    bool is_theirs = found.contains("/theirs");
    REQUIRE((is_theirs || !done));
    // What a leader undid may be gone, but never stands on its tree.
    CHECK(last == (is_theirs || !found.contains("/n12") ? theirs : Zxid(12)));
    for (int i = 1; i <= 12; ++i) {
      CHECK(found.contains(path_of(i)) == (!is_theirs && i <= last.value()));
    }
    if (done) break;
  }
}
