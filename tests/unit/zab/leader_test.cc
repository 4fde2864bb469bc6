#include "server/zab/leader.h"

#include <catch2/catch.hpp>

#include "tests/unit/zab/packets.h"
#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

constexpr MonoTime at(int64_t ms) { return MonoTime(Millis(ms)); }

// Server 1 of some voters leads; its history is 1:1 to 1:3; learners are links of the same number.
class World {
 public:
  explicit World(SharedQuorumConfig config = voters(1, 3), bool reconfig = false)
      : config_(std::move(config)) {
    for (uint32_t counter = 1; counter <= 3; ++counter) log.add(txn_at(zx(1, counter)));
    LeaderOptions options;
    options.self = ServerId(1);
    options.accepted = options.current = Epoch(1);
    options.last_zxid = zx(1, 3);
    options.limits = {Millis(100), Millis(50), 4};
    options.reconfig_enabled = reconfig;
    options.snap_syncs_max = 1;
    leader = std::make_unique<Leader>(options, config_, nullptr, log, now);
    leader->begin(now, out);
  }

  void put(int64_t link, PacketType type, Zxid zxid, NullableView data = std::nullopt) {
    leader->received(id(link), {static_cast<int32_t>(type), zxid, data, {}}, now, out);
  }
  void hello(int64_t link, int64_t accepted, bool observer = false, int64_t sid = 0) {
    leader->connected(id(link), now, out);
    LearnerInfo info{ServerId(sid == 0 ? link : sid), kPeerProtocolVersion, 0};
    put(link, observer ? PacketType::kObserverInfo : PacketType::kFollowerInfo, zx(accepted, 0),
        jute::encoded(info));
  }
  void ack_epoch(int64_t link, Zxid last, int32_t current = 1) {
    put(link, PacketType::kAckEpoch, last, encode_int_data(current));
  }
  void ack(int64_t link, Zxid zxid) { put(link, PacketType::kAck, zxid); }
  // Learner `link` from hello to UPTODATE.
  void join(int64_t link, bool observer = false) {
    hello(link, 1, observer);
    ack_epoch(link, zx(1, 3), leader->epoch() == Epoch(2) ? 1 : -1);
    ack(link, zx(2, 0));
  }
  void propose(uint32_t counter) { leader->propose(txn_at(zx(2, counter)), now, out); }

  // What went to a link since the last call.
  std::vector<Sent> to(int64_t link) {
    std::vector<Sent> packets;
    for (const SendTo& effect : all_of<SendTo>(out)) {
      if (effect.link == id(link)) packets.push_back(sent(effect.bytes));
    }
    return packets;
  }
  bool closed(int64_t link) {
    for (const CloseLink& effect : all_of<CloseLink>(out)) {
      if (effect.link == id(link)) return true;
    }
    return false;
  }
  bool over() const { return !all_of<StepDown>(out).empty(); }
  static LinkId id(int64_t link) { return LinkId(static_cast<uint64_t>(link)); }

  CommittedLog log{500};
  MonoTime now = at(0);
  LeaderEffects out;
  std::unique_ptr<Leader> leader;

 private:
  SharedQuorumConfig config_;
};

using T = PacketType;
const Sent kNewLeader{T::kNewLeader, zx(2, 0)};
const Sent kUpToDate{T::kUpToDate, Zxid(-1)};

}  // namespace

TEST_CASE("a_leader_takes_its_followers_from_epoch_to_broadcast_in_the_order_of_the_protocol") {
  World w;
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

TEST_CASE("g02_the_leaders_vote_counts_only_after_its_own_sync") {
  World w;
  w.join(2);
  w.propose(1);
  w.ack(2, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).empty());
  w.leader->logged(zx(2, 1), w.out);
  CHECK(all_of<CommitTxn>(w.out).size() == 1);
}

TEST_CASE("zk_4685_a_proposal_ack_before_the_ack_of_new_leader_counts_as_what_it_is") {
  World w;
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

TEST_CASE("zk_4394_commits_between_new_leader_and_up_to_date_come_right_after_up_to_date") {
  World w;
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
  World w;
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

TEST_CASE("an_observer_gets_informs_and_no_proposals_and_its_acks_do_not_count") {
  World w;
  w.join(2);
  w.join(7, true);
  w.out.clear();
  w.propose(1);
  CHECK(w.to(7).empty());
  w.leader->logged(zx(2, 1), w.out);
  w.ack(7, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).empty());
  w.ack(2, zx(2, 1));
  CHECK(w.to(7) == std::vector<Sent>{{T::kInform, zx(2, 1)}});
  CHECK(w.to(7)[0].data == std::string(txn_at(zx(2, 1)).bytes.view()));
}

TEST_CASE("zk_2959_an_observer_and_a_stranger_complete_no_quorum") {
  World w;
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

TEST_CASE("a_stranger_that_says_it_follows_gets_proposals_but_has_no_vote") {
  World w;
  w.join(2);
  w.join(8);
  w.propose(1);
  CHECK(w.to(8).back() == Sent{T::kProposal, zx(2, 1)});
  w.leader->logged(zx(2, 1), w.out);
  w.ack(8, zx(2, 1));
  CHECK(all_of<CommitTxn>(w.out).empty());
}

TEST_CASE("x_quo_01_a_handshake_that_is_none_ends_its_link_and_no_other") {
  World w;
  w.hello(2, 1);
  auto refused = [&](int64_t link, PacketType type, NullableView data) {
    w.leader->connected(World::id(link), w.now, w.out);
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
  for (int64_t link = 20; link < 25; ++link) w.leader->connected(World::id(link), w.now, w.out);
  CHECK_FALSE(w.closed(24));
  w.leader->connected(World::id(25), w.now, w.out);
  CHECK(w.closed(25));
}

TEST_CASE("x_quo_02_a_packet_that_is_not_due_ends_the_link") {
  World w;
  w.join(2);
  w.hello(3, 1);
  w.ack(3, zx(2, 0));  // before ACKEPOCH
  CHECK(w.closed(3));
  for (PacketType type : {T::kProposal, T::kCommit, T::kUpToDate, T::kSnap, T::kFollowerInfo,
                          static_cast<PacketType>(77)}) {
    World other;
    other.join(2);
    other.put(2, type, zx(2, 0));
    CHECK(other.closed(2));
  }
  w.put(2, T::kPing, zx(2, 0), "not twelve");
  CHECK(w.closed(2));
}

TEST_CASE("x_quo_04_a_second_link_of_a_server_is_refused_while_the_first_lives") {
  World w;
  w.join(2);
  w.hello(10, 1, false, 2);
  CHECK(w.closed(10));
  w.hello(11, 1, false, 1);
  CHECK(w.closed(11));
  w.now = at(51);  // the first is silent for too long
  w.hello(12, 1, false, 2);
  CHECK_FALSE(w.closed(12));
  CHECK(w.closed(2));
}

TEST_CASE("x_quo_05_acks_of_what_was_never_proposed_end_the_link_old_ones_do_nothing") {
  World w;
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

TEST_CASE("x_quo_06_a_learner_that_is_ahead_is_refused_and_others_make_the_quorum") {
  World w;
  w.hello(2, 1);
  w.ack_epoch(2, zx(1, 4));
  CHECK(w.closed(2));
  w.hello(3, 1);
  w.ack_epoch(3, zx(1, 1));
  CHECK(all_of<PersistCurrentEpoch>(w.out).size() == 1);
}

TEST_CASE("inv_b7_a_voter_with_a_later_epoch_ends_the_term_instead_of_being_shut_out") {
  World w;
  w.join(2);
  w.hello(9, 5);  // a stranger does not
  CHECK_FALSE(w.over());
  w.hello(3, 5);
  CHECK(w.over());
  w.out.clear();
  w.propose(1);
  w.leader->tick(at(1), w.out);
  CHECK(w.out.empty());
}

TEST_CASE("zk_1277_at_the_counters_end_the_leader_steps_down_without_proposing") {
  World w;
  w.join(2);
  w.out.clear();
  w.propose(0xffffffff);
  CHECK(w.over());
  CHECK(w.to(2).empty());
}

TEST_CASE("a_sync_is_answered_at_once_or_behind_the_commit_of_what_was_proposed_before_it") {
  World w;
  w.join(2);
  w.out.clear();
  w.leader->sync(World::id(2), w.out);
  CHECK(w.to(2) == std::vector<Sent>{{T::kSync, Zxid(0)}});
  w.propose(1);
  w.propose(2);
  w.leader->sync(World::id(2), w.out);
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

TEST_CASE("requests_touches_and_session_moves_go_to_their_owners") {
  World w;
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
  w.leader->revalidated(World::id(2), SessionId(5), true, w.out);
  CHECK(w.to(2).back().data == jute::encoded(RevalidationReply{SessionId(5), true}));
}

TEST_CASE("the_leader_pings_and_gives_up_without_a_synced_quorum") {
  World w;
  w.join(2);
  w.out.clear();
  w.now = at(40);
  w.leader->tick(w.now, w.out);
  CHECK(w.to(2) == std::vector<Sent>{{T::kPing, zx(2, 0)}});
  w.put(2, T::kPing, zx(2, 0), ByteView());
  w.leader->tick(at(90), w.out);
  CHECK_FALSE(w.over());
  CHECK(w.leader->quorum_synced(*voters(1, 3), at(90)));
  CHECK_FALSE(w.leader->quorum_synced(*voters(1, 5), at(90)));
  w.leader->tick(at(91), w.out);
  CHECK(w.closed(2));
  CHECK(w.over());
}

TEST_CASE("a_leader_that_finds_no_quorum_gives_up_after_init_limit") {
  World w;
  w.leader->tick(at(99), w.out);
  CHECK_FALSE(w.over());
  w.leader->tick(at(100), w.out);
  CHECK(w.over());
}

TEST_CASE("zk_3104_after_a_snap_the_learner_gets_all_from_its_stamp_on_and_new_leader_last") {
  World w;
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
  w.leader->snapshot_sent(World::id(3), zx(1, 3), w.now, w.out);
  CHECK(w.to(3) == std::vector<Sent>{{T::kProposal, zx(2, 1)},
                                     {T::kCommit, zx(2, 1)},
                                     {T::kProposal, zx(2, 2)},
                                     kNewLeader});
  // A stamp from which nothing leads to memory ends the link.
  w.hello(4, 1, false, 9);
  w.ack_epoch(4, Zxid(0), -1);
  w.leader->snapshot_sent(World::id(4), Zxid(1), w.now, w.out);
  CHECK(w.closed(4));
}

TEST_CASE("observers_over_the_limit_of_snapshots_at_once_are_sent_away_voters_never") {
  World w;
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

TEST_CASE("g14_a_reconfig_is_activated_by_both_quorums_and_names_who_leads_on") {
  for (bool stays : {true, false}) {
    World w(voters(1, 3), true);
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
  }
}

TEST_CASE("zk_1783_a_fresh_ensemble_with_reconfig_gives_its_configuration_a_version") {
  World w(voters(1, 3), true);
  w.hello(2, 1);
  w.ack_epoch(2, zx(1, 3));
  CHECK(w.to(2).back().data == voters(1, 3, zx(2, 0).value())->text());
  w.ack(2, zx(2, 0));
  auto activated = all_of<ActivateConfig>(w.out);
  REQUIRE(activated.size() == 1);
  CHECK(activated[0].designated == ServerId(1));
  CHECK(w.leader->config()->version() == zx(2, 0).value());
}
