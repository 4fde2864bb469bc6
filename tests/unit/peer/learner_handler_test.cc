// Streams of log and tree to a learner, and what holds them up.
#include "server/peer/learner_handler.h"

#include "tests/unit/peer/port_world.h"

using namespace okapi;

namespace {

constexpr Zxid zx(uint32_t counter) { return Zxid::make(Epoch(1), counter); }

SharedBytes ping(int number) { return encode_packet(PacketType::kPing, Zxid(number)); }

// What a learner has got, type by type: "DIFF 5", "PROPOSAL 6".
std::vector<std::string> packets_of(const LearnerSide& learner) {
  std::vector<std::string> out;
  for (const QuorumPacket& packet : learner.packets()) {
    out.push_back(std::string(name_of(packet.type())) + " " +
                  std::to_string(packet.zxid.counter()));
  }
  return out;
}

StreamLog log_order(LinkId link, Zxid peer, Zxid log_to) {
  return {link, log_to, CommittedWalk(peer, log_to)};
}

}  // namespace

TEST_CASE("zk_3531: a big tree goes out in slices, what was ordered meanwhile follows in order") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    PortWorld world(seed, seed == 1 ? choppy() : sim::NetOptions{});
    LeaderSide& leader = world.lead();
    leader.replica.write(1, 1, 300, 20'000);
    LearnerSide& learner = world.join(2);
    LearnerDoor door = leader.door();
    door->post(StreamSnapshot{leader.link()});
    for (int i = 1; i <= 50; ++i) door->post(SendTo{leader.link(), ping(i)});
    REQUIRE(world.until([&] { return learner.packets().size() == 51; }));
    CHECK(packets_of(learner).front() == "SNAP 300");
    CHECK(packets_of(learner)[1] == "PING 1");
    CHECK(packets_of(learner).back() == "PING 50");
    REQUIRE(leader.peer.all<SnapshotSent>().size() == 1);
    CHECK(leader.peer.all<SnapshotSent>().front()->stamp == zx(300));
    CHECK(learner.peer.all<SnapshotBytes>().back()->last);
    CHECK(leader.replica.leases.all_home());

    world.node(3).start([](sim::SimEnv&) { return std::make_unique<sim::Program>(); });
    Replica copy(world.node(3).disk());
    copy.store->begin_snapshot(zx(300));
    std::string bytes = learner.snapshot_bytes();
    size_t taken = 0;
    auto complete = copy.store->feed_snapshot(bytes, taken);
    REQUIRE(complete.ok());
    CHECK(*complete);
    CHECK(taken == bytes.size());
    CHECK(copy.database.tree().read("/n" + std::to_string(zx(300).value())).found());
  }
}

TEST_CASE("zk_2201: a learner that does not read holds up its own stream only, within a bound") {
  PortWorld world(1);
  LeaderSide& leader = world.lead();
  leader.replica.write(1, 1, 300, 100'000);
  LearnerSide& slow = world.join(2);
  LearnerDoor slow_door = leader.door();
  slow.peer.frozen = true;
  slow_door->post(StreamSnapshot{leader.link()});
  LearnerSide& other = world.join(3);
  leader.door()->post(SendTo{leader.link(), ping(1)});
  world.world.run_for(Millis(5'000));
  CHECK(other.packets().size() == 1);
  CHECK(leader.peer.all<SnapshotSent>().empty());
  // Mail, pipe and outbox are bounded; 30 MB are not in them.
  slow.peer.frozen = false;
  REQUIRE(world.until([&] { return !leader.peer.all<SnapshotSent>().empty(); }));
  REQUIRE(world.until([&] { return slow.peer.all<SnapshotBytes>().back()->last; }));
}

TEST_CASE("a leader that is behind does not read its learners") {
  PortWorld world(2);
  LeaderSide& leader = world.lead();
  LearnerSide& learner = world.join(2);
  leader.peer.frozen = true;
  std::string megabyte(1'000'000, 'x');
  for (int i = 1; i <= 20; ++i) learner.send(PacketType::kRequest, Zxid(i), megabyte);
  world.world.run_for(Millis(5'000));
  CHECK(leader.peer.box.size() <= 6);  // 4 MB, and what one step may bring
  leader.peer.frozen = false;
  REQUIRE(world.until([&] { return leader.packets().size() == 21; }));
  CHECK(leader.packets().back().zxid == Zxid(20));
}

TEST_CASE("an outbox past its bound ends the link, behind a stream as well") {
  PortWorld world(3);
  world.acceptor_options.handler.packets.outbox_bytes_max = 3'000'000;
  LeaderSide& leader = world.lead();
  leader.replica.write(1, 1, 100, 100'000);
  LearnerSide& learner = world.join(2);
  learner.peer.frozen = true;
  bool streaming = GENERATE(false, true);
  if (streaming) leader.door()->post(StreamSnapshot{leader.link()});
  SharedBytes packet = encode_packet(PacketType::kInform, Zxid(1), std::string(1'000'000, 'x'));
  for (int i = 0; i < 12; ++i) {
    leader.door()->post(SendTo{leader.link(), packet});
    world.world.run_for(Millis(200));
  }
  REQUIRE(leader.peer.all<LinkDown>().size() == 1);
  CHECK(leader.peer.all<LinkDown>().front()->why.find("10.0.0.2") != std::string::npos);
  CHECK(leader.replica.leases.all_home());
}

TEST_CASE("a log is sent as the walk says, from files that were rolled") {
  PortWorld world(4, choppy());
  LeaderSide& leader = world.lead();
  leader.replica.write(1, 1, 10);
  {
    ReplicaStore::Tokens tokens = leader.replica.store->hand_out();
    REQUIRE(tokens.log.roll().ok());
    REQUIRE(leader.replica.store->take_back(std::move(tokens)).ok());
  }
  leader.replica.write(1, 11, 20);
  LearnerSide& learner = world.join(2);
  LinkId link = leader.link();
  SECTION("from within the first file") {
    leader.door()->post(log_order(link, zx(8), zx(12)));
    leader.door()->post(SendTo{link, ping(77)});
    REQUIRE(world.until([&] { return learner.packets().size() == 10; }));
    CHECK(packets_of(learner) == std::vector<std::string>{"DIFF 12", "PROPOSAL 9", "COMMIT 9",
                                                          "PROPOSAL 10", "COMMIT 10", "PROPOSAL 11",
                                                          "COMMIT 11", "PROPOSAL 12", "COMMIT 12",
                                                          "PING 77"});
    REQUIRE(leader.peer.all<LogSent>().size() == 1);
    CHECK(leader.peer.all<LogSent>().front()->walk.reached() == zx(12));
  }
  SECTION("from the first record of all, and of the second file") {
    Zxid from = GENERATE(zx(1), zx(11), zx(2), zx(12));
    leader.door()->post(log_order(link, from, zx(20)));
    size_t count = 1 + 2 * (20 - from.counter());
    REQUIRE(world.until([&] { return learner.packets().size() == count; }));
    CHECK(packets_of(learner).front() == "DIFF 20");
    CHECK(packets_of(learner).back() == "COMMIT 20");
  }
  SECTION("past a snapshot of its own") {
    REQUIRE(write_snapshot(leader.env.disk(), leader.replica.database,
                           {.directory = leader.replica.data->snapshots()})
                .ok());
    leader.replica.write(1, 21, 25);
    leader.door()->post(log_order(link, zx(8), zx(25)));
    REQUIRE(world.until([&] { return learner.packets().size() == 1 + 2 * 17; }));
    CHECK(packets_of(learner).back() == "COMMIT 25");
  }
  SECTION("behind a snapshot, without an opening packet") {
    leader.door()->post(StreamLog{link, zx(20), CommittedWalk::opened_at(zx(10))});
    REQUIRE(world.until([&] { return learner.packets().size() == 20; }));
    CHECK(packets_of(learner).front() == "PROPOSAL 11");
  }
  CHECK(leader.replica.leases.all_home());
}

TEST_CASE("a log that cannot be used is said to be so, and nothing was sent") {
  PortWorld world(5);
  Zxid from = zx(5);
  bool gone = false;
  SECTION("it begins later") { from = Zxid(3); }
  SECTION("it is too large beside the snapshot") {
    world.acceptor_options.handler.log.snapshot_size_factor = 0.001;
  }
  SECTION("it is gone") { gone = true; }
  LeaderSide& leader = world.lead();
  leader.replica.write(1, 1, 20);
  if (gone) REQUIRE(world.node(1).disk().unlink("/d/version-2/log.100000001").ok());
  LearnerSide& learner = world.join(2);
  leader.door()->post(log_order(leader.link(), from, zx(20)));
  REQUIRE(world.until([&] { return leader.peer.all<LogUnusable>().size() == 1; }));
  leader.door()->post(SendTo{leader.link(), ping(1)});
  REQUIRE(world.until([&] { return !learner.packets().empty(); }));
  CHECK(packets_of(learner) == std::vector<std::string>{"PING 1"});
}

TEST_CASE("zk_2846: a log is sent as far back as it is known to have no hole") {
  PortWorld world(8);
  world.acceptor_options.handler.log.snapshot_size_factor = 0;
  LeaderSide& leader = world.lead();
  sim::SimDisk& disk = world.node(1).disk();
  leader.replica.write(1, 1, 5);
  leader.replica.write(2, 1, 5);
  bool sent = false;
  SECTION("a leader's snapshot stands between the epochs") {
    disk.put_file("/d/version-2/snapshot.100000009", "");
  }
  SECTION("or at the beginning of one") { disk.put_file("/d/version-2/snapshot.200000000", ""); }
  SECTION("an own snapshot stands there") {
    disk.put_file("/d/version-2/snapshot.100000005", "");
    sent = true;
  }
  SECTION("no snapshot is as old as that: one may be gone") {
    REQUIRE(disk.rename("/d/version-2/snapshot.0", "/d/version-2/snapshot.100000004").ok());
  }
  LearnerSide& learner = world.join(2);
  Zxid last = Zxid::make(Epoch(2), 5);
  leader.door()->post(StreamLog{leader.link(), last, CommittedWalk(zx(3), last)});
  REQUIRE(world.until([&] {
    return leader.peer.all<LogUnusable>().size() + leader.peer.all<LogSent>().size() == 1;
  }));
  CHECK(leader.peer.all<LogSent>().size() == (sent ? 1U : 0U));
  leader.door()->post(SendTo{leader.link(), ping(1)});
  REQUIRE(world.until([&] { return learner.packets().size() == (sent ? 16U : 1U); }));
}

TEST_CASE("a log that is rotten in the middle ends the link and names the file") {
  PortWorld world(6);
  LeaderSide& leader = world.lead();
  leader.replica.write(1, 1, 20, 500);
  REQUIRE(world.node(1).disk().flip_bit("/d/version-2/log.100000001", 8'000, 3));
  LearnerSide& learner = world.join(2);
  leader.door()->post(log_order(leader.link(), zx(5), zx(20)));
  REQUIRE(world.until([&] { return leader.peer.all<LinkDown>().size() == 1; }));
  CHECK(leader.peer.all<LinkDown>().front()->why.find("log.100000001") != std::string::npos);
  REQUIRE(world.until([&] { return learner.peer.all<LeaderDown>().size() == 1; }));
  CHECK(leader.peer.all<LogUnusable>().empty());
}

TEST_CASE("a lease that is recalled ends the streams that stand on it") {
  PortWorld world(7);
  LeaderSide& leader = world.lead();
  leader.replica.write(1, 1, 200, 100'000);
  LearnerSide& learner = world.join(2);
  learner.peer.frozen = true;
  leader.door()->post(StreamSnapshot{leader.link()});
  world.world.run_for(Millis(2'000));
  REQUIRE(!leader.replica.leases.all_home());
  leader.replica.leases.recall(nullptr);
  REQUIRE(world.until([&] { return leader.replica.leases.all_home(); }, Millis(200)));
  CHECK(world.until([&] { return leader.peer.all<LinkDown>().size() == 1; }, Millis(200)));
  leader.replica.leases.allow();
}
