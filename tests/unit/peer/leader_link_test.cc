// The quorum port over simulated machines: dialling, packets both ways, what strangers do to it.
#include "server/peer/leader_link.h"

#include "tests/unit/peer/port_world.h"

using namespace okapi;

TEST_CASE("packets go both ways, whole and in order, over links that take and give a few bytes") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    PortWorld world(seed, choppy());
    LeaderSide& leader = world.lead();
    LearnerSide& learner = world.join(2);
    LearnerDoor door = leader.door();
    for (int i = 1; i <= 100; ++i) {
      learner.send(PacketType::kAck, Zxid(i), std::string(static_cast<size_t>(i) * 31, 'x'));
      door->post(SendTo{leader.link(), encode_packet(PacketType::kCommit, Zxid(i))});
    }
    REQUIRE(world.until(
        [&] { return leader.packets().size() == 101 && learner.packets().size() == 100; }));
    for (int i = 1; i <= 100; ++i) {
      auto at = static_cast<size_t>(i);
      const QuorumPacket ack = leader.packets()[at];
      CHECK(ack.zxid == Zxid(i));
      CHECK(ack.data->size() == at * 31);
      CHECK(learner.packets()[at - 1].zxid == Zxid(i));
    }
    CHECK(leader.peer.all<LinkUp>().front()->peer.ip == ip_of(2));
  }
}

TEST_CASE("the first of several addresses that answers is the leader's") {
  PortWorld world(1);
  world.link_options.dial.addresses = {
      {"silence", kQuorumPort}, {"unknown", kQuorumPort}, {"leader", kQuorumPort}};
  world.lead();
  LearnerSide& learner = world.follow(2);
  REQUIRE(world.until([&] { return !learner.peer.all<LeaderUp>().empty(); }, Millis(500)));
  CHECK(learner.peer.all<LeaderUp>().front()->peer.ip == ip_of(1));
  // It never says what it is.
  world.world.run_for(Millis(10'000));
  CHECK(learner.peer.seen.size() == 2);
  CHECK(learner.peer.all<LeaderDown>().size() == 1);
  CHECK(world.net.connections() == 0);
}

TEST_CASE("a leader that is late is dialled again; one that never comes is given up in time") {
  PortWorld world(2);
  world.node(1);
  SECTION("late") {
    LearnerSide& learner = world.follow(2);
    world.world.run_for(Millis(250));
    world.lead();
    CHECK(world.until([&] { return !learner.peer.all<LeaderUp>().empty(); }, Millis(300)));
  }
  SECTION("refused five times") {
    LearnerSide& learner = world.follow(2);
    REQUIRE(world.until([&] { return !learner.peer.seen.empty(); }, Millis(1'000)));
    REQUIRE(learner.peer.all<LeaderDown>().size() == 1);
    CHECK(learner.peer.all<LeaderDown>().front()->why.find("10.0.0.1:2888") != std::string::npos);
  }
  SECTION("silent") {
    world.link_options.dial.addresses = {{"silence", kQuorumPort}};
    world.link_options.dial.budget = Millis(2'500);
    LearnerSide& learner = world.follow(2);
    CHECK(!world.until([&] { return !learner.peer.seen.empty(); }, Millis(2'400)));
    CHECK(world.until([&] { return !learner.peer.seen.empty(); }, Millis(300)));
    world.world.run_for(Millis(10'000));
    CHECK(learner.peer.all<LeaderDown>().size() == 1);
  }
}

TEST_CASE("a link ends once, whoever ends it, and says who was at the other end") {
  PortWorld world(3);
  LeaderSide& leader = world.lead();
  LearnerSide& learner = world.join(2);
  auto both_down = [&] {
    return leader.peer.all<LinkDown>().size() == 1 && learner.peer.all<LeaderDown>().size() == 1;
  };
  SECTION("the leader") {
    leader.door()->post(CloseLink{leader.link(), "it is a test"});
    REQUIRE(world.until(both_down));
    CHECK(leader.peer.all<LinkDown>().front()->why.find("10.0.0.2") != std::string::npos);
    CHECK(leader.peer.all<LinkDown>().front()->why.find("it is a test") != std::string::npos);
  }
  SECTION("the learner") {
    learner.link.orders.post(CloseLeaderLink{"it is a test"});
    REQUIRE(world.until(both_down));
    CHECK(learner.peer.all<LeaderDown>().front()->why.find("10.0.0.1") != std::string::npos);
  }
  SECTION("the net") {
    REQUIRE(world.net.reset_one(ip_of(2)));
    REQUIRE(world.until(both_down));
  }
  // Orders for a link that is gone are nobody's.
  leader.door()->post(SendTo{leader.link(), encode_packet(PacketType::kPing, Zxid())});
  leader.door()->post(CloseLink{leader.link(), "again"});
  learner.link.orders.post(CloseLeaderLink{"again"});
  world.world.run_for(Millis(1'000));
  CHECK(both_down());
  CHECK(world.net.connections() == 0);
}
