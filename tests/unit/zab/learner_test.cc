#include <catch2/catch.hpp>

#include "tests/unit/zab/learner_world.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

constexpr MonoTime at(int64_t ms) { return MonoTime(Millis(ms)); }
using T = PacketType;
using Zxids = std::vector<Zxid>;

}  // namespace

TEST_CASE("inv_a13_a_repeated_proposal_passes_only_with_the_same_bytes") {
  LearnerWorld w;
  w.serve();
  w.propose(zx(2, 1), 5);
  w.propose(zx(2, 2), 6);
  w.commit(zx(2, 1));
  w.out.clear();
  w.propose(zx(2, 1), 5);
  w.propose(zx(2, 2), 6);
  CHECK(w.out.empty());
  w.propose(zx(2, 2), 7);
  REQUIRE(w.gave_up().has_value());
  CHECK_FALSE(w.gave_up()->reload);  // what was logged is the leader's
}

TEST_CASE("x_quo_10_surprises_in_broadcast_end_the_link") {
  auto refuses = [](auto misbehave) {
    LearnerWorld w;
    w.serve();
    misbehave(w);
    return w.gave_up().has_value();
  };
  CHECK(refuses([](LearnerWorld& w) { w.propose(zx(2, 2)); }));
  CHECK(refuses([](LearnerWorld& w) { w.propose(zx(3, 1)); }));
  CHECK(refuses([](LearnerWorld& w) { w.commit(zx(2, 1)); }));
  CHECK(refuses([](LearnerWorld& w) {
    w.propose(zx(2, 1));
    w.propose(zx(2, 2));
    w.commit(zx(2, 2));
  }));
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kUpToDate, Zxid(-1)); }));
  CHECK(refuses([](LearnerWorld& w) { w.put(T::kSync, Zxid()); }));  // nobody asked
  CHECK(refuses([](LearnerWorld& w) {
    w.put(T::kRevalidate, Zxid(-1), jute::encoded(RevalidationReply{SessionId(1), true}));
  }));
  CHECK(refuses([](LearnerWorld& w) { w.put(inform_packet(txn_at(zx(2, 1)))); }));
  CHECK(refuses([](LearnerWorld& w) { w.put(static_cast<T>(0), Zxid()); }));
  CHECK(refuses([](LearnerWorld& w) {
    w.propose(zx(2, 1));
    w.put(T::kCommitAndActivate, zx(2, 1), "short");
  }));
}

TEST_CASE("zk_1551_an_observer_logs_and_commits_what_it_is_informed_of_and_acks_nothing") {
  LearnerWorld w(true);
  w.hello();
  w.put(T::kDiff, zx(1, 3));
  w.put(inform_packet(txn_at(zx(2, 1))));
  w.new_leader();
  w.put(inform_packet(txn_at(zx(2, 2))));
  w.put(T::kUpToDate, Zxid(-1));
  CHECK(w.zxids<AppendTxn>() == Zxids{zx(2, 1)});
  CHECK(w.zxids<CommitTxn>() == Zxids{zx(2, 2)});
  w.out.clear();
  w.put(inform_packet(txn_at(zx(2, 3))));
  CHECK(w.zxids<LogTxn>() == Zxids{zx(2, 3)});
  CHECK(w.zxids<CommitTxn>() == Zxids{zx(2, 3)});
  w.out.clear();
  w.learner->logged(zx(2, 3), w.out);
  CHECK(w.out.empty());
  w.propose(zx(2, 4));
  CHECK(w.gave_up().has_value());
}

TEST_CASE("syncs_come_back_in_the_order_they_were_sent") {
  LearnerWorld w;
  w.serve();
  w.learner->request({SessionId(1), 10, 9, "p"}, {{"ip", "::1"}}, w.out);
  w.learner->request({SessionId(2), 11, 1, "c"}, {}, w.out);
  w.learner->request({SessionId(2), 12, 9, "q"}, {}, w.out);
  auto packets = w.sent_packets();
  REQUIRE(packets.size() == 3);
  CHECK(packets[0] == Sent{T::kRequest, Zxid(-1)});
  CHECK(packets[1].data == encode_request({SessionId(2), 11, 1, "c"}));
  auto first = jute::decode<QuorumPacket>(all_of<SendToLeader>(w.out)[0].bytes.view());
  CHECK(first->auth.items.size() == 1);
  CHECK(jute::decode<QuorumPacket>(all_of<SendToLeader>(w.out)[1].bytes.view())->auth.null);
  w.put(T::kSync, Zxid());
  w.put(T::kSync, Zxid());
  auto done = all_of<SyncDone>(w.out);
  REQUIRE(done.size() == 2);
  CHECK(done[0].cxid == 10);
  CHECK(done[1].cxid == 12);
}

TEST_CASE("sessions_are_revalidated_by_id_whatever_the_order") {
  LearnerWorld w;
  w.serve();
  w.learner->revalidate({SessionId(1), 5}, w.out);
  w.learner->revalidate({SessionId(2), 6}, w.out);
  CHECK(w.sent_packets()[1].data == jute::encoded(Revalidation{SessionId(2), 6}));
  w.put(T::kRevalidate, Zxid(-1), jute::encoded(RevalidationReply{SessionId(2), false}));
  w.put(T::kRevalidate, Zxid(-1), jute::encoded(RevalidationReply{SessionId(1), true}));
  auto answers = all_of<SessionAnswer>(w.out);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].session == SessionId(2));
  CHECK_FALSE(answers[0].valid);
  CHECK(answers[1].valid);
}

TEST_CASE("what_an_observer_behind_the_follower_asked_goes_back_to_it") {
  LearnerWorld w;
  w.serve();
  ForwardedRequest sync{SessionId(9), 7, static_cast<int32_t>(OpCode::kSync), ""};
  w.learner->request(sync, {}, w.out, LinkId(5));
  w.learner->request(sync, {}, w.out);
  w.learner->revalidate({SessionId(9), 1}, w.out, LinkId(6));
  w.learner->revalidate({SessionId(9), 1}, w.out);
  w.out.clear();
  w.put(T::kSync, Zxid());
  REQUIRE(w.out.size() == 1);
  CHECK(all_of<RelaySync>(w.out).at(0).link == LinkId(5));
  w.put(T::kSync, Zxid());
  CHECK(all_of<SyncDone>(w.out).at(0).cxid == 7);
  std::string valid = jute::encoded(RevalidationReply{SessionId(9), true});
  w.out.clear();
  w.put(T::kRevalidate, Zxid(-1), valid);
  REQUIRE(w.out.size() == 1);
  CHECK(all_of<RelaySession>(w.out).at(0).link == LinkId(6));
  CHECK(all_of<RelaySession>(w.out).at(0).answer.valid);
  w.put(T::kRevalidate, Zxid(-1), valid);
  CHECK(all_of<SessionAnswer>(w.out).size() == 1);
  w.put(T::kRevalidate, Zxid(-1), valid);
  CHECK(w.gave_up().has_value());
}

TEST_CASE("a_commit_says_who_leads_on_if_it_is_a_reconfig") {
  LearnerWorld w;
  w.serve();
  w.propose(zx(2, 1));
  w.propose(zx(2, 2));
  w.commit(zx(2, 1));
  w.put(T::kCommitAndActivate, zx(2, 2), encode_designated(ServerId(3)));
  auto commits = all_of<CommitTxn>(w.out);
  REQUIRE(commits.size() == 2);
  CHECK_FALSE(commits[0].designated.has_value());
  CHECK(commits[1].designated == ServerId(3));
}

TEST_CASE("every_ping_is_answered_with_touches_up_to_a_bound_the_rest_with_the_next") {
  LearnerWorld w;
  w.serve();
  w.learner->touched({{SessionId(1), 5}, {SessionId(2), 6}, {SessionId(3), 7}, {SessionId(1), 8}});
  for (int i = 0; i < 3; ++i) w.put(T::kPing, zx(2, 9));
  auto packets = w.sent_packets();
  REQUIRE(packets.size() == 3);
  CHECK(packets[0] == Sent{T::kPing, zx(2, 9)});
  CHECK(packets[0].data == encode_touches({{SessionId(1), 8}, {SessionId(2), 6}}));
  CHECK(packets[1].data == encode_touches({{SessionId(3), 7}}));
  CHECK(packets[2].data == "");
}

TEST_CASE("what_waited_here_while_the_process_stood_still_is_no_sign_of_a_leader") {
  LearnerWorld w;
  w.serve();
  w.now += Millis(40);
  w.put(T::kPing, zx(2, 0));
  CHECK(w.learner->silent_until() == w.now + Millis(50));
  w.now += Millis(51);
  w.put(T::kPing, zx(2, 0));
  CHECK(w.gave_up().has_value());
}

TEST_CASE("a_silent_leader_is_left_after_init_limit_and_once_it_pings_after_sync_limit") {
  LearnerWorld early;
  early.diff();
  early.put(T::kPing, Zxid());
  CHECK(early.sent_packets().size() == 2);  // info and epoch: no answer before UPTODATE
  early.learner->tick(at(100), early.out);
  CHECK_FALSE(early.gave_up().has_value());
  early.learner->tick(at(101), early.out);
  CHECK(early.gave_up().has_value());
  LearnerWorld late;
  late.serve();
  late.learner->tick(at(50), late.out);
  CHECK_FALSE(late.gave_up().has_value());
  late.learner->tick(at(51), late.out);
  CHECK(late.gave_up().has_value());
}

TEST_CASE("a_reconfig_is_stored_when_proposed_and_activated_when_committed") {
  struct Row {
    SharedQuorumConfig next;
    int64_t designated;
    bool stays;
  };
  for (const Row& row : {Row{voters(1, 4, zx(2, 1).value()), 1, true},
                         Row{voters(2, 4, zx(2, 1).value()), 3, false}}) {
    LearnerWorld w(false, true);
    w.serve();
    TxnHeader header{SessionId(1), 1, zx(2, 1), 1, static_cast<int32_t>(OpCode::kReconfig)};
    std::string path = "/zookeeper/config", text = row.next->text();
    EncodedTxn txn = encode_txn(header, SetDataTxn{path, text, -1}, std::nullopt);
    w.put(proposal_packet(txn));
    REQUIRE(all_of<StoreNextConfig>(w.out).size() == 1);
    w.put(T::kCommitAndActivate, zx(2, 1), encode_designated(ServerId(row.designated)));
    CHECK(all_of<CommitTxn>(w.out).size() == 1);
    REQUIRE(all_of<ActivateConfig>(w.out).size() == 1);
    CHECK(w.learner->config()->version() == row.next->version());
    CHECK(w.gave_up().has_value() != row.stays);
    if (!row.stays) CHECK(w.gave_up()->designated == ServerId(row.designated));
  }
}
