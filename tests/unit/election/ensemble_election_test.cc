// Whole elections over a network of dice.
#include "tests/unit/election/election_world.h"

using namespace okapi;

namespace {

// Histories by dice, from few, so that ties are common.
Candidacy any_history(Rng& rng) {
  auto epoch = static_cast<int64_t>(rng.below(3));
  auto counter = static_cast<uint32_t>(rng.below(3));
  return {.participant = true,
          .last_logged = Zxid::make(Epoch(epoch), counter),
          .current_epoch = Epoch(epoch)};
}

Vote own_vote(ElectionWorld::Server& server, int64_t sid) {
  return {ServerId(sid), server.candidacy.last_logged, 0, server.candidacy.current_epoch};
}

// inv: whoever is elected has all that any of its voters had.
void check_leader_is_best_of_its_supporters(ElectionWorld& world) {
  ElectionWorld::Server& leader = world.at(world.leader());
  Vote of_leader = own_vote(leader, world.leader());
  for (ServerId sid : leader.supporters) {
    if (sid.value() == world.leader()) continue;
    CHECK_FALSE(is_better(own_vote(world.at(sid.value()), sid.value()), of_leader));
  }
}

}  // namespace

TEST_CASE("three, five and seven agree on the best of them when nothing is lost") {
  for (int64_t size : {1, 3, 5, 7}) {
    for (uint64_t seed = 1; seed <= 300; ++seed) {
      Rng rng(seed);
      ElectionWorld world(seed);
      auto config = config_of(config_text(size));
      Vote best;
      for (int64_t sid = 1; sid <= size; ++sid) {
        Vote vote = own_vote(world.add(sid, config, any_history(rng)), sid);
        if (sid == 1 || is_better(vote, best)) best = vote;
      }
      world.start_all();
      INFO("size " << size << " seed " << seed);
      REQUIRE(world.settles_within(Millis(2'000)));
      CHECK(world.leader() == best.leader.value());
      check_leader_is_best_of_its_supporters(world);
      world.run_for(Millis(10'000));
      CHECK(world.at(1).elections == 1);  // it holds
    }
  }
}

TEST_CASE("inv_b7: an election ends under loss, reordering, crashes and cuts once they end") {
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    Rng rng(seed);
    auto size = static_cast<int64_t>(3 + 2 * rng.below(3));
    ElectionWorld world(seed, {.delay_max_ms = static_cast<int64_t>(rng.below(600)),
                               .loss_percent = rng.below(60)});
    auto config = config_of(config_text(size));
    for (int64_t sid = 1; sid <= size; ++sid) world.add(sid, config, any_history(rng));
    auto any = [&] { return static_cast<int64_t>(1 + rng.below(static_cast<uint64_t>(size))); };
    for (int64_t sid = 1; sid <= size; ++sid) {
      world.start(sid);
      world.run_for(Millis(static_cast<int64_t>(rng.below(400))));
    }
    for (int trouble = 0; trouble < 6; ++trouble) {
      int64_t sid = any();
      if (rng.chance(1, 2)) {
        world.crash(sid);
        world.run_for(Millis(static_cast<int64_t>(rng.below(900))));
        world.start(sid);
      } else {
        world.cut(sid, any());
      }
      world.run_for(Millis(static_cast<int64_t>(rng.below(2'000))));
    }
    world.heal();
    world.links() = {.delay_max_ms = 30, .loss_percent = 0};
    INFO("seed " << seed);
    REQUIRE(world.settles_within(Millis(130'000)));
    world.run_for(Millis(5'000));
    CHECK(world.settled());
  }
}

TEST_CASE("zk_3109, zk_1419: five with links of uneven speed, some lossy, settle without healing") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Rng rng(seed);
    ElectionWorld world(seed, {.delay_max_ms = 150, .loss_percent = 20});
    auto config = config_of(config_text(5));
    for (int64_t sid = 1; sid <= 5; ++sid) world.add(sid, config, any_history(rng));
    world.start_all();
    INFO("seed " << seed);
    REQUIRE(world.settles_within(Millis(60'000)));
  }
}

TEST_CASE("zk_1732: a late server joins a running ensemble whose rounds it does not know") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ElectionWorld world(seed);
    auto config = config_of(config_text(3));
    for (int64_t sid = 1; sid <= 3; ++sid) {
      world.add(sid, config, {.last_logged = Zxid(0x100000005), .current_epoch = Epoch(1)});
    }
    world.start(1);
    world.start(2);
    REQUIRE(world.settles_within(Millis(2'000)));
    // The epoch of their votes is renewed at different times: first the leader's.
    world.at(2).vote.peer_epoch = Epoch(2);
    world.at(1).vote.peer_epoch = Epoch(2);
    world.at(1).vote.zxid = Zxid(0x100000003);
    world.run_for(Millis(2'000));
    world.start(3);
    INFO("seed " << seed);
    REQUIRE(world.settles_within(Millis(2'000)));
    CHECK(world.leader() == 2);  // although 3 is better
    CHECK(world.at(3).state == PeerState::kFollowing);
    CHECK(world.at(3).vote.peer_epoch == Epoch(2));
    CHECK(world.at(3).elections == 1);
  }
}

TEST_CASE("the smaller part of a cut ensemble elects nobody and comes back after it") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ElectionWorld world(seed);
    auto config = config_of(config_text(5));
    for (int64_t sid = 1; sid <= 5; ++sid) world.add(sid, config, {});
    for (int64_t minority : {4, 5}) {
      for (int64_t majority : {1, 2, 3}) world.cut(minority, majority);
    }
    world.start_all();
    world.run_for(Millis(20'000));
    CHECK(world.at(4).state == PeerState::kLooking);
    CHECK(world.at(5).state == PeerState::kLooking);
    for (int64_t sid : {1, 2, 3}) CHECK(world.at(sid).vote.leader == ServerId(3));
    world.heal();
    REQUIRE(world.settles_within(Millis(70'000)));
    CHECK(world.leader() == 3);
  }
}

TEST_CASE("observers learn the leader, before, while and after it is elected, and never vote") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    ElectionWorld world(seed, {.delay_max_ms = 100, .loss_percent = seed % 3 * 10});
    auto config = config_of(config_text(3, 2));
    for (int64_t sid = 1; sid <= 5; ++sid) world.add(sid, config, {.participant = sid <= 3});
    world.start(4);
    world.run_for(Millis(1'000));
    CHECK(world.at(4).state == PeerState::kLooking);
    world.start(1);
    world.run_for(Millis(1'000));
    // One voter and an observer are no quorum.
    CHECK(world.at(1).state == PeerState::kLooking);
    world.start(3);
    INFO("seed " << seed);
    REQUIRE(world.settles_within(Millis(130'000)));
    world.start(5);
    REQUIRE(world.settles_within(Millis(130'000)));
    for (int64_t sid : {4, 5}) CHECK(world.at(sid).state == PeerState::kObserving);
    CHECK(world.at(world.leader()).supporters.count(ServerId(4)) == 0);
    world.run_for(Millis(2'000));
    uint64_t sent = world.sent();
    world.run_for(Millis(60'000));
    CHECK(world.sent() == sent);  // whoever has settled is silent
  }
}

TEST_CASE("a server of weight 0 is never elected; groups of weight decide") {
  std::string groups = "group.1=1:2:3\ngroup.2=4:5:6\ngroup.3=7:8:9\n";
  std::string weights;
  for (int sid = 1; sid <= 9; ++sid) {
    weights += "weight." + std::to_string(sid) + "=" + (sid == 9 ? "0" : "1") + "\n";
  }
  auto config = config_of(config_text(9, 0, groups + weights));
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ElectionWorld world(seed);
    for (int64_t sid = 1; sid <= 9; ++sid) {
      // The one without weight has the longest log.
      world.add(sid, config, {.last_logged = Zxid(sid == 9 ? 9 : 5)});
    }
    for (int64_t sid : {1, 2, 3, 4, 9}) world.start(sid);
    world.run_for(Millis(5'000));
    CHECK(world.at(1).state == PeerState::kLooking);  // one whole group and a part: no quorum
    world.start(5);
    REQUIRE(world.settles_within(Millis(130'000)));
    CHECK(world.leader() == 5);
  }
}

TEST_CASE(
    "inv_b5: a server that does not trust its disk elects nobody, and follows who is elected") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ElectionWorld world(seed);
    auto config = config_of(config_text(3));
    world.add(1, config, {.last_logged = Zxid(5)});
    world.add(2, config, {.last_logged = Zxid(7)});
    world.add(3, config, {.last_logged = kSuspectZxid});
    world.start(1);
    world.start(3);
    world.run_for(Millis(10'000));
    CHECK(world.at(1).state == PeerState::kLooking);
    CHECK(world.at(3).state == PeerState::kLooking);
    world.start(2);
    REQUIRE(world.settles_within(Millis(130'000)));
    CHECK(world.leader() == 2);
    CHECK(world.at(2).supporters == std::set<ServerId>{ServerId(1), ServerId(2)});
  }
}

TEST_CASE("a wiped server brings no stale one to power, and votes again when all were heard") {
  Candidacy wiped{.empty_data = true};
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ElectionWorld world(seed);
    auto config = config_of(config_text(3));
    world.add(1, config, {.last_logged = Zxid(5)});
    world.add(2, config, wiped);
    world.add(3, config, {.last_logged = Zxid(9)});
    world.start(2);
    world.run_for(Millis(500));
    world.start(1);
    world.run_for(Millis(10'000));
    CHECK(world.at(1).state == PeerState::kLooking);
    CHECK(world.at(2).state == PeerState::kLooking);
    CHECK(world.at(2).election.withholds());
    world.start(3);
    REQUIRE(world.settles_within(Millis(130'000)));
    CHECK(world.leader() == 3);
  }
}

TEST_CASE("a new ensemble starts with any quorum; one grown from a single server needs all") {
  Candidacy fresh{.empty_data = true};
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    auto config = config_of(config_text(3));
    ElectionWorld young(seed);
    for (int64_t sid = 1; sid <= 3; ++sid) young.add(sid, config, fresh);
    young.start(1);
    young.start(2);
    REQUIRE(young.settles_within(Millis(2'000)));

    ElectionWorld grown(seed);
    grown.add(1, config, {.last_logged = Zxid(50)});
    grown.add(2, config, fresh);
    grown.add(3, config, fresh);
    grown.start(1);
    grown.start(2);
    grown.run_for(Millis(5'000));
    CHECK_FALSE(grown.settled());
    grown.start(3);
    REQUIRE(grown.settles_within(Millis(130'000)));
    CHECK(grown.leader() == 1);
  }
}

TEST_CASE("a newer configuration of a member is taken up and the election goes on under it") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    ElectionWorld world(seed);
    auto old_config = config_of(config_text(3));
    auto new_config = config_of(config_text(4, 0, "", "100000002"));
    for (int64_t sid = 1; sid <= 4; ++sid) {
      world.add(sid, sid == 1 ? old_config : new_config, {.last_logged = Zxid(sid == 4 ? 9 : 5)});
    }
    world.start_all();
    REQUIRE(world.settles_within(Millis(130'000)));
    CHECK(world.leader() == 4);
    CHECK(world.at(1).configs.current->version() == 0x100000002);
  }
}
