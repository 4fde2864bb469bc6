// From the settings of a server to those of its election.
#include "server/election/election_options.h"

#include "tests/unit/election/election_world.h"

using namespace okapi;

namespace {

ServerConfig member_of(const std::string& lines, const MembershipRules& rules = {}) {
  auto parsed = QuorumConfig::parse(lines + "version=0", rules);
  REQUIRE(parsed.ok());
  ServerConfig config;
  config.quorum.members = std::make_shared<const QuorumConfig>(std::move(*parsed));
  config.quorum.multi_address_enabled = rules.multi_address_enabled;
  config.quorum.election.handshake_timeout_ms = 15'000;  // the parser fills it in
  return config;
}

const QuorumServer& own(const ServerConfig& config) {
  return *config.quorum.members->find(ServerId(2));
}

}  // namespace

TEST_CASE("without settings an election has the reference's times and the house's bounds") {
  ServerConfig config = member_of("server.1=a:2888:3888\nserver.2=b:2888:3999\n");
  QuorumCnxOptions options = quorum_cnx_options(config, own(config));
  CHECK(options.self == ServerId(2));
  CHECK(options.listen.addresses == std::vector<HostPort>{{"b", 3999}});
  CHECK_FALSE(options.listen.on_all_ips);
  CHECK(options.listen.bind_retries_max == 3);
  CHECK(options.connect_timeout == Millis(5'000));
  CHECK(options.handshake_timeout == Millis(15'000));
  CHECK_FALSE(options.tcp_keep_alive);
  CHECK_FALSE(options.multi_address);
  QuorumCnxOptions unset;
  CHECK(options.half_open_max == unset.half_open_max);
  CHECK(options.receive_backlog_max == unset.receive_backlog_max);
  CHECK(options.accepts_per_turn_max == unset.accepts_per_turn_max);
  CHECK(options.read_bytes_per_turn_max == unset.read_bytes_per_turn_max);
  CHECK(options.policy.strangers_max == unset.policy.strangers_max);
  ElectionTimes times = election_times(config.quorum.election);
  CHECK(times.resend_min == Millis(200));
  CHECK(times.resend_max == Millis(60'000));
  CHECK(times.finalize_wait == Millis(200));
}

TEST_CASE("each setting of an election, and each of its limits, arrives where it counts") {
  ServerConfig config = member_of("server.1=a:1:2\nserver.2=b:2888:3888|c:2889:3889\n",
                                  {.multi_address_enabled = true});
  config.quorum.listen_on_all_ips = true;
  config.quorum.election = {.connect_timeout_ms = 1,
                            .handshake_timeout_ms = 2,
                            .bind_retries_max = 0,
                            .tcp_keep_alive = true,
                            .notification_min_ms = 4,
                            .notification_max_ms = 5};
  config.limits.election_half_open_max = 6;
  config.limits.election_backlog_max = 7;
  config.limits.election_accepts_per_turn_max = 8;
  config.limits.election_read_bytes_per_turn_max = 9;
  config.limits.election_strangers_max = 10;
  QuorumCnxOptions options = quorum_cnx_options(config, own(config));
  CHECK(options.listen.addresses == std::vector<HostPort>{{"b", 3888}, {"c", 3889}});
  CHECK(options.listen.on_all_ips);
  CHECK(options.listen.bind_retries_max == 0);
  CHECK(options.connect_timeout == Millis(1));
  CHECK(options.handshake_timeout == Millis(2));
  CHECK(options.tcp_keep_alive);
  CHECK(options.multi_address);
  CHECK(options.half_open_max == 6);
  CHECK(options.receive_backlog_max == 7);
  CHECK(options.accepts_per_turn_max == 8);
  CHECK(options.read_bytes_per_turn_max == 9);
  CHECK(options.policy.strangers_max == 10);
  ElectionTimes times = election_times(config.quorum.election);
  CHECK(times.resend_min == Millis(4));
  CHECK(times.resend_max == Millis(5));
}
