// Who may connect to the quorum port, and that nothing is left of a term.
#include "server/peer/learner_acceptor.h"

#include "common/jute/output_archive.h"
#include "tests/unit/peer/port_world.h"

using namespace okapi;

namespace {

// QuorumPeer and LearnerAcceptor.
constexpr size_t kStagesOfLeader = 2;

std::string oversized_packet() {
  std::string out;
  jute::OutputArchive to(out);
  to.put_int(static_cast<int32_t>(PacketType::kAck));
  to.put_long(1);
  to.put_int(1 << 30);
  return out;
}

}  // namespace

TEST_CASE("five hundred silent connections harm nobody") {
  PortWorld world(1);
  world.acceptor_options.handler.hello_timeout = Millis(60'000);
  LeaderSide& leader = world.lead();
  LearnerSide& first = world.join(2);
  Stranger stranger(world, "10.0.9.9");
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 500; ++i) streams.push_back(stranger.connect());
  world.world.run_for(Millis(100));
  CHECK(world.node(1).scheduler().stages() == kStagesOfLeader + 1 + 64);
  LearnerSide& second = world.join(3);
  leader.door()->post(SendTo{leader.link(), encode_packet(PacketType::kPing, Zxid(1))});
  first.send(PacketType::kAck, Zxid(5));
  REQUIRE(
      world.until([&] { return second.packets().size() == 1 && leader.packets().size() == 3; }));
  CHECK(leader.peer.all<LinkUp>().size() == 2);
  CHECK(leader.peer.all<LinkDown>().empty());
  CHECK(stranger.is_closed(*streams.front()));
  // In the end time takes the rest.
  world.world.run_for(Millis(61'000));
  CHECK(world.node(1).scheduler().stages() == kStagesOfLeader + 2);
  CHECK(stranger.is_closed(*streams.back()));
}

TEST_CASE("a leader may listen on all its addresses, and looks its own name up") {
  PortWorld world(8);
  world.acceptor_options.listen_on_all_ips = GENERATE(false, true);
  world.acceptor_options.addresses = {{"leader", kQuorumPort}};
  LeaderSide& leader = world.lead();
  world.world.run_for(Millis(100));
  world.join(2);
  CHECK(leader.packets().size() == 1);
}

TEST_CASE("past the bound of all connections the next is refused") {
  PortWorld world(2);
  world.acceptor_options.learners_max = 3;
  world.acceptor_options.silent_max = 2;
  LeaderSide& leader = world.lead();
  for (int64_t sid = 2; sid <= 4; ++sid) world.join(sid);
  LearnerSide& late = world.follow(5);
  REQUIRE(world.until([&] { return late.peer.all<LeaderDown>().size() == 1; }));
  CHECK(leader.peer.all<LinkUp>().size() == 3);
  // A place that is free again is given again, and its thread's name too.
  world.node(3).kill();
  REQUIRE(world.until([&] { return leader.peer.all<LinkDown>().size() == 1; }));
  world.join(6);
  CHECK(world.node(1).scheduler().has_home("LrnHandler:2"));
  CHECK(world.node(1).scheduler().stages() == kStagesOfLeader + 3);
}

TEST_CASE("garbage and oversized packets end that link alone, with the peer's name") {
  PortWorld world(3);
  LeaderSide& leader = world.lead();
  LearnerSide& learner = world.join(2);
  Stranger stranger(world, "10.0.9.9");
  SECTION("before the first packet QuorumPeer hears nothing") {
    for (const std::string& bytes :
         {std::string("GET / HTTP/1.1\r\n\r\n0123456789012345678901234567890123456789"),
          std::string(5'000, '\xff'), oversized_packet(),
          std::string(encode_packet(PacketType::kAck, Zxid(1)).view())}) {
      auto stream = stranger.connect();
      stranger.write(*stream, bytes);
      CHECK(stranger.is_closed(*stream));
    }
    CHECK(leader.peer.all<LinkUp>().size() == 1);
    CHECK(leader.peer.all<LinkDown>().empty());
  }
  SECTION("behind it, once") {
    auto stream = stranger.connect();
    stranger.write(*stream, encode_packet(PacketType::kObserverInfo, Zxid(0)).view());
    REQUIRE(leader.peer.all<LinkUp>().size() == 2);
    stranger.write(*stream, oversized_packet());
    CHECK(stranger.is_closed(*stream));
    REQUIRE(leader.peer.all<LinkDown>().size() == 1);
    CHECK(leader.peer.all<LinkDown>().front()->why.find("10.0.9.9") != std::string::npos);
  }
  learner.send(PacketType::kAck, Zxid(9));
  REQUIRE(world.until([&] { return leader.packets().back().zxid == Zxid(9); }));
}

TEST_CASE("garbage from a leader ends the link; a snapshot may be broken, too") {
  PortWorld world(4);
  LeaderSide& leader = world.lead();
  LearnerSide& learner = world.join(2);
  std::string bytes = oversized_packet();
  SECTION("a packet") {}
  SECTION("a snapshot") {
    bytes = std::string(encode_packet(PacketType::kSnap, Zxid(1)).view()) +
            std::string("\0\0\0\0\0\0\0\0\x7f\xff\xff\xff", 12) + std::string(100, 'x');
  }
  leader.door()->post(SendTo{leader.link(), SharedBytes::copy_of(bytes)});
  REQUIRE(world.until([&] { return learner.peer.all<LeaderDown>().size() == 1; }));
  CHECK(learner.peer.all<LeaderDown>().front()->why.find("10.0.0.1:2888") != std::string::npos);
}

TEST_CASE("with a term go its listeners, connections and stages; the next term has new links") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    PortWorld world(seed);
    LeaderSide& leader = world.lead();
    leader.replica.write(1, 1, 100, 50'000);
    LearnerSide& streaming = world.join(2);
    leader.door()->post(StreamSnapshot{leader.link()});
    LearnerSide& idle = world.join(3);
    Stranger stranger(world, "10.0.9.9");
    auto silent = stranger.connect();
    LearnerDoor door = leader.door();
    LinkId old_link = leader.link();
    world.world.run_for(Micros(static_cast<int64_t>(seed) * 700));
    leader.end_term();
    CHECK(world.node(1).scheduler().stages() == 1);
    CHECK(leader.replica.leases.all_home());
    REQUIRE(world.until([&] {
      return idle.peer.all<LeaderDown>().size() == 1 &&
             streaming.peer.all<LeaderDown>().size() == 1 && stranger.is_closed(*silent);
    }));
    silent.reset();
    world.world.run_for(Millis(1'000));
    CHECK(world.net.connections() == 0);
    CHECK(leader.peer.all<LinkDown>().size() == 2);
    door->post(CloseLink{old_link, "too late"});
    leader.lead();
    world.join(4);
    CHECK(leader.link() != old_link);
    CHECK(leader.peer.all<LinkDown>().size() == 2);
  }
}
