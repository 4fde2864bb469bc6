// Real leader and learners through discovery, DIFF, TRUNC, SNAP and broadcast over the stages of
// the quorum port, on machines with nets that delay and cut.
#include "tests/unit/peer/port_peers.h"

using namespace okapi;

namespace {

using Dump = std::map<std::string, std::string>;

Dump dump(const ZkDatabase& database) {
  Dump out;
  TreeCursor cursor(database.tree(), Zxid(INT64_MAX));
  while (cursor.next_slice(1'000, [&](ByteView path, const NodeView& node) {
    out[std::string(path)] = jute::encoded(node.stored_stat()) + std::string(*node.data());
  })) {
  }
  return out;
}

class LeadingProgram final : public sim::Program {
 public:
  LeadingProgram(sim::SimEnv& env, const LearnerAcceptorOptions& base, uint32_t last, size_t bytes)
      : env_(env), replica(env.disk()) {
    replica.write(1, 1, last, bytes);
    peer.emplace(replica, zab_test::voters(1, 3), env.clock().now());
    LearnerAcceptorOptions options = base;
    options.addresses = {{ip_of(1), kQuorumPort}};
    options.handler.log.logs = replica.data->logs();
    options.handler.log.snapshots = replica.data->snapshots();
    Bell& bell = env.scheduler().enroll(*peer, {.home = "QuorumPeer:1"});
    peer->box.attach(bell);
    peer->wishes.attach(bell);
    acceptor.emplace(LearnerSources{env, replica.database, replica.leases}, options, peer->box);
    acceptor->begin(
        env.scheduler().enroll(*acceptor, {.home = "LrnAccept:1", .poller = acceptor->poller()}));
    bell.ring(false);
  }
  ~LeadingProgram() override {
    env_.scheduler().retire(*acceptor);
    acceptor.reset();
    env_.scheduler().retire(*peer);
  }

 private:
  sim::SimEnv& env_;

 public:
  Replica replica;
  std::optional<LeadingPeer> peer;
  std::optional<LearnerAcceptor> acceptor;
};

class FollowingProgram final : public sim::Program {
 public:
  // Its own history: 1:1 to 1:`last`.
  FollowingProgram(sim::SimEnv& env, const LeaderLinkOptions& options, int64_t sid, uint32_t last,
                   size_t bytes)
      : env_(env), replica(env.disk()) {
    if (replica.store->last_zxid() == Zxid() && last > 0) replica.write(1, 1, last, bytes);
    peer.emplace(replica, ServerId(sid), zab_test::voters(1, 3));
    peer->box.attach(env.scheduler().enroll(*peer, {.home = "QuorumPeer:2"}));
    link.emplace(env, options, peer->box);
    peer->link = &link->orders;
    link->begin(env.scheduler().enroll(*link, {.home = "LeaderLink:2", .poller = link->poller()}));
  }
  ~FollowingProgram() override {
    env_.scheduler().retire(*link);
    env_.scheduler().retire(*peer);
  }

 private:
  sim::SimEnv& env_;

 public:
  Replica replica;
  std::optional<FollowingPeer> peer;
  std::optional<LeaderLink> link;
};

class Loop : public PortWorld {
 public:
  using PortWorld::PortWorld;
  void lead(uint32_t last, size_t bytes = 100) {
    REQUIRE(node(1).start([&](sim::SimEnv& env) {
      return std::make_unique<LeadingProgram>(env, acceptor_options, last, bytes);
    }));
  }
  void follow(int64_t sid, uint32_t last, size_t bytes = 100) {
    REQUIRE(node(sid).start([&](sim::SimEnv& env) {
      return std::make_unique<FollowingProgram>(env, link_options, sid, last, bytes);
    }));
  }
  LeadingProgram& leader() { return *static_cast<LeadingProgram*>(node(1).program()); }
  FollowingProgram& follower(int64_t sid) {
    return *static_cast<FollowingProgram*>(node(sid).program());
  }
  void propose(int count, size_t bytes = 10) {
    for (int i = 0; i < count; ++i) leader().peer->wishes.post(Propose{bytes});
  }
  bool equal(int64_t sid) {
    FollowingProgram& other = follower(sid);
    return other.peer->serving() &&
           other.replica.store->last_zxid() == leader().replica.store->last_zxid() &&
           dump(other.replica.database) == dump(leader().replica.database);
  }
};

}  // namespace

TEST_CASE("learners with part of the history, none of it or too much come to the leader's") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Loop loop(seed, seed % 2 == 0 ? choppy() : sim::NetOptions{});
    loop.lead(20);
    // Four are in memory, all are in the log.
    constexpr uint32_t kHistories[] = {20, 18, 5, 0, 25};
    uint32_t last = kHistories[seed % 5], other = kHistories[(seed / 5 + 1) % 5];
    INFO("seed " << seed << ": " << last << " and " << other);
    // Whoever has more than the leader may not be its first.
    bool ahead = last > 20;
    loop.follow(2, ahead ? 20 : last);
    REQUIRE(loop.until([&] { return loop.leader().peer->serving(); }));
    loop.propose(10);
    loop.follow(3, ahead ? last : other);
    loop.propose(10);
    REQUIRE(loop.until([&] { return loop.follower(3).peer->serving(); }));
    loop.propose(5);
    REQUIRE(loop.until([&] { return loop.equal(2) && loop.equal(3); }));
    CHECK(loop.leader().replica.store->last_zxid() >= Zxid::make(Epoch(2), 5));
    CHECK(!loop.leader().peer->over);
  }
}

TEST_CASE("the roads of a synchronisation: the log from disk, and the tree while writes go on") {
  Loop loop(1);
  loop.lead(40, 50'000);
  loop.follow(2, 5, 50'000);
  REQUIRE(loop.until([&] { return loop.leader().peer->serving(); }));
  CHECK(loop.leader().peer->logs == 1);
  loop.follow(3, 0);
  for (int i = 0; i < 100; ++i) {
    loop.propose(1, 1'000);
    loop.world.run_for(Micros(300));
  }
  REQUIRE(loop.until([&] { return loop.equal(2) && loop.equal(3); }));
  CHECK(loop.leader().peer->snapshots == 1);
  CHECK(loop.leader().peer->ended.empty());
}

TEST_CASE("a learner that is cut off is given up by both sides, and is back after the cut") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Loop loop(seed);
    loop.lead(20);
    loop.follow(2, 20);
    loop.follow(3, 20);
    REQUIRE(loop.until([&] { return loop.equal(2) && loop.equal(3); }));
    loop.net.cut(ip_of(1), ip_of(3));
    loop.propose(20);
    REQUIRE(loop.until([&] { return !loop.follower(3).peer->ended.empty(); }));
    REQUIRE(loop.until([&] { return !loop.leader().peer->ended.empty(); }));
    CHECK(loop.leader().peer->ended.size() == 1);
    CHECK(loop.leader().peer->ended.front().find(ip_of(3)) != std::string::npos);
    CHECK(loop.leader().peer->serving());
    loop.net.heal();
    loop.node(3).stop();
    loop.follow(3, 20);
    loop.propose(3);
    REQUIRE(loop.until([&] { return loop.equal(2) && loop.equal(3); }));
  }
}

TEST_CASE("a learner whose power goes while a tree comes begins anew, and nothing is left of it") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Loop loop(seed);
    loop.lead(60, 50'000);
    loop.follow(2, 60, 50'000);
    REQUIRE(loop.until([&] { return loop.leader().peer->serving(); }));
    loop.follow(3, 0);
    loop.world.run_for(Millis(static_cast<int64_t>(seed) * 3));
    loop.node(3).power_off();
    loop.propose(5);
    loop.world.run_for(Millis(static_cast<int64_t>(seed) * 500));
    loop.follow(3, 0);
    // While the leader believes in the old link it refuses the new one.
    auto refused = [&] { return !loop.follower(3).peer->ended.empty(); };
    for (int i = 0; i < 10 && !loop.equal(3); ++i) {
      loop.until([&] { return refused() || loop.equal(3); });
      if (!refused()) continue;
      loop.node(3).stop();
      loop.world.run_for(Millis(500));
      loop.follow(3, 0);
    }
    REQUIRE(loop.until([&] { return loop.equal(2) && loop.equal(3); }));
    // QuorumPeer, LearnerAcceptor, a handler for each.
    REQUIRE(loop.until([&] { return loop.node(1).scheduler().stages() == 4; }));
    CHECK(loop.leader().replica.leases.all_home());
  }
}
