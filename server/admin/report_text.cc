#include "server/admin/report_text.h"

#include <spdlog/fmt/fmt.h>

#include "server/admin/version.h"
#include "server/config/secret.h"

namespace okapi {
namespace {

std::string server_lines(const ServerReport& server) {
  std::string out = fmt::format(
      "Latency min/avg/max: {}/{}/{}\nReceived: {}\nSent: {}\nConnections: {}\nOutstanding: {}\n"
      "Zxid: 0x{}\nMode: {}\nNode count: {}\n",
      server.latency_min_ms, java_double(rounded_to_4_decimals(server.latency_avg_ms)),
      server.latency_max_ms, server.packets_received, server.packets_sent, server.connections,
      server.outstanding_requests, hex(server.last_zxid.value()), server.mode, server.node_count);
  if (const auto& sizes = server.proposal_sizes) {
    out += fmt::format("Proposal sizes last/min/max: {}/{}/{}\n", sizes->last_bytes,
                       sizes->min_bytes, sizes->max_bytes);
  }
  return out;
}

std::string head_lines(const ServerReport& server) {
  std::string out = fmt::format("Zookeeper version: {}\n", version_text());
  if (server.read_only) out += "READ-ONLY mode; serving only read-only clients\n";
  return out;
}

// "<what> Sets (<buckets>)/(<items>):" and the buckets; `line` writes one item.
template <class T, class Line>
void append_buckets(std::string& out, std::string_view what,
                    const std::vector<ExpiryBucket<T>>& buckets, const TimeZone& zone,
                    Line&& line) {
  size_t items = 0;
  for (const auto& bucket : buckets) items += bucket.items.size();
  out += fmt::format("{} Sets ({})/({}):\n", what, buckets.size(), items);
  for (const auto& bucket : buckets) {
    out += fmt::format("{} expire at {}:\n", bucket.items.size(), java_date(bucket.at, zone));
    for (const T& item : bucket.items) out += "\t" + line(item) + "\n";
  }
}

}  // namespace

std::string srvr_text(const ServerReport& server) {
  return head_lines(server) + server_lines(server);
}

std::string stat_text(const ServerReport& server, const std::vector<ClientReport>& clients) {
  std::string out = head_lines(server) + "Clients:\n";
  for (const ClientReport& client : clients) out += client_text(client, true) + "\n";
  return out + "\n" + server_lines(server);
}

std::string client_text(const ClientReport& c, bool brief) {
  std::string out = fmt::format(" {}[{}](queued={},recved={},sent={}",
                                java_socket_address(c.peer.ip, c.peer.port), hex(c.interest),
                                c.queued, c.received, c.sent);
  if (!brief && c.session.value() != 0) {
    out += fmt::format(",sid=0x{},lop={},est={},to={}", hex(c.session.value()),
                       c.had_op ? short_op_name(c.last_op) : "NA", c.established_ms, c.timeout_ms);
    if (c.last_xid >= 0) out += ",lcxid=0x" + hex(c.last_xid);
    out += fmt::format(",lzxid=0x{},lresp={},llat={},minlat={},avglat={},maxlat={}",
                       hex(c.last_zxid.value()), c.last_response_ms, c.last_latency_ms,
                       c.min_latency_ms, c.average_latency_ms, c.max_latency_ms);
  }
  return out + ")";
}

std::string cons_text(const std::vector<ClientReport>& clients) {
  std::string out;
  for (const ClientReport& client : clients) out += client_text(client, false) + "\n";
  return out + "\n";
}

std::string conf_text(const ConfReport& conf) {
  std::string out = fmt::format(
      "clientPort={}\nsecureClientPort={}\ndataDir={}\ndataDirSize={}\ndataLogDir={}\n"
      "dataLogSize={}\ntickTime={}\nmaxClientCnxns={}\nminSessionTimeout={}\n"
      "maxSessionTimeout={}\nclientPortListenBacklog={}\nserverId={}\n",
      conf.client_port, conf.secure_client_port, conf.data_dir, conf.data_dir_bytes,
      conf.data_log_dir, conf.data_log_dir_bytes, conf.tick_time_ms, conf.connections_per_ip_max,
      conf.min_session_timeout_ms, conf.max_session_timeout_ms, conf.listen_backlog,
      conf.server_id);
  if (const auto& quorum = conf.quorum) {
    out += fmt::format(
        "initLimit={}\nsyncLimit={}\nelectionAlg=3\nelectionPort={}\nquorumPort={}\npeerType={}\n"
        "membership: \n{}",
        quorum->init_limit_ticks, quorum->sync_limit_ticks, quorum->election_port,
        quorum->quorum_port, quorum->observer ? 1 : 0, quorum->membership);
  }
  return out;
}

std::string dirs_text(const ConfReport& conf) {
  return fmt::format("datadir_size: {}\nlogdir_size: {}\n", conf.data_dir_bytes,
                     conf.data_log_dir_bytes);
}

std::string dump_text(const SessionReport& sessions, const TimeZone& zone) {
  auto id = [](SessionId session) { return "0x" + hex(session.value()); };
  std::string out = "SessionTracker dump:\n";
  if (sessions.local_buckets) {
    out += "Local ";
    append_buckets(out, "Session", *sessions.local_buckets, zone, id);
  }
  if (sessions.buckets) {
    if (sessions.local_buckets) out += "Global ";
    append_buckets(out, "Session", *sessions.buckets, zone, id);
  } else {
    out += fmt::format("Global Sessions({}):\n", sessions.global.size());
    for (const SessionEntry& entry : sessions.global) {
      out += fmt::format("{}\t{}ms\n", id(entry.session), entry.timeout_ms);
    }
  }
  out += fmt::format("ephemeral nodes dump:\nSessions with Ephemerals ({}):\n",
                     sessions.ephemerals.size());
  for (const auto& [session, paths] : sessions.ephemerals) {
    out += id(session) + ":\n";
    for (const std::string& path : paths) out += "\t" + path + "\n";
  }
  out += "Connections dump:\n";
  append_buckets(out, "Connections", sessions.connections, zone, [&](const ConnectionSession& c) {
    return "ip: " + c.address + " sessionId: " + id(c.session);
  });
  return out;
}

std::string wchs_text(const WatchReport& watches) {
  return fmt::format("{} connections watching {} paths\nTotal watches:{}\n", watches.connections,
                     watches.paths, watches.watches);
}

std::vector<std::pair<std::string_view, std::string>> environment_lines(
    const EnvironmentReport& e) {
  constexpr std::string_view kNone = "<NA>";
  auto megabytes = [](int64_t count) { return std::to_string(count) + "MB"; };
  return {
      {"zookeeper.version", std::string(version_text())},
      {"host.name", e.host_name},
      {"java.version", std::string(kNone)},
      {"java.vendor", std::string(kNone)},
      {"java.home", std::string(kNone)},
      {"java.class.path", std::string(kNone)},
      {"java.library.path", std::string(kNone)},
      {"java.io.tmpdir", e.tmp_dir},
      {"java.compiler", std::string(kNone)},
      {"os.name", e.os_name},
      {"os.arch", e.os_arch},
      {"os.version", e.os_version},
      {"user.name", e.user_name},
      {"user.home", e.user_home},
      {"user.dir", e.user_dir},
      {"os.memory.free", megabytes(e.memory_free_mb)},
      {"os.memory.max", megabytes(e.memory_max_mb)},
      {"os.memory.total", megabytes(e.memory_total_mb)},
  };
}

std::string envi_text(const EnvironmentReport& environment) {
  std::string out = "Environment:\n";
  for (const auto& [key, value] : environment_lines(environment)) {
    out += fmt::format("{}={}\n", key, is_secret_name(key) ? kHiddenValue : value);
  }
  return out;
}

std::string metric_text(const MetricValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  return java_double(std::get<double>(value));
}

std::string mntr_text(const ServerReport& server, const MetricLines& metrics) {
  std::string out =
      fmt::format("zk_version\t{}\nzk_server_state\t{}\n", version_text(), server.mode);
  if (server.peer_state) out += fmt::format("zk_peer_state\t{}\n", *server.peer_state);
  if (server.observer_master) {
    out += fmt::format("zk_observer_master_id\t{}\n", server.observer_master->value());
  }
  for (const auto& [name, value] : metrics) {
    out += fmt::format("zk_{}\t{}\n", name, metric_text(value));
  }
  return out;
}

std::string_view short_op_name(OpCode op) {
  switch (op) {
    case OpCode::kCreateSession:
      return "SESS";
    case OpCode::kCloseSession:
      return "CLOS";
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      return "CREA";
    case OpCode::kDelete:
    case OpCode::kDeleteContainer:
      return "DELE";
    case OpCode::kExists:
      return "EXIS";
    case OpCode::kGetData:
      return "GETD";
    case OpCode::kSetData:
      return "SETD";
    case OpCode::kGetAcl:
      return "GETA";
    case OpCode::kSetAcl:
      return "SETA";
    case OpCode::kGetChildren:
    case OpCode::kGetChildren2:
      return "GETC";
    case OpCode::kSync:
      return "SYNC";
    case OpCode::kPing:
      return "PING";
    case OpCode::kCheck:
      return "CHEC";
    case OpCode::kMulti:
      return "MULT";
    case OpCode::kMultiRead:
      return "MLTR";
    case OpCode::kReconfig:
      return "RECO";
    case OpCode::kCheckWatches:
      return "CHKW";
    case OpCode::kRemoveWatches:
      return "REMW";
    case OpCode::kSetWatches:
      return "SETW";
    case OpCode::kSetWatches2:
      return "STW2";
    case OpCode::kAddWatch:
      return "ADDW";
    case OpCode::kGetEphemerals:
      return "GETE";
    case OpCode::kGetAllChildrenNumber:
      return "GETACN";
    case OpCode::kWhoAmI:
      return "HOMI";
    case OpCode::kError:
    case OpCode::kAuth:
    case OpCode::kSasl:
      return "NA";
  }
  return "NA";
}

}  // namespace okapi
