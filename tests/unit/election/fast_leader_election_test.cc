// One server's election, message by message.
#include "server/election/fast_leader_election.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/unit/election/election_world.h"

using namespace okapi;

namespace {

constexpr MonoTime kStart{Millis(1'000'000)};

// Server 2 of three, at zxid 5 of epoch 1.
struct Booth {
  explicit Booth(Candidacy candidacy = {.last_logged = Zxid(0x100000005),
                                        .current_epoch = Epoch(1)},
                 int64_t self = 2, const std::string& config = config_text(3))
      : election(ServerId(self), {}), configs{config_of(config), nullptr} {
    effects = election.start_looking(candidacy, configs, now);
  }
  void hear(int64_t from, PeerState state, Vote vote, int32_t version = 2) {
    effects = election.on_notification(ServerId(from),
                                       {.state = state, .vote = vote, .version = version}, now);
  }
  void looking(int64_t from, Vote vote) { hear(from, PeerState::kLooking, vote); }
  // Time passes; effects are those of the tick at its end.
  void pass(Millis span) {
    now += span;
    effects = election.on_tick(now);
  }
  bool told_all(const Vote& vote) const {
    return effects.send.size() == 1 && effects.send[0].vote == vote &&
           effects.send[0].to == std::vector<ServerId>{ServerId(1), ServerId(3)};
  }
  bool silent() const { return effects.send.empty() && !effects.elected; }

  MonoTime now = kStart;
  FastLeaderElection election;
  ElectionConfigs configs;
  ElectionEffects effects;
};

Vote vote(int64_t leader, int64_t zxid, int64_t round = 1, int64_t epoch = 1) {
  return {ServerId(leader), Zxid(zxid), round, Epoch(epoch)};
}
const Vote kOwn = vote(2, 0x100000005);

}  // namespace

TEST_CASE("a server begins with itself and tells the other voters, not itself") {
  Booth booth;
  CHECK(booth.told_all(kOwn));
  CHECK(booth.election.round() == 1);
  CHECK(booth.election.deadline() == booth.now + Millis(200));
}

TEST_CASE("silence: all are told again after 200 ms, then after twice as long, up to a minute") {
  Booth booth;
  Millis wait{200};
  for (int i = 0; i < 12; ++i) {
    booth.pass(wait - Millis(1));
    CHECK(booth.silent());
    booth.pass(Millis(1));
    CHECK(booth.told_all(kOwn));
    wait = std::min(wait * 2, Millis(60'000));
  }
  CHECK(wait == Millis(60'000));
  // News begins it again.
  booth.looking(3, vote(3, 0x100000009));
  CHECK(booth.election.deadline() <= booth.now + Millis(200));
}

TEST_CASE("a better vote is taken over; a quorum of it waits 200 ms for a still better one") {
  Booth booth;
  booth.looking(3, vote(3, 0x100000005));
  CHECK(booth.told_all(vote(3, 0x100000005)));
  booth.pass(Millis(199));
  CHECK(booth.silent());
  // A vote that changes nothing does not make the wait longer.
  booth.looking(1, vote(1, 0x100000001));
  booth.pass(Millis(1));
  REQUIRE(booth.effects.elected);
  CHECK(booth.effects.elected->vote == vote(3, 0x100000005));
  CHECK(booth.effects.elected->state == PeerState::kFollowing);
  CHECK(booth.effects.elected->supporters == std::set<ServerId>{ServerId(2), ServerId(3)});
  CHECK_FALSE(booth.election.looking());
  CHECK_FALSE(booth.election.deadline());
}

TEST_CASE("a better vote during the last wait ends that wait") {
  Booth booth({.last_logged = Zxid(0x100000005), .current_epoch = Epoch(1)}, 2, config_text(5));
  booth.looking(1, kOwn);
  booth.looking(3, kOwn);
  booth.pass(Millis(100));
  const Vote better = vote(4, 0x100000007);
  booth.looking(4, better);
  CHECK(booth.effects.send.at(0).vote == better);
  booth.looking(1, better);
  booth.pass(Millis(199));
  CHECK_FALSE(booth.effects.elected);
  booth.pass(Millis(1));
  REQUIRE(booth.effects.elected);
  CHECK(booth.effects.elected->vote.leader == ServerId(4));
}

TEST_CASE("nobody is waited for once all voters have spoken whose connection has not ended") {
  Booth booth;
  booth.looking(3, vote(3, 0x100000005));
  booth.pass(Millis(0));
  CHECK_FALSE(booth.effects.elected);
  SECTION("the last one speaks") { booth.looking(1, vote(1, 0x100000001)); }
  SECTION("the last one is gone") {
    booth.election.on_link(ServerId(1), true, booth.now);
    booth.pass(Millis(0));
    CHECK_FALSE(booth.effects.elected);
    booth.election.on_link(ServerId(1), false, booth.now);
  }
  booth.pass(Millis(0));
  REQUIRE(booth.effects.elected);
  CHECK(booth.effects.elected->vote.leader == ServerId(3));
}

TEST_CASE("who votes for a worse leader in our round is told of the better one") {
  Booth booth;
  booth.looking(1, vote(1, 0x100000001));
  REQUIRE(booth.effects.send.size() == 1);
  CHECK(booth.effects.send[0].to == std::vector<ServerId>{ServerId(1)});
  CHECK(booth.effects.send[0].vote == kOwn);
  booth.looking(1, kOwn);
  CHECK(booth.effects.send.empty());
}

TEST_CASE("the voters' own choice makes the leader lead") {
  Booth booth;
  booth.looking(1, kOwn);
  booth.pass(Millis(200));
  REQUIRE(booth.effects.elected);
  CHECK(booth.effects.elected->state == PeerState::kLeading);
}

TEST_CASE("order of votes: epoch, then zxid, then id, all signed") {
  CHECK(is_better(vote(1, 1, 1, 2), vote(9, 9, 1, 1)));
  CHECK(is_better(vote(1, 9), vote(9, 1)));
  CHECK(is_better(vote(2, 5), vote(1, 5)));
  CHECK_FALSE(is_better(vote(2, 5), vote(2, 5)));
  CHECK_FALSE(is_better(vote(9, 9, 1, -1), vote(1, 1, 1, 0)));
  CHECK(is_better(vote(-5, 0, 1, 0), kObserverVote));
}

TEST_CASE("a later round is joined and earlier votes forgotten; an earlier one is answered") {
  Booth booth({.last_logged = Zxid(0x100000005), .current_epoch = Epoch(1)}, 2, config_text(5));
  booth.looking(1, kOwn);
  // A round with a worse vote is joined with our own.
  booth.looking(3, vote(3, 0, 4));
  CHECK(booth.election.round() == 4);
  CHECK(booth.effects.send.at(0).vote == vote(2, 0x100000005, 4));
  booth.looking(4, vote(2, 0x100000005, 4));
  booth.pass(Millis(200));
  CHECK_FALSE(booth.effects.elected);  // server 1's vote of round 1 is void
  booth.looking(3, vote(3, 0x100000006, 6));
  CHECK(booth.effects.send.at(0).vote == vote(3, 0x100000006, 6));
  booth.looking(1, vote(1, 9, 5));
  REQUIRE(booth.effects.send.size() == 1);
  CHECK(booth.effects.send[0].to == std::vector<ServerId>{ServerId(1)});
  CHECK(booth.effects.send[0].vote == vote(3, 0x100000006, 6));
  CHECK(booth.election.round() == 6);
}

TEST_CASE("a worse vote of a later round does not break up a quorum about to decide") {
  Booth booth;
  booth.looking(1, kOwn);
  booth.looking(3, vote(3, 1, 9));
  CHECK(booth.silent());
  booth.pass(Millis(200));
  REQUIRE(booth.effects.elected);
  CHECK(booth.effects.elected->vote == kOwn);
}

TEST_CASE("x_ele_12: votes for strangers and votes of strangers are ignored") {
  Booth booth;
  booth.looking(3, vote(9, 0x100000009));
  booth.looking(9, vote(3, 0x100000009));
  booth.looking(2, vote(3, 0x100000009));  // in our own name
  booth.looking(3, {kNoCandidate, Zxid(0x100000009), 1, Epoch(1)});
  booth.hear(3, PeerState::kLeading, vote(9, 1));
  booth.hear(1, PeerState::kFollowing, vote(9, 1));
  CHECK(booth.election.proposal() == kOwn);
  CHECK(booth.election.looking());
}

TEST_CASE("x_ele_10: a round at the end of the numbers is joined, and the next one wraps") {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  Booth booth;
  booth.looking(3, vote(3, 0x100000006, kMax));
  CHECK(booth.election.round() == kMax);
  booth.election.start_looking({}, booth.configs, booth.now);
  CHECK(booth.election.round() == std::numeric_limits<int64_t>::min());
}

TEST_CASE(
    "zk_1818: a running ensemble is joined by id and epoch, whatever else its votes differ in") {
  Booth booth;
  booth.hear(1, PeerState::kFollowing, vote(3, 0x100000001, 17, 2));
  CHECK(booth.election.looking());
  booth.hear(3, PeerState::kLeading, vote(3, 0x100000002, 18, 2));
  REQUIRE(booth.effects.elected);
  CHECK(booth.effects.elected->vote == vote(3, 0x100000002, 18, 2));
  CHECK(booth.effects.elected->state == PeerState::kFollowing);
  CHECK(booth.election.round() == 18);
}

TEST_CASE("nobody is followed who was not heard to lead, nor on the word of one") {
  Booth booth({}, 2, config_text(5));
  for (int64_t from : {1, 4, 5}) booth.hear(from, PeerState::kFollowing, vote(3, 1, 7));
  CHECK(booth.election.looking());
  booth.hear(3, PeerState::kLooking, vote(3, 1, 1));
  booth.hear(1, PeerState::kObserving, vote(3, 1, 7));
  CHECK(booth.election.looking());
  booth.hear(3, PeerState::kLeading, vote(3, 1, 7));
  CHECK(booth.effects.elected);

  Booth alone({}, 2, config_text(5));
  alone.hear(3, PeerState::kLeading, vote(3, 1, 7));
  alone.hear(1, PeerState::kFollowing, vote(3, 1, 7));
  CHECK(alone.election.looking());
  alone.hear(4, PeerState::kFollowing, vote(3, 1, 7, 5));  // another epoch
  CHECK(alone.election.looking());
}

TEST_CASE("what settled servers said in an earlier round does not count in a later one") {
  Booth booth({}, 2, config_text(5));
  for (int64_t from : {1, 4}) booth.hear(from, PeerState::kFollowing, vote(3, 1, 1, 1));
  booth.looking(5, vote(5, 9, 2, 0));
  CHECK(booth.election.round() == 2);
  booth.hear(3, PeerState::kLeading, vote(3, 1, 2, 2));  // of another epoch than they followed
  CHECK(booth.election.looking());
}

TEST_CASE("one who hears that others follow him leads only in their round") {
  Booth other;
  other.hear(1, PeerState::kFollowing, vote(2, 1, 8));
  other.hear(3, PeerState::kFollowing, vote(2, 1, 8));
  CHECK(other.election.looking());
  Booth same;
  same.hear(1, PeerState::kFollowing, kOwn);
  REQUIRE(same.effects.elected);  // with his own vote
  CHECK(same.effects.elected->state == PeerState::kLeading);
}

TEST_CASE("settled servers of this round count with those that still look") {
  Booth booth({.last_logged = Zxid(1)}, 2, config_text(5));
  booth.looking(4, vote(5, 9, 1, 0));
  booth.hear(3, PeerState::kFollowing, vote(5, 9, 1, 0));
  CHECK(booth.election.looking());
  booth.pass(Millis(200));
  REQUIRE(booth.effects.elected);  // 2, 3 and 4 in one round, all four fields equal
  CHECK(booth.effects.elected->vote.leader == ServerId(5));
}

TEST_CASE("messages of the oldest version are compared by the leader alone") {
  CastVote old{vote(3, 1, 1, 0), PeerState::kFollowing, 0};
  CastVote newer{vote(3, 2, 2, 5), PeerState::kLeading, 2};
  CHECK(agree(old, newer));
  CHECK_FALSE(agree(old, {vote(3, 2, 2, 5), PeerState::kLeading, 0}));
  CHECK_FALSE(agree(old, {vote(4, 1, 1, 0), PeerState::kLeading, 2}));
  CHECK_FALSE(agree({vote(3, 1), PeerState::kLooking, 0}, {vote(3, 2), PeerState::kFollowing, 0}));
}

TEST_CASE("inv_b5: who votes -1 is not counted by others and counts nobody") {
  Booth booth;
  booth.looking(1, {ServerId(3), kSuspectZxid, 1, Epoch(9)});
  booth.looking(3, {ServerId(3), kSuspectZxid, 7, Epoch(9)});
  CHECK(booth.election.proposal() == kOwn);
  CHECK(booth.election.round() == 1);

  Booth suspect({.last_logged = kSuspectZxid, .current_epoch = Epoch(1)});
  suspect.looking(1, vote(3, 5));
  suspect.looking(3, vote(3, 5));
  suspect.pass(Millis(10'000));
  CHECK(suspect.election.looking());
  CHECK(suspect.election.proposal().zxid == kSuspectZxid);
}

TEST_CASE("an observer proposes nobody, adopts what voters propose, and ends observing") {
  Booth booth({.participant = false}, 4, config_text(3, 1));
  REQUIRE(booth.effects.send.size() == 1);
  CHECK(booth.effects.send[0].to.size() == 3);
  Vote sent = booth.effects.send[0].vote;
  sent.round = 0;
  CHECK(sent == kObserverVote);
  booth.looking(1, vote(3, 5));
  booth.looking(3, vote(3, 5));
  booth.pass(Millis(200));
  REQUIRE(booth.effects.elected);
  CHECK(booth.effects.elected->state == PeerState::kObserving);
}

TEST_CASE("a participant that the configuration does not name proposes nobody") {
  Booth booth({.last_logged = Zxid(99)}, 7);
  CHECK(booth.election.proposal().leader == kNoCandidate);
  booth.looking(3, vote(3, 5, 1, 0));
  // Its zxid is the larger one, yet it cannot lead: an epoch later it goes along.
  CHECK(booth.election.proposal().leader == kNoCandidate);
  booth.looking(3, vote(3, 5, 1, 1));
  CHECK(booth.election.proposal().leader == ServerId(3));
}

TEST_CASE("g14: while a reconfig is under way both configurations must agree") {
  ElectionConfigs both{config_of(config_text(3)),
                       config_of("server.3=h:1:2\nserver.4=h:3:4\nserver.5=h:5:6\nversion=5")};
  FastLeaderElection election(ServerId(2), {});
  auto effects = election.start_looking({}, both, kStart);
  CHECK(effects.send[0].to.size() == 4);  // voters of either
  auto hear = [&](int64_t from) {
    election.on_notification(ServerId(from), {.state = PeerState::kLooking, .vote = vote(3, 5)},
                             kStart);
  };
  hear(1);
  hear(3);  // all of the old one, one of three of the new one
  CHECK_FALSE(election.on_tick(kStart + Millis(300)).elected);
  hear(4);
  CHECK_FALSE(election.on_tick(kStart + Millis(199)).elected);
  CHECK(election.on_tick(kStart + Millis(200)).elected);
}

TEST_CASE("a server that alone has a proposal follows those who lead without it") {
  FastLeaderElection election(ServerId(1), {});
  // All of the proposed one are out of reach.
  ElectionConfigs configs{config_of(config_text(3)), config_of(config_text(9, 0, "", "7"))};
  election.start_looking({.last_logged = Zxid(0x100000005), .current_epoch = Epoch(1)}, configs,
                         kStart);
  auto hear = [&](int64_t from, PeerState state) {
    return election.on_notification(
        ServerId(from), {.state = state, .vote = vote(3, 4, 9, 2), .version = 2}, kStart);
  };
  CHECK_FALSE(hear(2, PeerState::kFollowing).elected);
  auto effects = hear(3, PeerState::kLeading);
  REQUIRE(effects.elected);
  CHECK(effects.elected->vote.leader == ServerId(3));
  CHECK(effects.elected->state == PeerState::kFollowing);
}

TEST_CASE("another membership begins the election anew, another version of it does not") {
  Booth booth;
  booth.looking(3, vote(3, 0x100000009));
  booth.effects =
      booth.election.on_configs({config_of(config_text(3, 0, "", "7")), nullptr}, booth.now);
  CHECK(booth.silent());
  CHECK(booth.election.proposal().leader == ServerId(3));
  booth.effects =
      booth.election.on_configs({config_of(config_text(4, 0, "", "8")), nullptr}, booth.now);
  CHECK(booth.election.round() == 2);
  CHECK(booth.election.proposal() == vote(2, 0x100000005, 2));
  CHECK(booth.effects.send[0].to.size() == 3);
  CHECK(booth.effects.send[0].config->version() == 8);
}

TEST_CASE("empty members that are all there vote for one that knows of an epoch alone") {
  Booth booth({.empty_data = true});
  booth.looking(3, vote(3, 0, 1, 1));  // an epoch, no transaction
  CHECK(booth.election.withholds());
  booth.looking(1, {ServerId(1), kSuspectZxid, 1, Epoch(0)});  // another empty one
  CHECK_FALSE(booth.election.withholds());
  // A transaction may be one that the other had, before it lost its disk.
  Booth careful({.empty_data = true});
  careful.looking(3, vote(3, 0x100000001, 1, 1));
  careful.looking(1, {ServerId(1), kSuspectZxid, 1, Epoch(0)});
  CHECK(careful.election.withholds());
}

TEST_CASE("a stopped election says nothing more") {
  Booth booth;
  booth.election.stop();
  booth.looking(3, vote(3, 0x100000009));
  CHECK(booth.silent());
  booth.pass(Millis(1'000));
  CHECK(booth.silent());
}

TEST_CASE("an empty disk: what a leader or follower was elected with is not what it has by now") {
  Booth booth({.empty_data = true});
  booth.hear(1, PeerState::kLeading, vote(1, 0));
  CHECK(booth.election.withholds());
  // A stale server beside it does not make the count complete.
  booth.looking(3, vote(3, 0x100000002));
  CHECK(booth.election.withholds());
  booth.looking(1, vote(1, 0x100000005));
  CHECK_FALSE(booth.election.withholds());
  booth.hear(1, PeerState::kLeading, vote(1, 0x100000005));
  CHECK(booth.election.withholds());
  booth.looking(1, vote(1, 0x100000005, booth.election.round()));
  CHECK_FALSE(booth.election.withholds());
  // The longest history counts, though who has it may be gone by the next round.
  booth.looking(3, vote(3, 0x100000002, 9));
  CHECK(booth.election.proposal() == vote(1, 0x100000005, 9));
}
