// A learner under test: server 2, at 1:3 of epoch 1, follows server 1.
#pragma once

#include <memory>
#include <vector>

#include "server/zab/learner.h"
#include "tests/unit/zab/packets.h"
#include "tests/unit/zab/support.h"

namespace okapi::zab_test {

class LearnerWorld {
 public:
  explicit LearnerWorld(bool observer = false, bool reconfig = false, Zxid committed = zx(1, 2)) {
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
  void commit(Zxid zxid) { put(PacketType::kCommit, zxid); }
  void new_leader() { put(PacketType::kNewLeader, zx(2, 0), options.config->text()); }
  void hello() {
    begin();
    put(PacketType::kLeaderInfo, zx(2, 0), encode_int_data(kPeerProtocolVersion));
  }
  // Up to an opening packet that needs nothing.
  void diff() {
    hello();
    put(PacketType::kDiff, zx(1, 3));
  }
  void serve() {
    diff();
    new_leader();
    put(PacketType::kUpToDate, Zxid(-1));
    out.clear();
  }
  std::vector<Sent> sent_packets() const {
    std::vector<Sent> packets;
    for (const SendToLeader& effect : all_of<SendToLeader>(out)) add_sent(packets, effect.bytes);
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
  MonoTime now = MonoTime();
  LearnerEffects out;
  std::unique_ptr<Learner> learner;
};

}  // namespace okapi::zab_test
