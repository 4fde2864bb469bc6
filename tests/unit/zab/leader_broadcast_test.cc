#include <catch2/catch.hpp>

#include "tests/unit/zab/leader_world.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

using T = PacketType;
const Sent kNewLeader{T::kNewLeader, zx(2, 0)};
const Sent kUpToDate{T::kUpToDate, Zxid(-1)};

}  // namespace

TEST_CASE("g02_the_leaders_vote_counts_only_after_its_own_sync") {
  LeaderWorld w;
  w.join(2);
  w.propose(1);
  w.ack(2, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).empty());
  w.leader->logged(zx(2, 1), w.out);
  CHECK(all_of<CommitTxn>(w.out).size() == 1);
}

TEST_CASE("g03_an_ack_is_void_once_its_sender_was_told_to_cut_what_it_acked") {
  LeaderWorld w(voters(1, 5));
  for (int64_t link : {2, 3}) w.hello(link, 1);
  for (int64_t link : {2, 3}) w.ack_epoch(link, zx(1, 3));
  for (int64_t link : {2, 3}) w.ack(link, zx(2, 0));
  w.propose(1);
  w.leader->logged(zx(2, 1), w.out);
  w.ack(2, zx(2, 1));
  w.leader->disconnected(LeaderWorld::id(2));
  w.hello(6, 2, false, 2);
  w.ack_epoch(6, zx(2, 1), -1);
  CHECK(w.to(6)[1] == Sent{T::kTrunc, zx(1, 3)});
  w.ack(3, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).empty());  // on the disks of 1 and 3 alone
  w.ack(6, zx(2, 0));
  w.ack(6, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).size() == 1);
}

TEST_CASE("zk_4685_a_proposal_ack_before_the_ack_of_new_leader_counts_as_what_it_is") {
  LeaderWorld w;
  w.join(2);
  w.propose(1);
  w.hello(3, 1);
  w.ack_epoch(3, zx(1, 3), -1);
  CHECK(w.to(3).back() == kNewLeader);
  w.leader->logged(zx(2, 1), w.out);
  w.ack(3, zx(2, 1));
  CHECK_FALSE(w.closed(3));
  CHECK(w.log.max() == zx(2, 1));
  CHECK(w.to(3).back() == kNewLeader);  // still no UPTODATE
  w.ack(3, zx(2, 0));
  auto packets = w.to(3);
  REQUIRE(packets.size() > 2);
  CHECK(packets[packets.size() - 2] == kUpToDate);
}

TEST_CASE("an_observer_gets_informs_and_no_proposals_and_its_acks_do_not_count") {
  LeaderWorld w;
  w.join(2);
  w.join(7, true);
  w.join(3, true);  // a voter by the configuration, but it said it observes
  w.out.clear();
  w.propose(1);
  CHECK(w.to(7).empty());
  w.leader->logged(zx(2, 1), w.out);
  w.ack(7, zx(2, 1));
  w.ack(3, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).empty());
  w.ack(2, zx(2, 1));
  CHECK(w.to(7) == std::vector<Sent>{{T::kInform, zx(2, 1)}});
  CHECK(w.to(7)[0].data == std::string(txn_at(zx(2, 1)).bytes.view()));
}

TEST_CASE("a_stranger_that_says_it_follows_gets_proposals_but_has_no_vote") {
  LeaderWorld w;
  w.join(2);
  w.join(8);
  w.propose(1);
  CHECK(w.to(8).back() == Sent{T::kProposal, zx(2, 1)});
  w.leader->logged(zx(2, 1), w.out);
  w.ack(8, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).empty());
}

TEST_CASE("x_quo_02_a_packet_that_is_not_due_ends_the_link") {
  LeaderWorld w;
  w.join(2);
  w.hello(3, 1);
  w.ack(3, zx(2, 0));  // before ACKEPOCH
  CHECK(w.closed(3));
  for (PacketType type : {T::kProposal, T::kCommit, T::kUpToDate, T::kSnap, T::kFollowerInfo,
                          static_cast<PacketType>(77)}) {
    LeaderWorld other;
    other.join(2);
    other.put(2, type, zx(2, 0));
    CHECK(other.closed(2));
  }
  w.put(2, T::kPing, zx(2, 0), "not twelve");
  CHECK(w.closed(2));
}

TEST_CASE("x_quo_05_acks_of_what_was_never_proposed_end_the_link_old_ones_do_nothing") {
  LeaderWorld w;
  w.join(2);
  w.join(3);
  w.propose(1);
  w.leader->logged(zx(2, 1), w.out);
  w.ack(2, zx(1, 3));
  w.ack(2, zx(2, 0));
  CHECK(all_of<CommitTxn>(w.out).empty());
  w.ack(2, zx(2, 1));
  w.ack(2, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).size() == 1);
  CHECK_FALSE(w.closed(2));
  w.ack(3, zx(2, 2));
  CHECK(w.closed(3));
}

TEST_CASE("zk_1277_at_the_counters_end_the_leader_steps_down_without_proposing") {
  LeaderWorld w;
  w.join(2);
  w.out.clear();
  w.propose(0xffffffff);
  CHECK(w.over());
  CHECK(w.to(2).empty());
}

TEST_CASE("a_sync_is_answered_at_once_or_behind_the_commit_of_what_was_proposed_before_it") {
  LeaderWorld w;
  w.join(2);
  w.out.clear();
  w.leader->sync(LeaderWorld::id(2), w.out);
  CHECK(w.to(2) == std::vector<Sent>{{T::kSync, Zxid(0)}});
  w.propose(1);
  w.propose(2);
  w.leader->sync(LeaderWorld::id(2), w.out);
  w.propose(3);
  w.leader->logged(zx(2, 3), w.out);
  w.out.clear();
  w.ack(2, zx(2, 1));
  CHECK(w.to(2) == std::vector<Sent>{{T::kCommit, zx(2, 1)}});
  w.ack(2, zx(2, 3));
  CHECK(w.to(2) == std::vector<Sent>{{T::kCommit, zx(2, 1)},
                                     {T::kCommit, zx(2, 2)},
                                     {T::kSync, Zxid(0)},
                                     {T::kCommit, zx(2, 3)}});
}

TEST_CASE("g08_a_sync_of_an_own_client_comes_behind_the_commit_of_what_was_proposed_before_it") {
  LeaderWorld w;
  w.join(2);
  auto own = [&](int32_t cxid) { w.leader->sync(SyncDone{SessionId(7), cxid}, w.out); };
  w.out.clear();
  own(1);
  REQUIRE(all_of<SyncDone>(w.out).size() == 1);
  w.propose(1);
  own(2);
  w.propose(2);
  own(3);
  w.leader->logged(zx(2, 2), w.out);
  CHECK(all_of<SyncDone>(w.out).size() == 1);
  w.out.clear();
  w.ack(2, zx(2, 2));
  std::vector<std::string> order;
  for (const LeaderEffect& effect : w.out) {
    if (std::holds_alternative<CommitTxn>(effect)) order.push_back("commit");
    if (const auto* done = std::get_if<SyncDone>(&effect)) {
      order.push_back("sync " + std::to_string(done->cxid));
    }
  }
  CHECK(order == std::vector<std::string>{"commit", "sync 2", "commit", "sync 3"});
}

TEST_CASE("a_leader_serves_until_it_has_not_heard_of_a_quorum_for_sync_limit") {
  LeaderWorld w(voters(1, 5));
  for (int64_t link : {2, 3, 4}) w.hello(link, 1);
  for (int64_t link : {2, 3, 4}) w.ack_epoch(link, zx(1, 3));
  for (int64_t link : {2, 3, 4}) w.ack(link, zx(2, 0));
  w.join(9, true);
  auto ping = [&](int64_t link, int64_t ms) {
    w.now = at_ms(ms);
    w.put(link, T::kPing, zx(2, 0), ByteView());
  };
  CHECK(w.leader->serving_until() == at_ms(50));
  ping(2, 10);
  CHECK(w.leader->serving_until() == at_ms(50));
  ping(9, 15);  // has no voice
  CHECK(w.leader->serving_until() == at_ms(50));
  ping(4, 20);
  CHECK(w.leader->serving_until() == at_ms(60));
  ping(2, 30);
  CHECK(w.leader->serving_until() == at_ms(70));
  w.leader->tick(at_ms(70), w.out);
  CHECK_FALSE(w.over());
  // It stood still: what comes only now may have been sent long ago.
  for (int64_t link : {2, 4}) ping(link, 90);
  CHECK(w.closed(2));
  CHECK(w.closed(4));
  w.leader->tick(w.now, w.out);
  CHECK(w.over());
}

TEST_CASE("syncs_do_not_wait_without_end") {
  LeaderWorld w;
  w.join(2);
  w.propose(1);
  for (int i = 0; i < 2; ++i) w.leader->sync(LeaderWorld::id(2), w.out);
  CHECK_FALSE(w.closed(2));
  w.leader->sync(LeaderWorld::id(2), w.out);
  CHECK(w.closed(2));
}

TEST_CASE("requests_touches_and_session_moves_go_to_their_owners") {
  LeaderWorld w;
  w.join(2);
  w.out.clear();
  w.put(2, T::kRequest, Zxid(-1), encode_request({SessionId(5), 6, 1, "body"}));
  w.put(2, T::kPing, zx(2, 0), encode_touches({{SessionId(5), 7}}));
  w.put(2, T::kPing, zx(2, 0), ByteView());
  w.put(2, T::kRevalidate, Zxid(-1), jute::encoded(Revalidation{SessionId(5), 7}));
  auto forwarded = all_of<ForwardToPrep>(w.out);
  REQUIRE(forwarded.size() == 1);
  CHECK(forwarded[0].sid == ServerId(2));
  CHECK(forwarded[0].body == "body");
  REQUIRE(all_of<TouchSessions>(w.out).size() == 1);
  REQUIRE(all_of<AskSession>(w.out).size() == 1);
  w.leader->revalidated(LeaderWorld::id(2), SessionId(5), true, w.out);
  CHECK(w.to(2).back().data == jute::encoded(RevalidationReply{SessionId(5), true}));
}

TEST_CASE("the_leader_pings_and_gives_up_without_a_synced_quorum") {
  LeaderWorld w;
  w.join(2);
  w.out.clear();
  w.now = at_ms(40);
  w.leader->tick(w.now, w.out);
  CHECK(w.to(2) == std::vector<Sent>{{T::kPing, zx(2, 0)}});
  w.put(2, T::kPing, zx(2, 0), ByteView());
  w.leader->tick(at_ms(90), w.out);
  CHECK_FALSE(w.over());
  CHECK(w.leader->synced(at_ms(90)) == std::set<ServerId>{ServerId(1), ServerId(2)});
  w.leader->tick(at_ms(91), w.out);
  CHECK(w.closed(2));
  CHECK(w.over());
}

TEST_CASE("g14_a_reconfig_is_activated_by_both_quorums_and_names_who_leads_on") {
  for (bool stays : {true, false}) {
    LeaderWorld w(voters(1, 3), true);
    w.join(2);
    w.join(3);
    w.join(4);  // follows, not yet a voter
    w.join(7, true);
    w.out.clear();
    SharedQuorumConfig next =
        stays ? voters(1, 4, zx(2, 1).value()) : voters(2, 4, zx(2, 1).value());
    w.leader->propose_reconfig(txn_at(zx(2, 1)), next, w.now, w.out);
    CHECK(all_of<StoreNextConfig>(w.out).size() == 1);
    w.propose(2);
    // Whoever joins now must not take the change for active.
    w.hello(5, 1, true);
    w.ack_epoch(5, zx(1, 3), -1);
    CHECK(w.to(5).back().data == w.leader->config()->text());
    CHECK(w.leader->config()->version() < next->version());
    w.leader->logged(zx(2, 2), w.out);
    w.ack(2, zx(2, 1));
    CHECK(all_of<CommitTxn>(w.out).empty());  // 1 and 2 are no quorum of the new one
    w.ack(4, zx(2, 2));
    REQUIRE(all_of<ActivateConfig>(w.out).size() == 1);
    // The leader itself, or who has acked most.
    ServerId expected(stays ? 1 : 4);
    CHECK(all_of<ActivateConfig>(w.out)[0].designated == expected);
    bool told = false;
    for (const Sent& packet : w.to(2)) {
      if (packet.type == T::kCommitAndActivate) told = packet.data == encode_designated(expected);
    }
    CHECK(told);
    CHECK(w.to(7).back().type == T::kInformAndActivate);
    w.out.clear();
    w.ack(2, zx(2, 2));
    w.ack(3, zx(2, 2));
    // Another leader is designated: this one commits nothing more.
    CHECK(all_of<CommitTxn>(w.out).size() == (stays ? 1U : 0U));
    // It stays until its learners have heard that and left.
    w.leader->tick(w.now, w.out);
    CHECK_FALSE(w.over());
    for (int64_t link : {2, 3, 4, 5, 7}) w.leader->disconnected(LeaderWorld::id(link));
    if (stays) continue;
    w.leader->tick(w.now, w.out);
    CHECK(w.over());
  }
}

TEST_CASE("a_replaced_leader_does_not_wait_for_ever_for_its_followers_to_leave") {
  LeaderWorld w(voters(1, 3), true);
  w.join(2);
  w.join(3);
  w.out.clear();
  w.leader->propose_reconfig(txn_at(zx(2, 1)), voters(2, 3, zx(2, 1).value()), w.now, w.out);
  w.leader->logged(zx(2, 1), w.out);
  w.ack(2, zx(2, 1));
  w.ack(3, zx(2, 1));
  REQUIRE(all_of<ActivateConfig>(w.out).size() == 1);
  for (int i = 0; i < 4; ++i) w.leader->tick(w.now, w.out);
  CHECK_FALSE(w.over());
  w.leader->tick(w.now, w.out);
  CHECK(w.over());
}

TEST_CASE("who_leads_on_has_acked_the_reconfig_even_if_its_link_is_gone") {
  LeaderWorld w(voters(1, 3), true);
  w.join(2);
  w.join(3);
  w.out.clear();
  w.leader->propose_reconfig(txn_at(zx(2, 1)), voters(2, 3, zx(2, 1).value()), w.now, w.out);
  w.ack(2, zx(2, 1));
  w.ack(3, zx(2, 1));
  w.leader->disconnected(LeaderWorld::id(2));
  w.leader->disconnected(LeaderWorld::id(3));
  w.leader->logged(zx(2, 1), w.out);
  REQUIRE(all_of<ActivateConfig>(w.out).size() == 1);
  CHECK(all_of<ActivateConfig>(w.out)[0].designated != ServerId(1));
}

TEST_CASE("prep_hears_of_everything_that_decides_about_a_quorum") {
  LeaderWorld w(voters(1, 3), true);
  w.join(2);
  CHECK(w.leader->take_membership_changed());
  CHECK_FALSE(w.leader->take_membership_changed());
  w.hello(3, 1);
  w.ack_epoch(3, zx(1, 3), -1);
  CHECK_FALSE(w.leader->synced(w.now).contains(ServerId(3)));
  CHECK_FALSE(w.leader->take_membership_changed());
  w.ack(3, zx(2, 0));
  CHECK(w.leader->take_membership_changed());
  CHECK(w.leader->synced(w.now).contains(ServerId(3)));
  w.join(7, true);
  CHECK_FALSE(w.leader->synced(w.now).contains(ServerId(7)));  // an observer has no voice yet
  w.leader->take_membership_changed();
  w.leader->propose_reconfig(txn_at(zx(2, 1)), voters(1, 2, zx(2, 1).value()), w.now, w.out);
  CHECK(w.leader->take_membership_changed());
  w.leader->logged(zx(2, 1), w.out);
  w.ack(2, zx(2, 1));
  CHECK(w.leader->take_membership_changed());
  w.leader->disconnected(LeaderWorld::id(3));
  CHECK(w.leader->take_membership_changed());
}
