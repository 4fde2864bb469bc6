// Packets in tests: making them, and reading what a part sent.
#pragma once

#include <string>
#include <vector>

#include "common/proto/quorum_packet.h"
#include "server/zab/effects.h"

namespace okapi::zab_test {

// A packet that owns its data.
struct Sent {
  PacketType type;
  Zxid zxid;
  std::optional<std::string> data = std::nullopt;

  QuorumPacket view() const { return {static_cast<int32_t>(type), zxid, data, {}}; }
  friend bool operator==(const Sent& a, const Sent& b) {
    return a.type == b.type && a.zxid == b.zxid;
  }
};

// One effect may be several packets.
inline void add_sent(std::vector<Sent>& to, const SharedBytes& bytes) {
  PacketWalk walk(bytes);
  while (auto packet = walk.next()) {
    Sent& one = to.emplace_back(Sent{packet->type(), packet->zxid});
    if (packet->data.has_value()) one.data = std::string(*packet->data);
  }
}

// The effects of one kind, in order.
template <class Effect, class Effects>
std::vector<Effect> all_of(const Effects& effects) {
  std::vector<Effect> out;
  for (const auto& effect : effects) {
    if (const auto* one = std::get_if<Effect>(&effect)) out.push_back(*one);
  }
  return out;
}

template <class Effect, class Effects>
size_t place_of(const Effects& effects) {
  for (size_t i = 0; i < effects.size(); ++i) {
    if (std::holds_alternative<Effect>(effects[i])) return i;
  }
  return effects.size();
}

}  // namespace okapi::zab_test
