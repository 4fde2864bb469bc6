// A leader under test: server 1 of some voters, whose history is 1:1 to 1:3, with learners on links
// of their own number.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/zab/leader.h"
#include "tests/unit/zab/packets.h"
#include "tests/unit/zab/support.h"

namespace okapi::zab_test {

inline constexpr MonoTime at_ms(int64_t ms) { return MonoTime(Millis(ms)); }

class LeaderWorld {
 public:
  explicit LeaderWorld(SharedQuorumConfig config = voters(1, 3), bool reconfig = false)
      : config_(std::move(config)) {
    for (uint32_t counter = 1; counter <= 3; ++counter) log.add(txn_at(zx(1, counter)));
    LeaderOptions options;
    options.self = ServerId(1);
    options.accepted = options.current = Epoch(1);
    options.last_zxid = zx(1, 3);
    options.limits = {Millis(100), Millis(50), 4};
    options.reconfig_enabled = reconfig;
    options.syncs.snap_max = 1;
    options.waiting_syncs_max = 2;
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
      if (effect.link == id(link)) add_sent(packets, effect.bytes);
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
  MonoTime now = at_ms(0);
  LeaderEffects out;
  std::unique_ptr<Leader> leader;

 private:
  SharedQuorumConfig config_;
};

}  // namespace okapi::zab_test
