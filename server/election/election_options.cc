#include "server/election/election_options.h"

namespace okapi {

QuorumCnxOptions quorum_cnx_options(const ServerConfig& config, const QuorumServer& own) {
  const ElectionSettings& settings = config.quorum.election;
  const Limits& limits = config.limits;
  QuorumCnxOptions out{.self = own.sid};
  for (const PeerAddress& address : own.addresses) {
    out.listen.addresses.push_back({address.host, address.election_port});
  }
  out.listen.on_all_ips = config.quorum.listen_on_all_ips;
  out.listen.bind_retries_max = settings.bind_retries_max;
  out.connect_timeout = Millis(settings.connect_timeout_ms);
  out.handshake_timeout = Millis(settings.handshake_timeout_ms);
  out.tcp_keep_alive = settings.tcp_keep_alive;
  out.multi_address = config.quorum.multi_address_enabled;
  out.half_open_max = limits.election_half_open_max;
  out.receive_backlog_max = limits.election_backlog_max;
  out.accepts_per_turn_max = limits.election_accepts_per_turn_max;
  out.read_bytes_per_turn_max = limits.election_read_bytes_per_turn_max;
  out.policy.strangers_max = limits.election_strangers_max;
  return out;
}

ElectionTimes election_times(const ElectionSettings& settings) {
  return {.resend_min = Millis(settings.notification_min_ms),
          .resend_max = Millis(settings.notification_max_ms)};
}

}  // namespace okapi
