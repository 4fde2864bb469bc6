#include <catch2/catch.hpp>

#include "tests/unit/zab/leader_world.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

using T = PacketType;
const Sent kNewLeader{T::kNewLeader, zx(2, 0)};
const Sent kUpToDate{T::kUpToDate, Zxid(-1)};

}  // namespace

TEST_CASE("a_leader_takes_its_followers_from_epoch_to_broadcast_in_the_order_of_the_protocol") {
  LeaderWorld w;
  w.hello(2, 1);
  CHECK(w.to(2) == std::vector<Sent>{{T::kLeaderInfo, zx(2, 0)}});
  // zk_1282: the file before the packet that speaks of it.
  CHECK(place_of<PersistAcceptedEpoch>(w.out) < place_of<SendTo>(w.out));
  w.out.clear();
  w.ack_epoch(2, zx(1, 2));
  CHECK(place_of<PersistCurrentEpoch>(w.out) < place_of<SendTo>(w.out));
  CHECK(w.to(2) ==
        std::vector<Sent>{
            {T::kDiff, zx(1, 3)}, {T::kProposal, zx(1, 3)}, {T::kCommit, zx(1, 3)}, kNewLeader});
  CHECK(w.to(2).back().data == voters(1, 3)->text());
  CHECK_FALSE(w.leader->serving());
  w.out.clear();
  w.ack(2, zx(2, 0));
  CHECK(w.leader->serving());
  CHECK(place_of<StartServing>(w.out) < place_of<SendTo>(w.out));
  CHECK(w.to(2) == std::vector<Sent>{kUpToDate});
  w.ack(2, zx(2, 0));  // of UPTODATE
  w.out.clear();
  w.propose(1);
  CHECK(w.to(2) == std::vector<Sent>{{T::kProposal, zx(2, 1)}});
  CHECK(all_of<LogTxn>(w.out).size() == 1);
  w.leader->logged(zx(2, 1), w.out);
  CHECK(all_of<CommitTxn>(w.out).empty());  // g02: not with its own sync alone
  w.ack(2, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).size() == 1);
  CHECK(w.to(2).back() == Sent{T::kCommit, zx(2, 1)});
  CHECK(w.log.max() == zx(2, 1));
  CHECK_FALSE(w.closed(2));
}

TEST_CASE("zk_4394_commits_between_new_leader_and_up_to_date_come_right_after_up_to_date") {
  LeaderWorld w;
  w.join(2);
  w.hello(3, 1);
  w.ack_epoch(3, zx(1, 3), -1);
  w.out.clear();
  for (uint32_t counter = 1; counter <= 2; ++counter) {
    w.propose(counter);
    w.leader->logged(zx(2, counter), w.out);
    w.ack(2, zx(2, counter));
  }
  CHECK(w.to(3) == std::vector<Sent>{{T::kProposal, zx(2, 1)}, {T::kProposal, zx(2, 2)}});
  w.out.clear();
  w.ack(3, zx(2, 0));
  CHECK(w.to(3) == std::vector<Sent>{kUpToDate, {T::kCommit, zx(2, 1)}, {T::kCommit, zx(2, 2)}});
  // More than may wait end the link.
  w.hello(4, 1, false, 9);
  w.ack_epoch(4, zx(2, 2), -1);
  for (uint32_t counter = 3; counter <= 7; ++counter) {
    w.propose(counter);
    w.leader->logged(zx(2, counter), w.out);
    w.ack(2, zx(2, counter));
  }
  CHECK(w.closed(4));
}

TEST_CASE("zk_962_plan_and_registration_are_one_step_outstanding_proposals_included") {
  LeaderWorld w;
  w.join(2);
  w.propose(1);
  w.propose(2);
  w.leader->logged(zx(2, 2), w.out);
  w.ack(2, zx(2, 1));
  w.out.clear();
  w.hello(3, 1);
  w.ack_epoch(3, zx(1, 3), -1);
  CHECK(w.to(3) == std::vector<Sent>{{T::kLeaderInfo, zx(2, 0)},
                                     {T::kDiff, zx(2, 1)},
                                     {T::kProposal, zx(2, 1)},
                                     {T::kCommit, zx(2, 1)},
                                     {T::kProposal, zx(2, 2)},
                                     kNewLeader});
  w.propose(3);
  CHECK(w.to(3).back() == Sent{T::kProposal, zx(2, 3)});
}

TEST_CASE("zk_2959_an_observer_and_a_stranger_complete_no_quorum") {
  LeaderWorld w;
  w.hello(7, 1, true);
  w.hello(2, 1, true);  // a voter that says it observes
  w.hello(8, 1);        // not in the configuration
  CHECK(w.to(7).empty());
  CHECK_FALSE(w.leader->serving());
  w.hello(3, 1);
  for (int64_t link : {7, 2, 8}) w.ack_epoch(link, zx(1, 3));
  CHECK(all_of<PersistCurrentEpoch>(w.out).empty());
  w.ack_epoch(3, zx(1, 3));
  for (int64_t link : {7, 2, 8}) w.ack(link, zx(2, 0));
  CHECK_FALSE(w.leader->serving());
  w.ack(3, zx(2, 0));
  CHECK(w.leader->serving());
}

TEST_CASE("x_quo_01_a_handshake_that_is_none_ends_its_link_and_no_other") {
  LeaderWorld w;
  w.hello(2, 1);
  auto refused = [&](int64_t link, PacketType type, NullableView data) {
    w.leader->connected(LeaderWorld::id(link), w.now, w.out);
    w.put(link, type, zx(1, 0), data);
    return w.closed(link);
  };
  std::string info = jute::encoded(LearnerInfo{ServerId(3), kPeerProtocolVersion, 0});
  CHECK(refused(10, T::kAck, std::nullopt));
  CHECK(refused(11, T::kFollowerInfo, std::nullopt));
  CHECK(refused(12, T::kFollowerInfo, ByteView(info).substr(0, 7)));
  CHECK(refused(13, T::kFollowerInfo, jute::encoded(LearnerInfo{ServerId(3), 1, 0})));
  // Its configuration is ahead of ours.
  CHECK(refused(14, T::kFollowerInfo,
                jute::encoded(LearnerInfo{ServerId(3), kPeerProtocolVersion, 1})));
  CHECK(refused(15, static_cast<PacketType>(99), info));
  w.hello(16, 0x7FFFFFFE);  // x_quo_07
  CHECK(w.closed(16));
  CHECK_FALSE(w.closed(2));
  // A bound on links in handshake: twice the members.
  for (int64_t link = 20; link < 25; ++link)
    w.leader->connected(LeaderWorld::id(link), w.now, w.out);
  CHECK_FALSE(w.closed(24));
  w.leader->connected(LeaderWorld::id(25), w.now, w.out);
  CHECK(w.closed(25));
}

TEST_CASE("x_quo_04_a_second_link_of_a_server_is_refused_while_the_first_lives") {
  LeaderWorld w;
  w.join(2);
  w.hello(10, 1, false, 2);
  CHECK(w.closed(10));
  w.hello(11, 1, false, 1);
  CHECK(w.closed(11));
  w.now = at_ms(51);  // the first is silent for too long
  w.hello(12, 1, false, 2);
  CHECK_FALSE(w.closed(12));
  CHECK(w.closed(2));
}

TEST_CASE("x_quo_06_a_learner_that_is_ahead_is_refused_and_others_make_the_quorum") {
  LeaderWorld w;
  w.hello(2, 1);
  w.ack_epoch(2, zx(1, 4));
  CHECK(w.closed(2));
  w.hello(3, 1);
  w.ack_epoch(3, zx(1, 1));
  CHECK(all_of<PersistCurrentEpoch>(w.out).size() == 1);
}

TEST_CASE("inv_b7_a_voter_with_a_later_epoch_ends_the_term_instead_of_being_shut_out") {
  LeaderWorld w;
  w.join(2);
  w.hello(9, 5);  // a stranger does not
  CHECK_FALSE(w.over());
  w.hello(3, 5);
  CHECK(w.over());
  w.out.clear();
  w.propose(1);
  w.leader->tick(at_ms(1), w.out);
  CHECK(w.out.empty());
}

TEST_CASE("a_leader_that_finds_no_quorum_gives_up_after_init_limit") {
  LeaderWorld w;
  w.leader->tick(at_ms(99), w.out);
  CHECK_FALSE(w.over());
  w.leader->tick(at_ms(100), w.out);
  CHECK(w.over());
}

TEST_CASE("zk_3104_after_a_snap_the_learner_gets_all_from_its_stamp_on_and_new_leader_last") {
  LeaderWorld w;
  w.join(2);
  w.hello(3, 1);
  w.ack_epoch(3, Zxid(0), -1);
  CHECK(all_of<StreamSnapshot>(w.out).size() == 1);
  w.propose(1);
  w.leader->logged(zx(2, 1), w.out);
  w.ack(2, zx(2, 1));
  w.propose(2);
  CHECK(w.to(3) == std::vector<Sent>{{T::kLeaderInfo, zx(2, 0)}});  // not on the forward list yet
  w.out.clear();
  w.leader->snapshot_sent(LeaderWorld::id(3), zx(1, 3), w.now, w.out);
  CHECK(w.to(3) == std::vector<Sent>{{T::kProposal, zx(2, 1)},
                                     {T::kCommit, zx(2, 1)},
                                     {T::kProposal, zx(2, 2)},
                                     kNewLeader});
  // A stamp from which nothing leads to memory ends the link.
  w.hello(4, 1, false, 9);
  w.ack_epoch(4, Zxid(0), -1);
  w.leader->snapshot_sent(LeaderWorld::id(4), Zxid(1), w.now, w.out);
  CHECK(w.closed(4));
}

TEST_CASE("observers_over_the_limit_of_snapshots_at_once_are_sent_away_voters_never") {
  LeaderWorld w;
  w.join(2);
  for (int64_t link : {7, 8}) {
    w.hello(link, 1, true);
    w.ack_epoch(link, Zxid(0), -1);
  }
  CHECK_FALSE(w.closed(7));
  CHECK(w.closed(8));
  w.hello(3, 1);
  w.ack_epoch(3, Zxid(0), -1);
  CHECK_FALSE(w.closed(3));
}

TEST_CASE("zk_1783_a_fresh_ensemble_with_reconfig_gives_its_configuration_a_version") {
  LeaderWorld w(voters(1, 3), true);
  w.hello(2, 1);
  w.ack_epoch(2, zx(1, 3));
  CHECK(w.to(2).back().data == voters(1, 3, zx(2, 0).value())->text());
  w.ack(2, zx(2, 0));
  auto activated = all_of<ActivateConfig>(w.out);
  REQUIRE(activated.size() == 1);
  CHECK(activated[0].designated == ServerId(1));
  CHECK(w.leader->config()->version() == zx(2, 0).value());
}
