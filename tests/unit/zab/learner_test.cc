#include "server/zab/learner.h"

#include <catch2/catch.hpp>

#include "tests/unit/zab/packets.h"
#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

constexpr MonoTime at(int64_t ms) { return MonoTime(Millis(ms)); }
using T = PacketType;

// Server 2, at 1:3 of epoch 1, follows server 1.
class World {
 public:
  explicit World(bool observer = false, bool reconfig = false, Zxid committed = zx(1, 2)) {
    options.self = ServerId(2);
    options.leader = ServerId(1);
    options.observer = observer;
    options.accepted = options.current = Epoch(1);
    options.last_zxid = zx(1, 3);
    options.committed = committed;
    options.config = voters(1, observer ? 1 : 3);
    options.reconfig_enabled = reconfig;
    options.init_limit = Millis(100);
    options.sync_limit = Millis(50);
    options.queue_bytes_max = 1000;
    options.touches_max = 2;
  }
  void begin() {
    learner = std::make_unique<Learner>(options, log, now);
    learner->begin(now, out);
  }
  void put(PacketType type, Zxid zxid, NullableView data = std::nullopt) {
    learner->received({static_cast<int32_t>(type), zxid, data, {}}, now, out);
  }
  void put(const SharedBytes& bytes) {
    auto packet = jute::decode<QuorumPacket>(bytes.view());
    learner->received(*packet, now, out);
  }
  void propose(Zxid zxid, int32_t mark = 0) { put(proposal_packet(txn_at(zxid, mark))); }
  void commit(Zxid zxid) { put(T::kCommit, zxid); }
  void new_leader() { put(T::kNewLeader, zx(2, 0), options.config->text()); }
  void hello() {
    begin();
    put(T::kLeaderInfo, zx(2, 0), encode_int_data(kPeerProtocolVersion));
  }
  // Up to an opening packet that needs nothing.
  void diff() {
    hello();
    put(T::kDiff, zx(1, 3));
  }
  void serve() {
    diff();
    new_leader();
    put(T::kUpToDate, Zxid(-1));
    out.clear();
  }
  std::vector<Sent> sent_packets() const {
    std::vector<Sent> packets;
    for (const SendToLeader& effect : all_of<SendToLeader>(out))
      packets.push_back(sent(effect.bytes));
    return packets;
  }
  std::optional<GiveUp> gave_up() const {
    auto all = all_of<GiveUp>(out);
    return all.empty() ? std::nullopt : std::optional(all.front());
  }
  template <class Effect>
  std::vector<Zxid> zxids() const {
    std::vector<Zxid> zxids;
    for (const Effect& effect : all_of<Effect>(out)) zxids.push_back(effect.txn.zxid);
    return zxids;
  }

  LearnerOptions options;
  CommittedLog log{500};
  MonoTime now = at(0);
  LearnerEffects out;
  std::unique_ptr<Learner> learner;
};

using Zxids = std::vector<Zxid>;

}  // namespace

TEST_CASE("a_learner_names_itself_and_promises_the_epoch_on_disk_before_it_says_so") {
  World w;
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
  World same;
  same.options.accepted = Epoch(2);
  same.hello();
  CHECK(all_of<PersistAcceptedEpoch>(same.out).empty());
  CHECK(same.sent_packets().back().data == encode_int_data(-1));
  World lower;
  lower.options.accepted = Epoch(3);
  lower.hello();
  REQUIRE(lower.gave_up().has_value());
  CHECK(lower.gave_up()->why.starts_with("leader 1 "));
}

TEST_CASE("zk_3911_zk_4643_zk_4646_log_then_epoch_then_ack") {
  World w;
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
    World w;
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
  World w;
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
  World w;
  w.hello();
  w.put(T::kTrunc, zx(1, 2));
  CHECK(all_of<TruncateLog>(w.out)[0].keep == zx(1, 2));
  w.learner->truncated(true, w.out);
  w.propose(zx(2, 1));
  CHECK_FALSE(w.gave_up().has_value());
  World lost;
  lost.hello();
  lost.put(T::kTrunc, zx(1, 2));
  lost.learner->truncated(false, lost.out);
  REQUIRE(lost.gave_up().has_value());
  CHECK(lost.gave_up()->wipe);
}

TEST_CASE("x_quo_10_whatever_a_leader_may_not_send_in_a_synchronisation_ends_the_link") {
  auto refuses = [](auto misbehave) {
    World w;
    w.hello();
    misbehave(w);
    auto over = w.gave_up();
    bool quiet = all_of<EndProcess>(w.out).empty();
    w.out.clear();
    w.put(T::kPing, Zxid());
    // zk_3642, zk_5094: what came is provisional.
    return over.has_value() && over->reload && quiet && w.out.empty();
  };
  CHECK(refuses([](World& w) { w.put(T::kDiff, zx(1, 2)); }));   // below ours
  CHECK(refuses([](World& w) { w.put(T::kTrunc, zx(1, 3)); }));  // nothing to cut
  CHECK(refuses([](World& w) { w.put(T::kTrunc, zx(7, 3)); }));
  CHECK(refuses([](World& w) { w.put(T::kUpToDate, Zxid(-1)); }));
  CHECK(refuses([](World& w) { w.new_leader(); }));
  auto after_diff = [&](auto misbehave) {
    return refuses([&](World& w) {
      w.put(T::kDiff, zx(1, 3));
      misbehave(w);
    });
  };
  CHECK(after_diff([](World& w) { w.propose(zx(1, 5)); }));  // inv_a13: a gap
  CHECK(after_diff([](World& w) { w.propose(zx(2, 2)); }));
  CHECK(after_diff([](World& w) { w.propose(zx(1, 3)); }));
  CHECK(after_diff([](World& w) { w.commit(zx(1, 4)); }));  // inv_a14: not proposed
  CHECK(after_diff([](World& w) {
    w.propose(zx(1, 4));
    w.propose(zx(1, 5));
    w.commit(zx(1, 5));  // not the next
  }));
  CHECK(after_diff([](World& w) { w.put(T::kNewLeader, zx(1, 0), "version=0"); }));
  CHECK(after_diff([](World& w) {
    w.new_leader();
    w.new_leader();
  }));
  CHECK(after_diff([](World& w) { w.put(T::kUpToDate, Zxid(-1)); }));
  CHECK(after_diff([](World& w) { w.put(T::kDiff, zx(1, 3)); }));
  CHECK(after_diff([](World& w) { w.put(static_cast<T>(55), zx(1, 3)); }));
  CHECK(after_diff([](World& w) { w.put(inform_packet(txn_at(zx(1, 4)))); }));
  CHECK(after_diff([](World& w) {
    for (uint32_t counter = 4; counter < 40; ++counter) w.propose(zx(1, counter));  // its bound
  }));
}

TEST_CASE("x_quo_10_a_trunc_below_what_is_committed_here_ends_the_process_with_a_message") {
  World w;
  w.hello();
  w.put(T::kTrunc, zx(1, 1));
  REQUIRE(all_of<EndProcess>(w.out).size() == 1);
  CHECK(all_of<EndProcess>(w.out)[0].why.starts_with("leader 1 sent TRUNC"));
  CHECK(all_of<TruncateLog>(w.out).empty());
}

TEST_CASE("what_a_synchronisation_commits_is_certain_only_when_the_leader_serves") {
  World w;
  w.hello();
  w.put(T::kDiff, zx(1, 4));
  w.propose(zx(1, 4));
  w.commit(zx(1, 4));
  w.new_leader();
  CHECK(w.learner->last_committed() == zx(1, 2));
  w.put(T::kUpToDate, Zxid(-1));
  CHECK(w.learner->last_committed() == zx(1, 4));
}

TEST_CASE("inv_a13_a_repeated_proposal_passes_only_with_the_same_bytes") {
  World w;
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
    World w;
    w.serve();
    misbehave(w);
    return w.gave_up().has_value();
  };
  CHECK(refuses([](World& w) { w.propose(zx(2, 2)); }));
  CHECK(refuses([](World& w) { w.commit(zx(2, 1)); }));
  CHECK(refuses([](World& w) {
    w.propose(zx(2, 1));
    w.propose(zx(2, 2));
    w.commit(zx(2, 2));
  }));
  CHECK(refuses([](World& w) { w.put(T::kUpToDate, Zxid(-1)); }));
  CHECK(refuses([](World& w) { w.put(T::kSync, Zxid()); }));  // nobody asked
  CHECK(refuses([](World& w) {
    w.put(T::kRevalidate, Zxid(-1), jute::encoded(RevalidationReply{SessionId(1), true}));
  }));
  CHECK(refuses([](World& w) { w.put(inform_packet(txn_at(zx(2, 1)))); }));
  CHECK(refuses([](World& w) { w.put(static_cast<T>(0), Zxid()); }));
  CHECK(refuses([](World& w) {
    w.propose(zx(2, 1));
    w.put(T::kCommitAndActivate, zx(2, 1), "short");
  }));
}

TEST_CASE("zk_1551_an_observer_logs_and_commits_what_it_is_informed_of_and_acks_nothing") {
  World w(true);
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
  World w;
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
  World w;
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

TEST_CASE("every_ping_is_answered_with_touches_up_to_a_bound_the_rest_with_the_next") {
  World w;
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

TEST_CASE("a_silent_leader_is_left_after_init_limit_and_once_it_pings_after_sync_limit") {
  World early;
  early.diff();
  early.put(T::kPing, Zxid());
  CHECK(early.sent_packets().size() == 2);  // info and epoch: no answer before UPTODATE
  early.learner->tick(at(100), early.out);
  CHECK_FALSE(early.gave_up().has_value());
  early.learner->tick(at(101), early.out);
  CHECK(early.gave_up().has_value());
  World late;
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
    World w(false, true);
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
    if (!row.stays) CHECK(w.gave_up()->reconfigured);
  }
}
