#include <catch2/catch.hpp>

#include "tests/unit/zab/learner_world.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

using T = PacketType;
using Zxids = std::vector<Zxid>;

}  // namespace

TEST_CASE("a_learner_names_itself_and_promises_the_epoch_on_disk_before_it_says_so") {
  LearnerWorld w;
  w.begin();
  REQUIRE(w.sent_packets() == std::vector<Sent>{{T::kFollowerInfo, zx(1, 0)}});
  CHECK(w.sent_packets()[0].data == jute::encoded(LearnerInfo{ServerId(2), 0x10000, 0}));
  w.out.clear();
  w.put(T::kLeaderInfo, zx(2, 0), encode_int_data(kPeerProtocolVersion));
  CHECK(place_of<PersistAcceptedEpoch>(w.out) == 0);
  CHECK(w.sent_packets() == std::vector<Sent>{{T::kAckEpoch, zx(1, 3)}});
  CHECK(w.sent_packets()[0].data == encode_int_data(1));
}

TEST_CASE("an_epoch_that_was_accepted_before_is_acked_with_minus_one_a_lower_one_not_at_all") {
  LearnerWorld same;
  same.options.accepted = Epoch(2);
  same.hello();
  CHECK(all_of<PersistAcceptedEpoch>(same.out).empty());
  CHECK(same.sent_packets().back().data == encode_int_data(-1));
  LearnerWorld lower;
  lower.options.accepted = Epoch(3);
  lower.hello();
  REQUIRE(lower.gave_up().has_value());
  CHECK(lower.gave_up()->why.starts_with("leader 1 "));
}

TEST_CASE("zk_3911_zk_4643_zk_4646_log_then_epoch_then_ack") {
  LearnerWorld w;
  w.hello();
  w.put(T::kDiff, zx(1, 5));
  for (uint32_t counter : {4U, 5U}) {
    w.propose(zx(1, counter));
    w.commit(zx(1, counter));
  }
  w.propose(zx(2, 1));
  w.out.clear();
  w.new_leader();
  // Two records, the sync, then what is applied, the epoch file, at last the ack.
  CHECK(w.zxids<AppendTxn>() == Zxids{zx(1, 4), zx(1, 5)});
  CHECK(w.zxids<ApplyTxn>() == Zxids{zx(1, 4), zx(1, 5)});
  CHECK(place_of<SyncLog>(w.out) == 2);
  CHECK(place_of<ApplyTxn>(w.out) == 3);
  CHECK(place_of<PersistCurrentEpoch>(w.out) == 5);
  CHECK(place_of<SendToLeader>(w.out) == 6);
  CHECK(w.out.size() == 7);
  CHECK(w.sent_packets() == std::vector<Sent>{{T::kAck, zx(2, 0)}});
}

TEST_CASE("zk_4394_an_uncommitted_proposal_stays_over_new_leader_and_is_committed_later") {
  for (bool before_up_to_date : {true, false}) {
    LearnerWorld w;
    w.diff();
    w.propose(zx(2, 1));
    w.new_leader();
    w.propose(zx(2, 2));
    if (before_up_to_date) w.commit(zx(2, 1));
    CHECK(all_of<LogTxn>(w.out).empty());  // zk_4685: nothing that could be acked too early
    w.out.clear();
    w.put(T::kUpToDate, Zxid(-1));
    CHECK(w.sent_packets() == std::vector<Sent>{{T::kAck, zx(2, 0)}});
    CHECK(place_of<StartServing>(w.out) < place_of<LogTxn>(w.out));
    CHECK(w.zxids<LogTxn>() == Zxids{zx(2, 1), zx(2, 2)});
    if (!before_up_to_date) w.commit(zx(2, 1));
    CHECK(w.zxids<CommitTxn>() == Zxids{zx(2, 1)});
    CHECK(w.log.max() == zx(2, 1));
    w.out.clear();
    w.learner->logged(zx(2, 2), w.out);
    CHECK(w.sent_packets() == std::vector<Sent>{{T::kAck, zx(2, 1)}, {T::kAck, zx(2, 2)}});
  }
}

TEST_CASE("zk_2678_a_snap_goes_into_memory_and_is_on_disk_before_the_ack") {
  LearnerWorld w;
  w.hello();
  w.put(T::kSnap, zx(1, 9));
  CHECK(all_of<LoadSnapshot>(w.out).size() == 1);
  w.learner->snapshot_loaded(w.now);
  w.propose(zx(1, 10));
  w.commit(zx(1, 10));
  CHECK(w.zxids<ApplyTxn>() == Zxids{zx(1, 10)});
  w.propose(zx(2, 1));
  w.out.clear();
  w.new_leader();
  REQUIRE(all_of<WriteSnapshot>(w.out).size() == 1);
  CHECK(all_of<WriteSnapshot>(w.out)[0].zxid == zx(1, 10));
  CHECK(place_of<WriteSnapshot>(w.out) < place_of<PersistCurrentEpoch>(w.out));
  CHECK(place_of<PersistCurrentEpoch>(w.out) < place_of<SendToLeader>(w.out));
  CHECK(all_of<AppendTxn>(w.out).empty());
}

TEST_CASE("zk_4837_a_trunc_to_a_place_that_is_not_in_the_log_wipes_the_history") {
  LearnerWorld w;
  w.hello();
  w.put(T::kTrunc, zx(1, 2));
  CHECK(all_of<TruncateLog>(w.out)[0].keep == zx(1, 2));
  w.learner->truncated(true, w.out);
  w.propose(zx(2, 1));
  CHECK_FALSE(w.gave_up().has_value());
  LearnerWorld lost;
  lost.hello();
  lost.put(T::kTrunc, zx(1, 2));
  lost.learner->truncated(false, lost.out);
  REQUIRE(lost.gave_up().has_value());
  CHECK(lost.gave_up()->wipe);
}

TEST_CASE("x_quo_10_whatever_a_leader_may_not_send_in_a_synchronisation_ends_the_link") {
  auto refuses = [](auto misbehave) {
    LearnerWorld w;
    w.hello();
    misbehave(w);
    auto over = w.gave_up();
    bool quiet = all_of<EndProcess>(w.out).empty();
    w.out.clear();
    w.put(T::kPing, Zxid());
    // zk_3642, zk_5094: what came is provisional.
    return over.has_value() && over->reload && quiet && w.out.empty();
  };
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kDiff, zx(1, 2)); }));   // below ours
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kTrunc, zx(1, 3)); }));  // nothing to cut
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kTrunc, zx(7, 3)); }));
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kSnap, zx(3, 1)); }));  // of a later epoch
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kDiff, zx(3, 1)); }));
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kSnap, Zxid(-1)); }));
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kUpToDate, Zxid(-1)); }));
  CHECK(refuses([](LearnerWorld& w) { w.new_leader(); }));
  auto after_diff = [&](auto misbehave) {
    return refuses([&](LearnerWorld& w) {
      w.put(T::kDiff, zx(1, 3));
      misbehave(w);
    });
  };
  CHECK(after_diff([](LearnerWorld& w) { w.propose(zx(1, 5)); }));  // inv_a13: a gap
  CHECK(after_diff([](LearnerWorld& w) { w.propose(zx(2, 2)); }));
  CHECK(after_diff([](LearnerWorld& w) { w.propose(zx(3, 1)); }));
  CHECK(after_diff([](LearnerWorld& w) { w.propose(zx(1, 3)); }));
  CHECK(after_diff([](LearnerWorld& w) { w.commit(zx(1, 4)); }));  // inv_a14: not proposed
  CHECK(after_diff([](LearnerWorld& w) {
    w.propose(zx(1, 4));
    w.propose(zx(1, 5));
    w.commit(zx(1, 5));  // not the next
  }));
  CHECK(after_diff([](LearnerWorld& w) { w.put(T::kNewLeader, zx(1, 0), "version=0"); }));
  CHECK(after_diff([](LearnerWorld& w) {
    w.new_leader();
    w.new_leader();
  }));
  CHECK(after_diff([](LearnerWorld& w) { w.put(T::kUpToDate, Zxid(-1)); }));
  CHECK(after_diff([](LearnerWorld& w) { w.put(T::kDiff, zx(1, 3)); }));
  CHECK(after_diff([](LearnerWorld& w) { w.put(static_cast<T>(55), zx(1, 3)); }));
  CHECK(after_diff([](LearnerWorld& w) { w.put(inform_packet(txn_at(zx(1, 4)))); }));
  CHECK(after_diff([](LearnerWorld& w) {
    for (uint32_t counter = 4; counter < 40; ++counter) w.propose(zx(1, counter));  // its bound
  }));
}

TEST_CASE("x_quo_10_a_trunc_below_what_is_committed_here_ends_the_process_with_a_message") {
  LearnerWorld w;
  w.hello();
  w.put(T::kTrunc, zx(1, 1));
  REQUIRE(all_of<EndProcess>(w.out).size() == 1);
  CHECK(all_of<EndProcess>(w.out)[0].why.starts_with("leader 1 sent TRUNC"));
  CHECK(all_of<TruncateLog>(w.out).empty());
}

TEST_CASE("an_observer_leaves_a_master_that_is_behind_it_and_keeps_what_it_has") {
  for (T op : {T::kTrunc, T::kSnap}) {
    LearnerWorld w(true);
    w.options.master = ServerId(3);
    w.hello();
    w.out.clear();
    w.put(op, zx(1, 1));
    REQUIRE(w.gave_up().has_value());
    CHECK(w.gave_up()->why.starts_with("observer master 3 sent "));
    CHECK(w.out.size() == 1);
  }
  LearnerWorld w(true);
  w.options.master = ServerId(3);
  w.hello();
  w.put(T::kTrunc, zx(1, 2));
  CHECK(all_of<TruncateLog>(w.out).size() == 1);
}

TEST_CASE("what_a_synchronisation_commits_is_certain_only_when_the_leader_serves") {
  LearnerWorld w;
  w.hello();
  w.put(T::kDiff, zx(1, 4));
  w.propose(zx(1, 4));
  w.commit(zx(1, 4));
  w.new_leader();
  CHECK(w.learner->last_committed() == zx(1, 2));
  w.put(T::kUpToDate, Zxid(-1));
  CHECK(w.learner->last_committed() == zx(1, 4));
}

// A newer membership is known before the history that it stands in, an older one voids what was
// proposed beyond it after that history is gone.
TEST_CASE("g14_newleader_voids_a_proposed_membership_once_the_history_is_on_disk") {
  LearnerWorld w(false, true);
  w.diff();
  w.propose(zx(1, 4));
  w.commit(zx(1, 4));
  w.out.clear();
  w.new_leader();
  std::vector<size_t> order;
  for (const LearnerEffect& effect : w.out) {
    if (std::holds_alternative<StoreNextConfig>(effect) ||
        std::holds_alternative<SyncLog>(effect) || std::holds_alternative<VoidNextConfig>(effect) ||
        std::holds_alternative<PersistCurrentEpoch>(effect)) {
      order.push_back(effect.index());
    }
  }
  CHECK(order == std::vector<size_t>{LearnerEffect(StoreNextConfig{}).index(),
                                     LearnerEffect(SyncLog{}).index(),
                                     LearnerEffect(VoidNextConfig{}).index(),
                                     LearnerEffect(PersistCurrentEpoch{}).index()});
  CHECK(all_of<VoidNextConfig>(w.out)[0].newest->text() == w.options.config->text());
}

TEST_CASE("g14_newleader_does_not_void_what_its_leader_has_just_proposed") {
  LearnerWorld w(false, true);
  w.diff();
  SharedQuorumConfig next = voters(1, 4, zx(1, 4).value());
  TxnHeader header{SessionId(1), 1, zx(1, 4), 1, static_cast<int32_t>(OpCode::kReconfig)};
  std::string path = "/zookeeper/config", text = next->text();
  w.put(proposal_packet(encode_txn(header, SetDataTxn{path, text, -1}, std::nullopt)));
  w.new_leader();
  REQUIRE(all_of<VoidNextConfig>(w.out).size() == 1);
  CHECK(all_of<VoidNextConfig>(w.out)[0].newest->version() == next->version());
}
