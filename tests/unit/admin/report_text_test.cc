#include "server/admin/report_text.h"

#include <catch2/catch.hpp>

#include "tests/unit/admin/support.h"

namespace okapi {
namespace {

ServerReport server() {
  ServerReport report;
  report.latency_max_ms = 12;
  report.latency_avg_ms = 50.0 / 19;
  report.packets_received = 30;
  report.packets_sent = 30;
  report.connections = 2;
  report.last_zxid = Zxid(8);
  report.node_count = 12;
  return report;
}

ClientReport client() {
  ClientReport report;
  report.peer = {"127.0.0.1", 48736};
  report.interest = 1;
  report.received = 19;
  report.sent = 19;
  report.session = SessionId(0x100001281a90000);
  report.last_op = OpCode::kGetData;
  report.had_op = true;
  report.established_ms = 1795211696470;
  report.timeout_ms = 30000;
  report.last_xid = 0x12;
  report.last_zxid = Zxid(8);
  report.last_response_ms = 1235810;
  report.average_latency_ms = 2;
  report.max_latency_ms = 12;
  return report;
}

ClientReport probe(uint16_t port) {
  ClientReport report;
  report.peer = {"127.0.0.1", port};
  report.received = 1;
  return report;
}

TEST_CASE("srvr, of a standalone server and of a leader") {
  CHECK(srvr_text(server()) == transcript("4lw/srvr.txt"));
  ServerReport leader;
  leader.mode = "leader";
  leader.latency_min_ms = 2;
  leader.latency_avg_ms = 11.4;
  leader.latency_max_ms = 37;
  leader.packets_received = leader.packets_sent = 17;
  leader.connections = 2;
  leader.last_zxid = Zxid(0x100000005);
  leader.node_count = 7;
  leader.proposal_sizes = {36, 36, 88};
  CHECK(srvr_text(leader) == transcript("quorum/leader/4lw/srvr.txt"));
}

TEST_CASE("a read-only server says so") {
  ServerReport report = server();
  report.mode = "read-only";
  report.read_only = true;
  CHECK(srvr_text(report).find("\nREAD-ONLY mode; serving only read-only clients\nLatency") !=
        std::string::npos);
}

TEST_CASE("stat lists connections in brief") {
  ServerReport report = server();
  report.packets_received = report.packets_sent = 31;
  CHECK(stat_text(report, {probe(50636), client()}) == transcript("4lw/stat.txt"));
}

TEST_CASE("cons lists connections in full") {
  CHECK(cons_text({client(), probe(50578)}) == transcript("4lw/cons.txt"));
  CHECK(cons_text({}) == "\n");
}

TEST_CASE("cons before the first reply") {
  ClientReport fresh;
  fresh.peer = {"1.2.3.4", 5};
  fresh.interest = 5;
  fresh.session = SessionId(-1);
  CHECK(client_text(fresh, false) ==
        " /1.2.3.4:5[5](queued=0,recved=0,sent=0,sid=0xffffffffffffffff,lop=NA,est=0,to=0,"
        "lzxid=0xffffffffffffffff,lresp=0,llat=0,minlat=0,avglat=0,maxlat=0)");
}

TEST_CASE("conf and dirs") {
  ConfReport conf;
  conf.client_port = 21841;
  conf.data_dir = conf.data_log_dir = "<DATADIR>/version-2";
  conf.data_dir_bytes = conf.data_log_dir_bytes = 67109358;
  conf.tick_time_ms = 2000;
  conf.connections_per_ip_max = 60;
  conf.min_session_timeout_ms = 4000;
  conf.max_session_timeout_ms = 40000;
  CHECK(conf_text(conf) == transcript("4lw/conf.txt"));
  CHECK(dirs_text(conf) == transcript("4lw/dirs.txt"));
}

TEST_CASE("dump: sessions, their ephemerals, connections by expiry") {
  SessionId id(0x100001281a90000);
  SessionReport report;
  report.buckets.emplace({ExpiryBucket<SessionId>{WallTime{1795211727000}, {}},
                          {WallTime{1795211729000}, {}},
                          {WallTime{1795211731000}, {id}}});
  report.ephemerals = {{id, {"/app/eph1"}}};
  report.connections = {{WallTime{1795211715000}, {{"/127.0.0.1:50594", SessionId()}}},
                        {WallTime{1795211735000}, {{"/127.0.0.1:48736", id}}}};
  CHECK(dump_text(report, {}) == transcript("4lw/dump.txt"));
}

TEST_CASE("dump: local sessions stand before the global ones, whose time a learner does not know") {
  using Buckets = std::vector<ExpiryBucket<SessionId>>;
  SessionReport report;
  report.local_buckets = Buckets{{WallTime{1795211727000}, {SessionId(0x3)}}};
  bool learner = GENERATE(false, true);
  if (learner) {
    report.global = {{SessionId(0x1), 4000}, {SessionId(0x2), 8000}};
  } else {
    report.buckets = Buckets{{WallTime{1795211727000}, {SessionId(0x1)}}};
  }
  std::string text = dump_text(report, {});
  std::string date = java_date(WallTime{1795211727000}, {});
  CHECK(text.starts_with("SessionTracker dump:\nLocal Session Sets (1)/(1):\n1 expire at " + date +
                         ":\n\t0x3\nGlobal Session" +
                         (learner ? "s(2):\n0x1\t4000ms\n0x2\t8000ms\n"
                                  : " Sets (1)/(1):\n1 expire at " + date + ":\n\t0x1\n") +
                         "ephemeral nodes dump:\n"));
}

TEST_CASE("wchs") { CHECK(wchs_text({1, 2, 2}) == transcript("4lw/wchs.txt")); }

TEST_CASE("s_08 envi keeps the keys and order of the reference") {
  EnvironmentReport report{"<HOST>", "Linux",    "amd64", "<OSVERSION>", "<USER>", "<USER>",
                           "<USER>", "<TMPDIR>", 370,     6028,          388};
  std::string expected = transcript("4lw/envi.txt");
  for (const char* value : {"17.0.15", "Debian", "<JAVA_HOME>", "<CLASSPATH>", "<LIBPATH>"}) {
    size_t at = expected.find(std::string("=") + value + "\n");
    REQUIRE(at != std::string::npos);
    expected.replace(at + 1, std::string(value).size(), "<NA>");
  }
  CHECK(envi_text(report) == expected);
}

TEST_CASE("the version keeps the reference release and its form") {
  std::string version(version_text());
  CHECK(version.starts_with("3.9.5-okapi-"));
  CHECK(version.find(", built on ") != std::string::npos);
  CHECK(version.ends_with(" UTC"));
}

}  // namespace
}  // namespace okapi
