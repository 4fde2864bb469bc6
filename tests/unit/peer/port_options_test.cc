// From the settings of a server to those of its quorum port.
#include "server/peer/port_options.h"

#include "tests/unit/peer/port_world.h"

using namespace okapi;

TEST_CASE("each setting of the quorum port, and each of its limits, arrives where it counts") {
  PortWorld world(1);
  LeaderSide& leader = world.lead();
  QuorumServer member{.sid = ServerId(2),
                      .addresses = {{"b", 2888, 3888}, {"c", 2889, 3889}},
                      .client = std::nullopt};
  ServerConfig config;
  config.session.tick_time_ms = 10;
  config.quorum.init_limit_ticks = 5;
  config.quorum.sync_limit_ticks = 2;
  config.quorum.connect_to_learner_master_limit_ticks = 7;
  config.quorum.listen_on_all_ips = true;
  config.quorum.sync.leader_connect_delay_ms = 30;
  config.storage.snapshot_size_factor = 0.5;
  config.limits.frame_bytes_max = 100;
  config.limits.disk_record_extra_bytes = 11;
  config.limits.identities_per_connection_max = 12;
  config.limits.learners_silent_max = 13;
  config.limits.learners_max = 14;
  config.limits.quorum_outbox_bytes_max = 15;
  config.limits.quorum_stream_bytes_max = 16;
  config.limits.quorum_mail_bytes_max = 17;
  config.limits.quorum_read_bytes_per_turn_max = 18;

  auto acceptor = learner_acceptor_options(config, member, *leader.replica.data, 9);
  CHECK(acceptor.addresses == std::vector<HostPort>{{"b", 2888}, {"c", 2889}});
  CHECK(acceptor.listen_on_all_ips);
  CHECK(acceptor.term == 9);
  CHECK(acceptor.silent_max == 13);
  CHECK(acceptor.learners_max == 14);
  CHECK(acceptor.handler.hello_timeout == Millis(50));
  CHECK(acceptor.handler.log.logs == "/d/version-2");
  CHECK(acceptor.handler.log.snapshots == "/d/version-2");
  CHECK(acceptor.handler.log.record_bytes_max == 111);
  CHECK(acceptor.handler.log.snapshot_size_factor == 0.5);
  CHECK(acceptor.handler.stream_bytes_max == 16);
  CHECK(acceptor.handler.mail_bytes_max == 17);
  CHECK(acceptor.handler.packets.outbox_bytes_max == 15);
  CHECK(acceptor.handler.packets.read_bytes_per_turn_max == 18);
  CHECK(acceptor.handler.packets.packets.data_bytes_max == 111);
  CHECK(acceptor.handler.packets.packets.auth_count_max == 12);

  auto link = leader_link_options(config, member);
  CHECK(link.dial.addresses == acceptor.addresses);
  CHECK(link.dial.budget == Millis(70));
  CHECK(link.dial.attempt == Millis(20));
  CHECK(link.dial.pause == Millis(30));
  CHECK(link.snapshot_item_bytes_max == 111);
  CHECK(link.mail_bytes_max == 17);
  CHECK(link.packets.packets.auth_bytes_max == 100);
}

TEST_CASE("observers know a member by observerMasterPort, once for each of its hosts") {
  ServerConfig config;
  config.quorum.sync.observer_master_port = 2191;
  config.quorum.sync.snapshot_syncs_max = 3;
  config.quorum.sync.diff_syncs_max = 4;
  QuorumServer member{.sid = ServerId(2),
                      .addresses = {{"b", 2888, 3888}, {"c", 2889, 3889}, {"b", 2890, 3890}},
                      .client = std::nullopt};
  auto link = leader_link_options(config, with_observer_port(config, member));
  CHECK(link.dial.addresses == std::vector<HostPort>{{"b", 2191}, {"c", 2191}});
  CHECK(sync_bounds(config.quorum.sync).snap_max == 3);
  CHECK(sync_bounds(config.quorum.sync).diff_max == 4);
}
