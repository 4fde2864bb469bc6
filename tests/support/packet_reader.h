// A stream of the quorum port, packet by packet.
#pragma once

#include <optional>
#include <string>

#include "common/proto/quorum_packet.h"

namespace okapi {

class PacketReader {
 public:
  explicit PacketReader(const PacketLimits& limits = PacketLimits{}) : parser_(limits) {}
  void feed(ByteView bytes) { parser_.feed(bytes); }
  // Its views are good until the next call.
  Result<std::optional<QuorumPacket>> next() {
    if (given_ == batch_.bytes.size()) {
      auto batch = parser_.take();
      if (!batch.ok()) return batch.error();
      batch_ = std::move(*batch);
      walk_.emplace(batch_.bytes);
      given_ = 0;
    }
    auto packet = walk_->next();
    if (packet.has_value()) given_ += encode_packet(*packet).size();
    return packet;
  }
  // What is behind the last packet that was given out.
  std::string take_rest() {
    std::string rest(batch_.bytes.view().substr(given_));
    given_ = batch_.bytes.size();
    return rest + parser_.take_rest();
  }

 private:
  PacketParser parser_;
  PacketBatch batch_;
  std::optional<PacketWalk> walk_;
  size_t given_ = 0;
};

}  // namespace okapi
