#include "server/peer/port_options.h"

#include <algorithm>

namespace okapi {
namespace {

std::vector<HostPort> quorum_addresses(const QuorumServer& member) {
  std::vector<HostPort> out;
  for (const PeerAddress& address : member.addresses) {
    out.push_back({address.host, address.quorum_port});
  }
  return out;
}

Nanos ticks(const ServerConfig& config, int32_t count) {
  return Millis(int64_t{config.session.tick_time_ms} * count);
}

// jute.maxbuffer and its extrasize, both from outside.
uint32_t record_bytes_max(const Limits& limits) {
  int64_t sum = int64_t{limits.frame_bytes_max} + limits.disk_record_extra_bytes;
  return static_cast<uint32_t>(std::clamp<int64_t>(sum, 0, INT32_MAX));
}

PacketLinkOptions packet_link_options(const Limits& limits) {
  PacketLinkOptions out;
  out.packets.data_bytes_max = record_bytes_max(limits);
  out.packets.auth_bytes_max = static_cast<uint32_t>(std::max(limits.frame_bytes_max, 0));
  out.packets.auth_count_max = limits.identities_per_connection_max;
  out.outbox_bytes_max = limits.quorum_outbox_bytes_max;
  out.read_bytes_per_turn_max = limits.quorum_read_bytes_per_turn_max;
  return out;
}

}  // namespace

LearnerAcceptorOptions learner_acceptor_options(const ServerConfig& config, const QuorumServer& own,
                                                const DataDir& data, uint32_t term) {
  const Limits& limits = config.limits;
  LearnerAcceptorOptions out;
  out.addresses = quorum_addresses(own);
  out.listen_on_all_ips = config.quorum.listen_on_all_ips;
  out.term = term;
  out.silent_max = limits.learners_silent_max;
  out.learners_max = limits.learners_max;
  out.handler.packets = packet_link_options(limits);
  out.handler.log = {.logs = data.logs(),
                     .snapshots = data.snapshots(),
                     .record_bytes_max = record_bytes_max(limits),
                     .snapshot_size_factor = config.storage.snapshot_size_factor};
  out.handler.hello_timeout = ticks(config, config.quorum.init_limit_ticks);
  out.handler.mail_bytes_max = limits.quorum_mail_bytes_max;
  out.handler.stream_bytes_max = limits.quorum_stream_bytes_max;
  return out;
}

QuorumServer with_observer_port(const ServerConfig& config, QuorumServer member) {
  std::vector<PeerAddress> addresses;
  for (PeerAddress& address : member.addresses) {
    address.quorum_port = config.quorum.sync.observer_master_port;
    // Two that differ in their ports alone are one now.
    bool known = std::any_of(addresses.begin(), addresses.end(),
                             [&](const PeerAddress& other) { return other.host == address.host; });
    if (!known) addresses.push_back(std::move(address));
  }
  member.addresses = std::move(addresses);
  return member;
}

SyncBounds sync_bounds(const SyncSettings& sync) {
  return {.snap_max = static_cast<size_t>(std::max(sync.snapshot_syncs_max, 0)),
          .diff_max = static_cast<size_t>(std::max(sync.diff_syncs_max, 0))};
}

LeaderLinkOptions leader_link_options(const ServerConfig& config, const QuorumServer& leader) {
  LeaderLinkOptions out;
  out.dial.addresses = quorum_addresses(leader);
  out.dial.budget = ticks(config, config.quorum.connect_to_learner_master_limit_ticks);
  out.dial.attempt = ticks(config, config.quorum.sync_limit_ticks);
  out.dial.pause = Millis(config.quorum.sync.leader_connect_delay_ms);
  out.packets = packet_link_options(config.limits);
  out.snapshot_item_bytes_max = record_bytes_max(config.limits);
  out.mail_bytes_max = config.limits.quorum_mail_bytes_max;
  return out;
}

}  // namespace okapi
