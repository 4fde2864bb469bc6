#include "server/election/cnx_policy.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

void CnxPolicy::set_peers(CnxPeers peers) {
  OKAPI_ASSERT(!peers.addresses.contains(self_));
  peers_ = std::move(peers);
  std::vector<ServerId> all;
  for (const auto& [sid, channel] : channels_) all.push_back(sid);
  for (ServerId sid : all) forget_if_idle(sid);
}

void CnxPolicy::post(ServerId to, SharedBytes message) {
  OKAPI_ASSERT(to != self_);
  auto channel = channels_.find(to);
  if (channel == channels_.end()) {
    if (!known(to)) return;
    channel = channels_.emplace(to, Channel{}).first;
  }
  channel->second.pending = std::move(message);
}

std::optional<HostPort> CnxPolicy::address_of(ServerId sid, const Channel& channel) const {
  std::vector<HostPort> all;
  // Where a server says that it listens is tried first: it was there a moment ago.
  if (channel.advertised) all.push_back(*channel.advertised);
  auto peer = peers_.addresses.find(sid);
  if (peer != peers_.addresses.end()) {
    all.insert(all.end(), peer->second.begin(), peer->second.end());
  }
  if (all.empty()) return std::nullopt;
  return all[channel.attempts % all.size()];
}

bool CnxPolicy::wants_dial(ServerId sid, const Channel& channel) const {
  if (channel.linked || channel.dialling) return false;
  return (channel.pending || channel.wants_dial) && address_of(sid, channel).has_value();
}

std::vector<DialOrder> CnxPolicy::dials_due(MonoTime now) {
  std::vector<DialOrder> out;
  for (auto& [sid, channel] : channels_) {
    if (!wants_dial(sid, channel) || now < channel.not_before) continue;
    out.push_back({.sid = sid, .to = *address_of(sid, channel), .attempt = channel.attempts});
    channel.dialling = true;
    channel.wants_dial = false;
    channel.dialled_at = now;
    ++channel.attempts;
  }
  return out;
}

std::optional<MonoTime> CnxPolicy::deadline() const {
  std::optional<MonoTime> out;
  for (const auto& [sid, channel] : channels_) {
    if (!wants_dial(sid, channel)) continue;
    if (!out || channel.not_before < *out) out = channel.not_before;
  }
  return out;
}

void CnxPolicy::dial_ended(ServerId sid, MonoTime now) {
  auto found = channels_.find(sid);
  if (found == channels_.end() || !found->second.dialling) return;
  Channel& channel = found->second;
  channel.dialling = false;
  channel.pause = std::clamp(channel.pause * 2, options_.redial_min, options_.redial_max);
  channel.not_before = now + channel.pause;
  // A server that asks to be dialled back while the knock it answers is still open is not put off.
  if (channel.wants_dial) channel.not_before = channel.dialled_at + options_.redial_min;
  forget_if_idle(sid);
}

CnxPolicy::Decision CnxPolicy::on_inbound(ServerId sid, const std::vector<HostPort>& advertised,
                                          const std::string& remote_ip, MonoTime now) {
  if (sid == self_) return {Inbound::kRefuse, "it says our own id"};
  if (too_many_strangers(sid)) return {Inbound::kRefuse, "too many servers nobody knows"};
  if (sid > self_) return {Inbound::kKeep, nullptr};
  // Compat: the reference dials whatever address it is told. One that is not the sender's own could
  // make us dial anybody: then the configured one has to do. Pinned by cnx_policy_test.
  std::optional<HostPort> own;
  for (const HostPort& address : advertised) {
    if (address.host == remote_ip) own = address;
  }
  if (!known(sid) && !own) return {Inbound::kRefuse, "no address of its own to dial back"};
  Channel& channel = channels_[sid];
  channel.advertised = own;
  channel.attempts = 0;
  channel.wants_dial = true;
  channel.not_before = std::max(now, channel.dialled_at + options_.redial_min);
  return {Inbound::kDialBack, nullptr};
}

bool CnxPolicy::too_many_strangers(ServerId sid) const {
  if (known(sid) || channels_.contains(sid)) return false;
  auto is_stranger = [this](const auto& entry) { return !known(entry.first); };
  auto strangers = std::count_if(channels_.begin(), channels_.end(), is_stranger);
  return static_cast<size_t>(strangers) >= options_.strangers_max;
}

void CnxPolicy::link_up(ServerId sid) {
  OKAPI_ASSERT(sid != self_);
  Channel& channel = channels_[sid];
  channel.linked = true;
  channel.wants_dial = false;
  channel.pause = Millis(0);
  channel.not_before = MonoTime();
  if (!channel.pending) channel.pending = channel.last;
}

void CnxPolicy::link_down(ServerId sid) {
  auto found = channels_.find(sid);
  if (found == channels_.end()) return;
  found->second.linked = false;
  forget_if_idle(sid);
}

bool CnxPolicy::has_message(ServerId sid) const {
  auto found = channels_.find(sid);
  return found != channels_.end() && found->second.pending.has_value();
}

SharedBytes CnxPolicy::take(ServerId sid) {
  OKAPI_ASSERT(has_message(sid));
  Channel& channel = channels_.at(sid);
  channel.last = std::exchange(channel.pending, std::nullopt);
  return *channel.last;
}

// Of a stranger nothing is kept but its link or the one dial that it asked for.
void CnxPolicy::forget_if_idle(ServerId sid) {
  auto found = channels_.find(sid);
  if (found == channels_.end() || known(sid)) return;
  const Channel& channel = found->second;
  if (!channel.linked && !channel.dialling && !channel.wants_dial) channels_.erase(found);
}

}  // namespace okapi
