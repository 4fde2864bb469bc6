#include "server/config/config_parser.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "server/config/config_key.h"
#include "tests/unit/config/support.h"

namespace okapi {
namespace {

TEST_CASE("a plain file gives the reference's defaults") {
  LoadedConfig loaded = parse("dataDir=/data\nclientPort=2181\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.warnings.empty());
  const ServerConfig& c = loaded.config;
  CHECK(c.client.address == HostPort{"", 2181});
  CHECK(c.storage.data_log_dir == "/data");
  CHECK(c.session.tick_time_ms == 3000);
  CHECK(c.session.min_timeout_ms == 6000);
  CHECK(c.session.max_timeout_ms == 60000);
  CHECK(c.limits.connections_per_ip_max == 60);
  CHECK(c.limits.frame_bytes_max == 1048575);
  CHECK(c.limits.disk_record_extra_bytes == 1048575);
  CHECK(c.limits.outstanding_requests_max == 1000);
  CHECK(c.admin.four_letter_whitelist == std::vector<std::string>{"srvr"});
  CHECK(c.server_id == 0);
  CHECK_FALSE(c.my_id);
}

TEST_CASE("x_cfg_01 an unknown key warns once with its line and is kept") {
  LoadedConfig loaded = parse_more("requestThrottleLimit=7\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.warnings ==
        std::vector<std::string>{"zoo.cfg:2: unknown configuration key requestThrottleLimit (kept "
                                 "as zookeeper.requestThrottleLimit)"});
  REQUIRE(loaded.config.properties.size() == 1);
  CHECK(loaded.config.properties[0].first == "zookeeper.requestThrottleLimit");
}

TEST_CASE("x_cfg_01 a key with the prefix has no effect") {
  LoadedConfig loaded = parse_more("zookeeper.snapCount=5\n");
  REQUIRE(loaded.ok());
  CHECK(warns(loaded, "zoo.cfg:2: zookeeper.snapCount has no effect"));
  CHECK(loaded.config.storage.snap_count == 100000);
}

TEST_CASE("x_cfg_02 bad values name file, line, key, value and reason") {
  CHECK(failure_of(parse_more("tickTime=2000ms\n")) ==
        "zoo.cfg:2: tickTime=2000ms: For input string: \"2000ms\"");
  CHECK(failure_of(parse_more("\n\nclientPort=4294967296\n")) ==
        "zoo.cfg:4: clientPort=4294967296: For input string: \"4294967296\"");
  CHECK(failure_of(parse_more("initLimit=\n")) == "zoo.cfg:2: initLimit=: For input string: \"\"");
  CHECK(failure_of(parse_more("clientPort=65536\n")) ==
        "zoo.cfg:2: clientPort=65536: port out of range:65536");
  CHECK(
      failure_of(parse_more("syncEnabled=yes\n")) ==
      "zoo.cfg:2: syncEnabled=yes: Invalid option yes for syncEnabled. Choose 'true' or 'false.'");
  CHECK(failure_of(parse_more("tickTime=-1\n")) ==
        "zoo.cfg:2: tickTime=-1: tickTime must be positive");
  CHECK(failure_of(parse_more("electionAlg=2\n")) ==
        "zoo.cfg:2: electionAlg=2: Invalid electionAlg value. Only 3 is supported.");
  CHECK(failure_of(parse_more("peerType=leader\n")) ==
        "zoo.cfg:2: peerType=leader: Unrecognised peertype: leader");
  CHECK(failure_of(parse_more("a=\\u12\n")) == "zoo.cfg:2: Malformed \\uxxxx encoding.");
  CHECK(failure_of(parse(std::string("dataDir=/d\0x", 12))) ==
        "zoo.cfg:1: dataDir=/d\\x00x: the value holds a NUL");
  CHECK(parse_more("tickTime=x\n").failure->exit_code == ExitCode::kInvalidInvocation);
}

TEST_CASE("x_cfg_02 the last of repeated keys counts, with a line") {
  LoadedConfig loaded = parse_more("tickTime=bad\ntickTime = 500 \r\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.config.session.tick_time_ms == 500);
  CHECK(warns(loaded, "zoo.cfg:2: tickTime is set again in line 3, which counts"));
}

TEST_CASE("x_cfg_02 a byte order mark makes an unknown key, not a silent one") {
  LoadedConfig loaded = parse(
      "\xEF\xBB\xBF"
      "tickTime=5\ndataDir=/d\n");
  REQUIRE(loaded.ok());
  CHECK(warns(loaded, "zoo.cfg:1: unknown configuration key"));
}

TEST_CASE("x_cfg_02 a bad property keeps its default and says so") {
  LoadedConfig loaded = parse_more("snapCount=many\nmaxCnxns=0x10\nskipACL=true\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.config.storage.snap_count == 100000);
  CHECK(loaded.config.limits.connections_max == 16);
  CHECK_FALSE(loaded.config.auth.skip_acl);
  CHECK(warns(loaded, "zoo.cfg:2: snapCount=many: not a number; the default stays"));
  CHECK(warns(loaded, "zoo.cfg:4: skipACL=true: only the exact text \"yes\" switches it on"));
}

TEST_CASE("reset values of properties") {
  LoadedConfig loaded = parse_more(
      "snapCount=1\ncommitLogCount=3\nsnapshotSizeFactor=1.5\nsnapSizeLimitInKb=0\n"
      "autopurge.snapRetainCount=1\nflushDelay=30\nadmin.enableServer=FALSE\n"
      "jute.maxbuffer.extrasize=5\n");
  REQUIRE(loaded.ok());
  const StorageConfig& storage = loaded.config.storage;
  CHECK(storage.snap_count == 2);
  CHECK(storage.commit_log_count == 500);
  CHECK(storage.snapshot_size_factor == 0.33);
  CHECK(storage.snap_size_limit_kb == -1);
  CHECK(storage.autopurge_snap_retain_count == 3);
  CHECK(storage.max_write_queue_poll_time_ms == 10);
  CHECK(loaded.config.admin.enabled);  // only the exact text "false" disables
  CHECK(loaded.config.limits.disk_record_extra_bytes == 1024);
  CHECK(warns(loaded, "Invalid autopurge.snapRetainCount: 1. Defaulting to 3"));
}

TEST_CASE("precedence: file over -D over default; the file's own keys not from -D") {
  LoadedConfig loaded =
      parse_more("snapCount=7\n", {"-Dzookeeper.snapCount=8", "-Dzookeeper.preAllocSize=9",
                                   "-Dzookeeper.preAllocSize=10", "-Dzookeeper.tickTime=1",
                                   "-Dzookeeper.nonsense=1", "-Dfile.encoding=x"});
  REQUIRE(loaded.ok());
  CHECK(loaded.config.storage.snap_count == 7);
  CHECK(loaded.config.storage.pre_alloc_size_kb == 10);
  CHECK(loaded.config.session.tick_time_ms == 3000);
  CHECK(warns(loaded, "-Dzookeeper.snapCount has no effect: the file sets it"));
  CHECK(warns(loaded, "-Dzookeeper.tickTime has no effect: tickTime counts in the file only"));
  CHECK(warns(loaded, "-Dzookeeper.nonsense: unknown property"));
  CHECK(warns(loaded, "ignored: file.encoding has no effect in this server"));
}

TEST_CASE("names that the reference takes as -D only count in the file too") {
  LoadedConfig loaded = parse_more("jute.maxbuffer=4000000\nreadonlymode.enabled=true\n",
                                   {"-Dznode.container.maxPerMinute=5"});
  REQUIRE(loaded.ok());
  CHECK(loaded.config.limits.frame_bytes_max == 4000000);
  CHECK(loaded.config.limits.disk_record_extra_bytes == 4000000);
  CHECK(loaded.config.request.container_deletes_per_minute_max == 5);
  CHECK(loaded.config.admin.four_letter_whitelist == std::vector<std::string>{"srvr", "isro"});
  CHECK(warns(loaded, "zoo.cfg:2: jute.maxbuffer counts here; the reference takes it as -D only"));
}

TEST_CASE("x_cfg_07 keys without effect have one line each") {
  LoadedConfig loaded = parse_more(
      "maxResponseCacheSize=5\njvm.pause.monitor=true\nmetricsProvider.maxQueueSize=1\n"
      "metricsProvider.other=2\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.warnings == std::vector<std::string>{
                               "ignored: maxResponseCacheSize has no effect in this server",
                               "ignored: jvm.pause.monitor has no effect in this server",
                               "ignored: metricsProvider.maxQueueSize has no effect in this server",
                               "ignored: metricsProvider.other has no effect in this server"});
  CHECK(failure_of(parse_more("jvm.pause.monitor=on\n")) ==
        "zoo.cfg:2: jvm.pause.monitor=on: Invalid option on for jvm.pause.monitor. Choose 'true' "
        "or 'false.'");
}

TEST_CASE("x_cfg_07 what is not built yet ends the start by name") {
  for (const char* line :
       {"secureClientPort=2182", "sslQuorum=true", "ssl.keyStore.location=/k",
        "portUnification=true", "client.portUnification=true", "oraclePath=/o",
        "sessionRequireClientSASLAuth=true", "ssl.quorum.protocol=TLSv1.3",
        "authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider",
        "admin.forceHttps=true"}) {
    INFO(line);
    LoadedConfig loaded = parse_more(std::string(line) + "\n");
    CHECK(failure_of(loaded) == "zoo.cfg:2: " + std::string(line) + ": not supported yet");
  }
  CHECK(failure_of(parse_more("authProvider.1=com.example.Mine\n"))
            .ends_with("unknown authentication provider"));
  CHECK(failure_of(parse_more("quorum.auth.enableSasl=true\n")) ==
        "quorum.auth.enableSasl=true: not supported yet");
  LoadedConfig sasl =
      parse_more("authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n");
  CHECK(sasl.ok());
  CHECK(warns(sasl, "SASL is not supported yet"));
  CHECK(parse_more("sslQuorum=false\nlocalSessionsEnabled=FALSE\n").warnings.empty());
}

TEST_CASE("the settings between servers have the reference's defaults") {
  LoadedConfig loaded = parse_more("initLimit=10\nsyncLimit=5\ntickTime=100\n");
  const QuorumSettings& quorum = loaded.config.quorum;
  CHECK(loaded.warnings.empty());
  CHECK(quorum.connect_to_learner_master_limit_ticks == 10);
  CHECK(quorum.standalone_enabled);
  CHECK(quorum.election.connect_timeout_ms == 5000);
  CHECK(quorum.election.handshake_timeout_ms == 500);
  CHECK(quorum.election.bind_retries_max == 3);
  CHECK(quorum.election.notification_min_ms == 200);
  CHECK(quorum.election.notification_max_ms == 60000);
  CHECK(quorum.election.observer_delay_ms == 200);
  CHECK(quorum.sync.leader_serves);
  CHECK(quorum.sync.epoch_wait_ms_max == -1);
  CHECK(quorum.sync.snapshot_syncs_max == 10);
  CHECK(quorum.sync.diff_syncs_max == 100);
  CHECK(quorum.sync.leader_connect_delay_ms == 100);
  CHECK(quorum.sync.observer_reconnect_delay_ms == 0);
  CHECK(quorum.sync.observer_keeps_log);
  CHECK(quorum.sync.observer_master_port == 0);
  CHECK(quorum.sync.observer_master_bytes_max == 33554432);
  CHECK(quorum.reachability_check_enabled);
  CHECK(quorum.reachability_check_timeout_ms == 1000);
}

TEST_CASE("the settings between servers are taken from file and properties") {
  LoadedConfig loaded = parse_more(
      "initLimit=10\nsyncLimit=5\nconnectToLearnerMasterLimit=3\nquorumListenOnAllIPs=true\n"
      "syncEnabled=false\nobserverMasterPort=2191\nelectionAlg=3\nstandaloneEnabled=true\n"
      "multiAddress.reachabilityCheckEnabled=false\nmultiAddress.reachabilityCheckTimeoutMs=7\n"
      "cnxTimeout=1\nquorumCnxnTimeoutMs=2\nelectionPortBindRetry=0\ntcpKeepAlive=true\n"
      "fastleader.minNotificationInterval=4\nfastleader.maxNotificationInterval=5\n"
      "leader.maxTimeToWaitForEpoch=6\nleader.maxConcurrentSnapSyncs=8\n"
      "leader.maxConcurrentDiffSyncs=9\nforceSnapshotSync=true\nobserver.reconnectDelayMs=11\n"
      "observerMaster.sizeLimit=12\nleaderServes=no\n",
      {"-Dzookeeper.leaderConnectDelayDuringRetryMs=10", "-Dzookeeper.observer.election.DelayMs=13",
       "-Dfollower.nodelay=false", "-Dleader.nodelay=false"});
  REQUIRE(loaded.ok());
  // What is not acted upon is said, and nothing else.
  for (const char* name : {"syncEnabled", "reachabilityCheckEnabled", "reachabilityCheckTimeoutMs",
                           "observerMaster.sizeLimit", "follower.nodelay", "leader.nodelay",
                           "observer.reconnectDelayMs", "observer.election.DelayMs"}) {
    auto told = [&](const std::string& line) {
      return line.find(name) != line.npos && line.find("no effect") != line.npos;
    };
    INFO(name);
    CHECK(std::count_if(loaded.warnings.begin(), loaded.warnings.end(), told) == 1);
  }
  CHECK(loaded.warnings.size() == 8);
  const QuorumSettings& quorum = loaded.config.quorum;
  CHECK(quorum.init_limit_ticks == 10);
  CHECK(quorum.sync_limit_ticks == 5);
  CHECK(quorum.connect_to_learner_master_limit_ticks == 3);
  CHECK(quorum.listen_on_all_ips);
  CHECK_FALSE(quorum.reachability_check_enabled);
  CHECK(quorum.reachability_check_timeout_ms == 7);
  CHECK(quorum.election.connect_timeout_ms == 1);
  CHECK(quorum.election.handshake_timeout_ms == 2);
  CHECK(quorum.election.bind_retries_max == 0);
  CHECK(quorum.election.tcp_keep_alive);
  CHECK(quorum.election.notification_min_ms == 4);
  CHECK(quorum.election.notification_max_ms == 5);
  CHECK(quorum.election.observer_delay_ms == 13);
  CHECK_FALSE(quorum.sync.leader_serves);
  CHECK(quorum.sync.epoch_wait_ms_max == 6);
  CHECK(quorum.sync.snapshot_syncs_max == 8);
  CHECK(quorum.sync.diff_syncs_max == 9);
  CHECK(quorum.sync.force_snapshot);
  CHECK_FALSE(quorum.sync.leader_nodelay);
  CHECK_FALSE(quorum.sync.follower_nodelay);
  CHECK(quorum.sync.leader_connect_delay_ms == 10);
  CHECK(quorum.sync.observer_reconnect_delay_ms == 11);
  CHECK_FALSE(quorum.sync.observer_keeps_log);
  CHECK(quorum.sync.observer_master_port == 2191);
  CHECK(quorum.sync.observer_master_bytes_max == 12);
  CHECK(parse_more("syncEnabled=false\nobserver.syncEnabled=true\n")
            .config.quorum.sync.observer_keeps_log);
}

TEST_CASE("bad values of settings between servers") {
  CHECK(failure_of(parse_more("electionAlg=2\n"))
            .ends_with("Invalid electionAlg value. Only 3 is supported."));
  CHECK(failure_of(parse_more("peerType=boss\n")).ends_with("Unrecognised peertype: boss"));
  CHECK(failure_of(parse_more("initLimit=ten\n")).ends_with("For input string: \"ten\""));
  CHECK(failure_of(parse_more("syncEnabled=1\n"))
            .ends_with("Invalid option 1 for syncEnabled. Choose 'true' or 'false.'"));
  CHECK(failure_of(parse_more("observerMasterPort=65536\n")).ends_with("port out of range:65536"));
  CHECK(parse_more("observerMasterPort=-1\n").config.quorum.sync.observer_master_port == 0);
  CHECK(failure_of(parse_more("cnxTimeout=5s\n")).ends_with("For input string: \"5s\""));
  CHECK(failure_of(parse_more("cnxTimeout=0\n")).ends_with("must be at least 1"));
  CHECK(parse_more("leaderServes=NO\n").config.quorum.sync.leader_serves);
  LoadedConfig kept = parse_more(
      "electionPortBindRetry=-1\nfastleader.minNotificationInterval=0\n"
      "leader.maxConcurrentSnapSyncs=0\nquorumCnxnTimeoutMs=x\n");
  REQUIRE(kept.ok());
  CHECK(kept.config.quorum.election.bind_retries_max == 3);
  CHECK(kept.config.quorum.election.notification_min_ms == 200);
  CHECK(kept.config.quorum.sync.snapshot_syncs_max == 10);
  CHECK(kept.warnings.size() == 4);
  LoadedConfig local =
      parse_more("localSessionsEnabled=true\nlocalSessionsUpgradingEnabled=true\n");
  CHECK(local.config.quorum.local_sessions_enabled);
  CHECK(local.config.quorum.local_sessions_upgrading_enabled);
  CHECK(local.warnings.empty());
}

TEST_CASE("the request throttler's keys count; what does nothing says so") {
  LoadedConfig loaded = parse_more(
      "",
      {"-Dzookeeper.request_throttle_max_requests=10", "-Dzookeeper.request_throttle_stall_time=7",
       "-Dzookeeper.request_throttle_drop_stale=false",
       "-Dzookeeper.request_stale_connection_check=false",
       "-Dzookeeper.request_stale_latency_check=true", "-Dzookeeper.throttled_op_wait_time=5"});
  REQUIRE(loaded.ok());
  const RequestConfig& request = loaded.config.request;
  CHECK(request.throttle_requests_max == 10);
  CHECK(request.throttle_stall_time_ms == 7);
  CHECK_FALSE(request.throttle_drop_stale);
  CHECK_FALSE(request.stale_connection_check);
  CHECK(request.stale_latency_check);
  CHECK(request.throttled_op_wait_time_ms == 5);
  CHECK(loaded.warnings.empty());
  loaded = parse_more("", {"-Dzookeeper.request_throttler.shutdownTimeout=10",
                           "-Dzookeeper.enableEagerACLCheck=true"});
  CHECK(warns(loaded, "no effect: requests that still wait at a stop are dropped at once"));
  CHECK(warns(loaded, "no effect in a standalone server"));
  loaded = parse_more("", {"-Dzookeeper.enableEagerACLCheck=false"});
  CHECK(loaded.warnings.empty());
}

TEST_CASE("x_cfg_08 secrets reach no line and no list of properties") {
  LoadedConfig loaded = parse_more(
      "DigestAuthenticationProvider.superDigest=plantedsecret\nsessionSecret=plantedsecret\n"
      "my.password=plantedsecret\n",
      {"-Dzookeeper.SASLAuthenticationProvider.superPassword=plantedsecret"});
  REQUIRE(loaded.ok());
  CHECK(loaded.config.auth.super_digest.reveal() == "plantedsecret");
  CHECK_FALSE(warns(loaded, "plantedsecret"));
  CHECK(loaded.config.properties.size() == 4);
  for (const auto& [name, value] : loaded.config.properties) {
    INFO(name);
    CHECK(value == kHiddenValue);
  }
  CHECK(failure_of(parse_more("ssl.keyStore.password=plantedsecret\n")) ==
        "zoo.cfg:2: ssl.keyStore.password=********: not supported yet");
}

TEST_CASE("every key of the tables is named once and has a way in") {
  auto check = [](std::span<const ConfigKey> table, auto find) {
    for (const ConfigKey& key : table) {
      INFO(key.name);
      CHECK(find(key.name) == &key);
    }
  };
  check(file_keys(), find_file_key);
  check(quorum_file_keys(), find_file_key);
  check(property_keys(), find_property_key);
  check(quorum_property_keys(), find_property_key);
  check(bare_keys(), find_bare_key);
}

TEST_CASE("the embedded sample is conf/zoo_sample.cfg and starts without a warning") {
  std::string path = std::string(OKAPI_TEST_DATA) + "/../../conf/zoo_sample.cfg";
  FILE* file = fopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  std::string text(1 << 16, '\0');
  text.resize(fread(text.data(), 1, text.size(), file));
  fclose(file);
  CHECK(sample_config_text() == text);
  LoadedConfig loaded = parse(text);
  CHECK(failure_of(loaded).empty());
  CHECK(loaded.warnings.empty());
  CHECK(loaded.config.session.tick_time_ms == 2000);
  CHECK(loaded.config.storage.data_dir == "./okapi-data");
  CHECK(loaded.config.client.address == HostPort{"", 2181});
}

}  // namespace
}  // namespace okapi
