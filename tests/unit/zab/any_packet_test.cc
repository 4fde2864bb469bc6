// Packets of dice: whatever comes from a peer ends its link at most. Nothing asserts, nothing that
// was not proposed is committed, and after the end of a role there is silence.
#include <catch2/catch.hpp>

#include "common/base/random.h"
#include "server/zab/leader.h"
#include "server/zab/learner.h"
#include "server/zab/observer_master.h"
#include "tests/unit/zab/packets.h"
#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

Zxid any_zxid(Rng& rng) {
  static constexpr int64_t kOdd[] = {-1, 0, INT64_MIN, INT64_MAX, 0xffffffff, 1};
  if (rng.chance(1, 12)) return Zxid(kOdd[rng.below(std::size(kOdd))]);
  return zx(static_cast<int64_t>(rng.below(4)), static_cast<uint32_t>(rng.below(6)));
}

std::optional<std::string> any_data(Rng& rng, Zxid zxid) {
  switch (rng.below(9)) {
    case 0:
      return std::nullopt;
    case 1:
      return jute::encoded(
          LearnerInfo{ServerId(static_cast<int64_t>(rng.below(6))), kPeerProtocolVersion, 0});
    case 2:
      return encode_int_data(static_cast<int32_t>(rng.below(5)) - 1);
    case 3:
      return encode_designated(ServerId(static_cast<int64_t>(rng.below(4))));
    case 4:
      return voters(1, 3)->text();
    case 5:
      return encode_designated(ServerId(1)) + std::string(txn_at(zxid).bytes.view());
    case 6:
      return std::string(rng.below(40), 'x');
    default:
      return std::string(txn_at(zxid).bytes.view());
  }
}

Sent any_packet(Rng& rng) {
  Zxid zxid = any_zxid(rng);
  return {static_cast<PacketType>(rng.below(21)), zxid, any_data(rng, zxid)};
}

// The packet that is due, so that dice get deep into the protocol.
Sent due_at_leader(Rng& rng, LinkId link, size_t step) {
  LearnerInfo info{ServerId(static_cast<int64_t>(link.value())), kPeerProtocolVersion, 0};
  switch (step) {
    case 0:
      return {PacketType::kFollowerInfo, zx(1, 0), jute::encoded(info)};
    case 1:
      return {PacketType::kAckEpoch, zx(1, 2), encode_int_data(1)};
    default:
      return {PacketType::kAck, zx(2, static_cast<uint32_t>(step - 2 + rng.below(2)))};
  }
}

Sent due_at_master(Rng& rng, LinkId link, size_t step) {
  if (step > 2) return {PacketType::kPing, zx(2, 1)};
  if (step == 2) return {PacketType::kAck, zx(2, 0)};
  Sent due = due_at_leader(rng, link, step);
  if (step == 0) due.type = PacketType::kObserverInfo;
  return due;
}

Sent due_at_learner(size_t step, bool observer) {
  Zxid next = zx(2, static_cast<uint32_t>(step / 2 - 1));
  switch (step) {
    case 0:
      return {PacketType::kLeaderInfo, zx(2, 0), encode_int_data(kPeerProtocolVersion)};
    case 1:
      return {PacketType::kDiff, zx(1, 2)};
    case 2:
      return {PacketType::kNewLeader, zx(2, 0), voters(1, 3)->text()};
    case 3:
      return {PacketType::kUpToDate, Zxid(-1)};
    default:
      if (observer)
        return {PacketType::kInform, zx(2, static_cast<uint32_t>(step - 3)),
                std::string(txn_at(zx(2, static_cast<uint32_t>(step - 3))).bytes.view())};
      if (step % 2 == 1) return {PacketType::kCommit, next};
      return {PacketType::kProposal, next, std::string(txn_at(next).bytes.view())};
  }
}

CommittedLog history() {
  CommittedLog log(500);
  log.add(txn_at(zx(1, 1)));
  log.add(txn_at(zx(1, 2)));
  return log;
}

}  // namespace

TEST_CASE("inv_a12_no_packet_of_any_learner_harms_the_leader") {
  size_t served = 0;
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    Rng rng(seed);
    CommittedLog log = history();
    LeaderOptions options{.self = ServerId(1),
                          .accepted = Epoch(1),
                          .current = Epoch(1),
                          .last_zxid = zx(1, 2),
                          .limits = {Millis(100), Millis(50), 4},
                          .reconfig_enabled = rng.chance(1, 4)};
    MonoTime now{};
    Leader leader(options, voters(1, 3), nullptr, log, now);
    LeaderEffects out;
    leader.begin(now, out);
    std::map<LinkId, size_t> steps{{LinkId(2), 0}, {LinkId(3), 0}, {LinkId(4), 0}};
    for (auto& [link, step] : steps) leader.connected(link, now, out);
    uint32_t counter = 0;
    for (int i = 0; i < 25; ++i) {
      LinkId link(2 + rng.below(3));
      Sent packet = rng.chance(1, 6) ? any_packet(rng) : due_at_leader(rng, link, steps[link]++);
      leader.received(link, packet.view(), now, out);
      if (leader.serving() && rng.chance(1, 2)) leader.propose(txn_at(zx(2, ++counter)), now, out);
      if (leader.serving() && counter > 0) leader.logged(zx(2, counter), out);
    }
    served += leader.serving() ? 1 : 0;
    for (const CommitTxn& commit : all_of<CommitTxn>(out))
      CHECK(commit.txn.zxid.epoch() == Epoch(2));
    CHECK(log.max() <= std::max(zx(1, 2), zx(2, counter)));
  }
  CHECK(served > 5'000);
}

TEST_CASE("inv_a12_no_packet_of_any_observer_harms_its_master") {
  int64_t served = 0;
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    Rng rng(seed);
    CommittedLog log = history();
    ObserverMasterOptions options{.epoch = Epoch(2),
                                  .last_zxid = zx(1, 2),
                                  .limits = {Millis(100), Millis(50), 4},
                                  .questions_max = 3};
    MonoTime now{};
    ObserverMaster master(options, voters(1, 3), log);
    ObserverMasterEffects out;
    std::map<LinkId, size_t> steps{{LinkId(2), 0}, {LinkId(3), 0}, {LinkId(4), 0}};
    for (auto& [link, step] : steps) master.connected(link, now, out);
    uint32_t counter = 0;
    for (int i = 0; i < 25; ++i) {
      LinkId link(2 + rng.below(3));
      Sent packet = rng.chance(1, 9) ? any_packet(rng) : due_at_master(rng, link, steps[link]++);
      master.received(link, packet.view(), now, out);
      if (!rng.chance(1, 2)) continue;
      log.add(txn_at(zx(2, ++counter)));
      master.committed(log.entries().back(), std::nullopt, now, out);
    }
    served += master.synced(now);
    CHECK(log.max() == (counter == 0 ? zx(1, 2) : zx(2, counter)));
  }
  CHECK(served > 5'000);
}

TEST_CASE("inv_a12_no_packet_of_a_leader_harms_a_learner") {
  size_t served = 0, over = 0;
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    Rng rng(seed);
    CommittedLog log = history();
    LearnerOptions options;
    options.self = ServerId(2);
    options.leader = ServerId(1);
    options.observer = rng.chance(1, 3);
    options.accepted = options.current = Epoch(1);
    options.last_zxid = options.committed = zx(1, 2);
    options.config = voters(1, 3);
    options.reconfig_enabled = rng.chance(1, 2);
    options.init_limit = options.sync_limit = Millis(50);
    MonoTime now{};
    Learner learner(options, log, now);
    LearnerEffects out;
    learner.begin(now, out);
    size_t step = 0, done = 0;
    for (int i = 0; i < 25; ++i) {
      Sent packet = rng.chance(1, 12) ? any_packet(rng) : due_at_learner(step++, options.observer);
      learner.received(packet.view(), now, out);
      for (; done < out.size(); ++done) {
        LearnerEffect effect = out[done];
        if (std::holds_alternative<TruncateLog>(effect)) learner.truncated(rng.chance(1, 2), out);
        if (std::holds_alternative<LoadSnapshot>(effect)) learner.snapshot_loaded(now);
      }
    }
    served += learner.serving() ? 1 : 0;
    size_t ends = all_of<GiveUp>(out).size() + all_of<EndProcess>(out).size();
    CHECK(ends <= 1);
    over += ends;
    // Whatever it is told, it logs in order and commits only what it logged or was synchronised by.
    Zxid last = zx(1, 0);
    for (const CommitTxn& commit : all_of<CommitTxn>(out)) {
      CHECK(commit.txn.zxid > last);
      last = commit.txn.zxid;
    }
  }
  CHECK(served > 500);
  CHECK(over > 5'000);
}
