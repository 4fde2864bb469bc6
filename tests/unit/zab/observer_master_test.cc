#include "server/zab/observer_master.h"

#include <catch2/catch.hpp>

#include "tests/unit/zab/leader_world.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

using T = PacketType;
using Packets = std::vector<Sent>;
const Sent kLeaderInfo{T::kLeaderInfo, zx(2, 0)};
const Sent kNewLeader{T::kNewLeader, zx(2, 0)};
const Sent kUpToDate{T::kUpToDate, Zxid(-1)};
const Sent kSync{T::kSync, Zxid()};

// A follower in epoch 2, whose history is 1:1 to 1:3, with observers on links of their own number.
struct MasterWorld {
  explicit MasterWorld(uint32_t history = 3, std::optional<Zxid> log_from = {}) {
    for (uint32_t counter = 1; counter <= history; ++counter) log.add(txn_at(zx(1, counter)));
    ObserverMasterOptions options;
    options.epoch = Epoch(2);
    options.last_zxid = zx(1, 3);
    options.limits = {Millis(100), Millis(50), 4};
    options.log_from = log_from;
    options.syncs.snap_max = 1;
    options.questions_max = 2;
    master.emplace(options, config, log);
  }
  void put(int64_t link, T type, Zxid zxid, NullableView data = std::nullopt) {
    master->received(id(link), {static_cast<int32_t>(type), zxid, data, {}}, now, out);
  }
  void hello(int64_t link, T type = T::kObserverInfo, Zxid accepted = zx(1, 0),
             int64_t config_version = 0) {
    master->connected(id(link), now, out);
    LearnerInfo info{ServerId(link), kPeerProtocolVersion, config_version};
    put(link, type, accepted, jute::encoded(info));
  }
  void ack_epoch(int64_t link, Zxid last) { put(link, T::kAckEpoch, last, encode_int_data(1)); }
  void ack(int64_t link, Zxid zxid = zx(2, 0)) { put(link, T::kAck, zxid); }
  void join(int64_t link) {
    hello(link);
    ack_epoch(link, zx(1, 3));
    ack(link);
    to(link);
  }
  void commit(Zxid zxid, std::optional<ServerId> designated = {}) {
    log.add(txn_at(zxid));
    master->committed(txn_at(zxid), designated, now, out);
  }
  void request(int64_t link, OpCode op) {
    ForwardedRequest request{SessionId(5), 7, static_cast<int32_t>(op), "body"};
    put(link, T::kRequest, Zxid(-1), encode_request(request));
  }
  void revalidate(int64_t link, int64_t session) {
    put(link, T::kRevalidate, Zxid(-1), jute::encoded(Revalidation{SessionId(session), 9}));
  }

  // What went to a link since the last call.
  Packets to(int64_t link) {
    Packets packets;
    for (const SendTo& effect : all_of<SendTo>(out)) {
      if (effect.link == id(link)) add_sent(packets, effect.bytes);
    }
    std::erase_if(out, [link](const ObserverMasterEffect& effect) {
      const auto* send = std::get_if<SendTo>(&effect);
      return send != nullptr && send->link == id(link);
    });
    return packets;
  }
  bool closed(int64_t link) const {
    for (const CloseLink& effect : all_of<CloseLink>(out)) {
      if (effect.link == id(link)) return true;
    }
    return false;
  }
  static LinkId id(int64_t link) { return LinkId(static_cast<uint64_t>(link)); }

  SharedQuorumConfig config = voters(1, 3);
  CommittedLog log{500};
  MonoTime now = at_ms(0);
  ObserverMasterEffects out;
  std::optional<ObserverMaster> master;
};

}  // namespace

TEST_CASE("an observer is brought up without waiting for anybody, under the epoch of the leader") {
  MasterWorld w;
  w.hello(7);
  CHECK(w.to(7) == Packets{kLeaderInfo});
  w.ack_epoch(7, zx(1, 1));
  Packets diff = w.to(7);
  CHECK(diff == Packets{{T::kDiff, zx(1, 3)},
                        {T::kProposal, zx(1, 2)},
                        {T::kCommit, zx(1, 2)},
                        {T::kProposal, zx(1, 3)},
                        {T::kCommit, zx(1, 3)},
                        kNewLeader});
  CHECK(diff.back().data == w.config->text());
  CHECK(w.master->synced(w.now) == 0);
  w.ack(7);
  CHECK(w.to(7) == Packets{kUpToDate});
  w.ack(7);  // of UPTODATE
  CHECK(w.to(7).empty());
  CHECK(w.master->synced(w.now) == 1);
  w.master->disconnected(MasterWorld::id(7));
  CHECK(w.master->synced(w.now) == 0);
}

TEST_CASE("a master serves observers only, of its own epoch and configuration") {
  MasterWorld w;
  w.hello(1, T::kFollowerInfo);
  CHECK(w.closed(1));
  w.hello(2, T::kObserverInfo, zx(3, 0));  // has promised another leader more
  CHECK(w.closed(2));
  w.hello(3, T::kObserverInfo, zx(2, 0), 5);
  CHECK(w.closed(3));
  w.hello(4);
  w.ack_epoch(4, zx(3, 1));
  CHECK(w.closed(4));
  w.hello(5);
  w.ack(5);
  CHECK(w.closed(5));
  CHECK(all_of<StreamSnapshot>(w.out).empty());
}

TEST_CASE("links in handshake are bounded") {
  MasterWorld w;
  for (int64_t link = 1; link <= 6; ++link) w.master->connected(w.id(link), w.now, w.out);
  CHECK_FALSE(w.closed(6));
  w.master->connected(w.id(7), w.now, w.out);
  CHECK(w.closed(7));
}

TEST_CASE("an observer acks NEWLEADER and UPTODATE; any other ack ends its link") {
  MasterWorld w;
  w.join(7);
  w.commit(zx(2, 1));
  w.ack(7, zx(2, 1));
  CHECK(w.closed(7));
  w.hello(8);
  w.ack_epoch(8, zx(1, 3));
  w.ack(8, zx(2, 1));
  CHECK(w.closed(8));
}

TEST_CASE("what another epoch left behind is cut off") {
  MasterWorld w;
  w.hello(7);
  w.ack_epoch(7, zx(1, 9));
  CHECK(w.to(7) == Packets{kLeaderInfo, {T::kTrunc, zx(1, 3)}, kNewLeader});
}

TEST_CASE("an observer that was told more than its new master knows is not cut but waited for") {
  MasterWorld w;
  w.hello(7);
  w.ack_epoch(7, zx(2, 2));
  w.commit(zx(2, 1));
  CHECK(w.to(7) == Packets{kLeaderInfo});
  w.commit(zx(2, 2));
  CHECK(w.to(7) == Packets{{T::kDiff, zx(2, 2)}, kNewLeader});
  w.ack(7);
  w.commit(zx(2, 3));
  CHECK(w.to(7) == Packets{kUpToDate, {T::kInform, zx(2, 3)}});

  w.hello(8);
  w.ack_epoch(8, zx(2, 9));
  w.now = at_ms(101);
  w.master->tick(w.now, w.out);
  CHECK(w.closed(8));  // not for ever
}

TEST_CASE("an observer too far behind gets a snapshot, and what was committed meanwhile") {
  MasterWorld w;
  w.hello(7);
  w.ack_epoch(7, Zxid());
  CHECK(all_of<StreamSnapshot>(w.out).size() == 1);
  w.commit(zx(2, 1));
  CHECK(w.to(7) == Packets{kLeaderInfo});  // not told while the tree is sent
  w.master->snapshot_sent(w.id(7), zx(1, 3), w.now, w.out);
  CHECK(w.to(7) == Packets{{T::kProposal, zx(2, 1)}, {T::kCommit, zx(2, 1)}, kNewLeader});
  w.commit(zx(2, 2));
  CHECK(w.to(7) == Packets{{T::kInform, zx(2, 2)}});
}

TEST_CASE("snapshots at once are bounded") {
  MasterWorld w;
  for (int64_t link : {7, 8}) {
    w.hello(link);
    w.ack_epoch(link, Zxid());
  }
  CHECK_FALSE(w.closed(7));
  CHECK(w.closed(8));
}

TEST_CASE("an observer before what memory holds is served from the log, or else with a snapshot") {
  MasterWorld w(0, zx(1, 1));
  for (uint32_t counter = 1; counter <= 2; ++counter) w.commit(zx(2, counter));
  w.hello(7);
  w.ack_epoch(7, zx(1, 2));
  auto streams = all_of<StreamLog>(w.out);
  REQUIRE(streams.size() == 1);
  CHECK(streams[0].log_to == zx(2, 1));
  w.to(7);
  CommittedWalk walk = streams[0].walk;
  for (Zxid zxid : {zx(1, 2), zx(1, 3), zx(2, 1)}) walk.next(zxid);
  w.master->log_sent(w.id(7), walk, w.now, w.out);
  CHECK(w.to(7) == Packets{{T::kProposal, zx(2, 2)}, {T::kCommit, zx(2, 2)}, kNewLeader});

  w.hello(8);
  w.ack_epoch(8, zx(1, 2));
  w.master->log_unusable(w.id(8), w.now, w.out);
  CHECK(all_of<StreamSnapshot>(w.out).size() == 1);
}

TEST_CASE("before the first commit of an epoch its marker is where the history ends") {
  MasterWorld w;
  w.hello(7);
  w.ack_epoch(7, zx(2, 0));  // came by a snapshot with this stamp
  CHECK(w.to(7) == Packets{kLeaderInfo, {T::kDiff, zx(2, 0)}, kNewLeader});
}

TEST_CASE("commits are told as INFORM, a reconfig with its leader") {
  MasterWorld w;
  w.join(7);
  w.commit(zx(2, 1));
  Packets told = w.to(7);
  CHECK(told == Packets{{T::kInform, zx(2, 1)}});
  CHECK(told[0].data == std::string(txn_at(zx(2, 1)).bytes.view()));
  w.commit(zx(2, 2), ServerId(3));
  told = w.to(7);
  CHECK(told == Packets{{T::kInformAndActivate, zx(2, 2)}});
  CHECK(designated_by(told[0].view()).value() == ServerId(3));
  auto next = voters(1, 4, 77);
  w.master->activated(next);
  w.hello(8);
  w.ack_epoch(8, zx(2, 2));
  CHECK(w.to(8).back().data == next->text());
}

TEST_CASE("requests, questions and clients that were heard of are handed on") {
  MasterWorld w;
  w.join(7);
  w.request(7, OpCode::kCreate);
  auto forwarded = all_of<ForwardToPrep>(w.out);
  REQUIRE(forwarded.size() == 1);
  CHECK(forwarded[0].link == w.id(7));
  CHECK(forwarded[0].session == SessionId(5));
  CHECK(forwarded[0].cxid == 7);
  CHECK(forwarded[0].body == "body");
  w.put(7, T::kPing, zx(2, 0), encode_touches({{SessionId(5), 30}}));
  CHECK(all_of<TouchSessions>(w.out).at(0).touches.size() == 1);
  w.put(7, T::kPing, zx(2, 0));
  CHECK(all_of<TouchSessions>(w.out).size() == 1);
  w.revalidate(7, 5);
  CHECK(all_of<AskSession>(w.out).at(0).link == w.id(7));
  w.master->revalidated(w.id(7), SessionId(5), true, w.out);
  Packets told = w.to(7);
  CHECK(told == Packets{{T::kRevalidate, Zxid(-1)}});
  CHECK(told[0].data == jute::encoded(RevalidationReply{SessionId(5), true}));
  w.put(7, T::kProposal, zx(2, 1));
  CHECK(w.closed(7));
}

TEST_CASE("a sync is answered to the observer that asked, as often as it asked") {
  MasterWorld w;
  w.join(7);
  w.join(8);
  w.request(8, OpCode::kSync);
  w.request(7, OpCode::kSync);
  w.master->sync_done(w.id(8), w.out);
  CHECK(w.to(7).empty());
  CHECK(w.to(8) == Packets{kSync});
  w.master->sync_done(w.id(7), w.out);
  CHECK(w.to(7) == Packets{kSync});
}

TEST_CASE(
    "questions that the leader has not answered are bounded, also those of links that ended") {
  MasterWorld w;
  w.join(7);
  w.join(8);
  w.request(7, OpCode::kSync);
  w.revalidate(7, 5);
  w.master->disconnected(w.id(7));
  w.request(8, OpCode::kCreate);  // writes are none
  w.request(8, OpCode::kSync);
  CHECK(w.closed(8));
  w.master->sync_done(w.id(7), w.out);
  CHECK(w.to(7).empty());
  w.join(9);
  w.revalidate(9, 5);
  CHECK_FALSE(w.closed(9));
}

TEST_CASE("observers are pinged from NEWLEADER on, and dropped when they fall silent") {
  MasterWorld w;
  w.hello(6);
  w.join(7);
  w.to(6);
  w.commit(zx(2, 1));
  w.to(7);
  w.master->tick(w.now, w.out);
  CHECK(w.to(6).empty());
  CHECK(w.to(7) == Packets{{T::kPing, zx(2, 1)}});
  w.now = at_ms(50);
  w.put(7, T::kPing, zx(2, 1));
  w.now = at_ms(100);
  w.master->tick(w.now, w.out);
  CHECK_FALSE(w.closed(7));
  CHECK(w.master->synced(w.now) == 1);
  w.now = at_ms(101);
  w.master->tick(w.now, w.out);
  CHECK(w.closed(7));
}
