#include "server/admin/admin.h"

#include "common/proto/path.h"
#include "server/admin/report_text.h"
#include "server/watch/watch_report.h"

namespace okapi {
EnvironmentReport environment_report(const Machine& machine) {
  return {machine.host_name,      machine.os_name,       machine.os_arch,        machine.os_version,
          machine.user_name,      machine.user_home,     machine.user_dir,       machine.tmp_dir,
          machine.memory_free_mb, machine.memory_max_mb, machine.memory_total_mb};
}

Admin::Admin(const Parts& parts)
    : parts_(parts),
      whitelist_(parts.config.admin.four_letter_whitelist),
      started_(parts.env.clock().now()) {
  register_gauges();
}

void Admin::step(Turn&) {
  terms_inbox_.clear();
  terms.drain(terms_inbox_);
  for (const AdminTerm& term : terms_inbox_) {
    std::visit([&](const auto& kind) { take(kind); }, term);
  }
  commands_inbox_.clear();
  commands.drain(commands_inbox_);
  for (const CommandRequest& request : commands_inbox_) begin(request);
  clients_inbox_.clear();
  clients_answers.drain(clients_inbox_);
  for (ClientsAnswer& answer : clients_inbox_) {
    auto it = gathering_.find(answer.ticket);
    if (it == gathering_.end()) continue;
    for (ClientReport& client : answer.clients) {
      it->second.expiring[client.expires].push_back(
          {java_socket_address(client.peer.ip, client.peer.port), client.session});
      it->second.report.clients.push_back(std::move(client));
    }
    arrived(answer.ticket);
  }
  sessions_inbox_.clear();
  sessions_answers.drain(sessions_inbox_);
  for (const SessionsAnswer& answer : sessions_inbox_) {
    auto it = gathering_.find(answer.ticket);
    if (it == gathering_.end()) continue;
    fill_sessions(it->second.report.sessions, answer);
    arrived(answer.ticket);
  }
  for (auto& worker : to_workers) worker.flush();
  for (auto& worker : replies) worker.flush();
}

void Admin::take(const AdminTermBegins& term) {
  tracker_ = term.tracker;
  term_ = term;
}

// Whoever waits for the term's answers gets the one for a server without a term.
void Admin::take(const AdminTermEnds& term) {
  tracker_ = nullptr;
  term_ = {};
  for (auto it = gathering_.begin(); it != gathering_.end();) {
    const Gathering& gathering = it->second;
    bool waits = (gathering.parts & kSessionsPart) != 0;
    if (waits) reply(gathering.connection, first_answer(gathering.word, whitelist_, false).text);
    it = waits ? gathering_.erase(it) : std::next(it);
  }
  term.confirm->post(TermEnded{});
}

void Admin::begin(const CommandRequest& request) {
  auto word = recognize_word(request.word);
  OKAPI_ASSERT(word.has_value());
  FourLetterReply first = first_answer(*word, whitelist_, tracker_ != nullptr);
  if (first.kind != FourLetterReply::Kind::kGather) {
    reply(request.connection, std::move(first.text));
    return;
  }
  Gathering gathering;
  gathering.connection = request.connection;
  gathering.word = *word;
  gathering.parts = first.parts;
  uint64_t ticket = ++last_ticket_;
  ask(ticket, gathering_.emplace(ticket, std::move(gathering)).first->second);
}

void Admin::ask(uint64_t ticket, Gathering& gathering) {
  auto ask_workers = [&](AskClients::What what) {
    for (auto& worker : to_workers) worker.add(AskClients{what, ticket});
    gathering.missing += to_workers.size();
  };
  uint32_t parts = gathering.parts;
  if ((parts & kConnectionsPart) != 0) ask_workers(AskClients::What::kReport);
  if ((parts & kResetConnectionsPart) != 0) ask_workers(AskClients::What::kResetConnections);
  if ((parts & kResetServerPart) != 0) {
    ask_workers(AskClients::What::kResetServer);
    board.reset();
  }
  if ((parts & kSessionsPart) != 0) {
    ask_workers(AskClients::What::kReport);
    tracker_->post(AskSessions{ticket});
    ++gathering.missing;
  }
  ++gathering.missing;
  arrived(ticket);  // nobody else may be needed
}

void Admin::arrived(uint64_t ticket) {
  auto it = gathering_.find(ticket);
  if (--it->second.missing > 0) return;
  fill(it->second);
  reply(it->second.connection, answer(it->second.word, it->second.report));
  gathering_.erase(it);
}

void Admin::reply(ConnectionId to, std::string text) {
  replies[to.worker()].add(CommandReply{to, std::move(text)});
}

void Admin::fill(Gathering& gathering) {
  AdminReport& report = gathering.report;
  uint32_t parts = gathering.parts;
  int64_t mono_to_wall_ms = parts_.env.clock().wall().ms - to_ms(parts_.env.clock().now());
  for (auto& [at, connections] : gathering.expiring) {
    report.sessions.connections.push_back(
        {WallTime{mono_to_wall_ms + to_ms(at)}, std::move(connections)});
  }
  Machine machine = parts_.env.machine();
  report.zone = {machine.zone_name, machine.zone_offset_s};
  if ((parts & kServerPart) != 0) report.server = server_report();
  if ((parts & kConfPart) != 0) report.conf = conf_report();
  if ((parts & kMetricsPart) != 0) report.metrics = board.collect();
  if ((parts & kWatchesPart) != 0) {
    WatchSummary summary = summarize_watches(parts_.watches);
    report.watches = {summary.connections, summary.paths, summary.watches};
  }
  if ((parts & kEnvironmentPart) != 0) report.environment = environment_report(machine);
}

ServerReport Admin::server_report() const {
  ServerReport report;
  report.mode = std::string(term_.mode);
  report.read_only = term_.read_only;
  if (!term_.peer_state.empty()) report.peer_state = std::string(term_.peer_state);
  report.observer_master = term_.observer_master;
  if (const ProposalSizes* sizes = term_.proposals) {
    report.proposal_sizes = {sizes->last.load(), sizes->min.load(), sizes->max.load()};
  }
  int64_t count = 0;
  int64_t sum = 0;
  for (const WorkerMetrics* worker : parts_.workers) {
    const Summary& latency = worker->latency_ms;
    if (latency.count() > 0) {
      bool first = count == 0;
      report.latency_min_ms =
          first ? latency.min() : std::min(report.latency_min_ms, latency.min());
      report.latency_max_ms = std::max(report.latency_max_ms, latency.max());
    }
    count += latency.count();
    sum += latency.sum();
    report.packets_received += worker->received.get();
    report.packets_sent += worker->sent.get();
  }
  if (count > 0) {
    report.latency_avg_ms =
        rounded_to_4_decimals(static_cast<double>(sum) / static_cast<double>(count));
  }
  for (const Counter* connections : parts_.connections) report.connections += connections->get();
  report.outstanding_requests = parts_.admission.outstanding.load();
  report.last_zxid = parts_.database.tree().last_applied();
  // Compat: the reference counts the root under both of its names.
  report.node_count = parts_.database.tree().node_count() + 1;
  return report;
}

ConfReport Admin::conf_report() {
  ConfReport report;
  report.client_port = parts_.client_port();
  report.data_dir = parts_.snapshot_directory;
  report.data_log_dir = parts_.log_directory;
  report.data_dir_bytes = directory_bytes(parts_.snapshot_directory);
  report.data_log_dir_bytes = directory_bytes(parts_.log_directory);
  report.tick_time_ms = parts_.config.session.tick_time_ms;
  report.connections_per_ip_max = parts_.config.limits.connections_per_ip_max;
  report.min_session_timeout_ms = parts_.config.session.min_timeout_ms;
  report.max_session_timeout_ms = parts_.config.session.max_timeout_ms;
  report.listen_backlog = parts_.config.client.listen_backlog;
  report.server_id = parts_.config.server_id;
  SharedQuorumConfig members = membership();
  const QuorumServer* own = nullptr;
  if (members != nullptr) own = members->find(ServerId(parts_.config.server_id));
  if (own == nullptr) return report;
  const QuorumSettings& quorum = parts_.config.quorum;
  report.quorum = ConfReport::Quorum{quorum.init_limit_ticks,
                                     quorum.sync_limit_ticks,
                                     own->addresses.front().election_port,
                                     own->addresses.front().quorum_port,
                                     own->observer,
                                     members->text()};
  return report;
}

SharedQuorumConfig Admin::membership() const {
  if (!parts_.config.quorum.is_distributed()) return nullptr;
  ReadLock lock = parts_.database.tree().read("/zookeeper/config");
  if (!lock.found() || !lock.node().data().has_value()) return parts_.config.quorum.members;
  auto parsed = QuorumConfig::parse(*lock.node().data(), parts_.config.quorum.rules());
  // Some client wrote it.
  if (!parsed.ok()) return parts_.config.quorum.members;
  return std::make_shared<const QuorumConfig>(std::move(*parsed));
}

int64_t Admin::directory_bytes(const std::string& path) {
  auto entries = parts_.env.disk().list(path);
  if (!entries.ok()) return 0;
  int64_t sum = 0;
  for (const DirEntry& entry : *entries) {
    if (!entry.directory) sum += static_cast<int64_t>(entry.size);
  }
  return sum;
}

void Admin::fill_sessions(SessionReport& out, const SessionsAnswer& answer) {
  WallTime now = parts_.env.clock().wall();
  auto dated = [&](const SessionsAnswer::Buckets& buckets) {
    std::vector<ExpiryBucket<SessionId>> dates;
    for (const auto& [deadline, sessions] : buckets) {
      dates.push_back({WallTime{now.ms + to_ms(deadline - answer.now)}, sessions});
    }
    return dates;
  };
  if (answer.local) out.local_buckets = dated(*answer.local);
  if (answer.global) {
    out.buckets = dated(*answer.global);
  } else {
    out.global = parts_.database.sessions().all();
  }
  parts_.database.tree().for_each_session_with_ephemerals(
      [&](SessionId session, const std::vector<std::string>& paths) {
        out.ephemerals.emplace_back(session, paths);
      });
}

void Admin::register_gauges() {
  auto gauge = [&](std::string_view name, std::function<MetricValue()> value) {
    registrations_.push_back(board.add_gauge(
        name, [value = std::move(value)]() -> std::optional<MetricValue> { return value(); }));
  };
  gauge("avg_latency", [this] { return server_report().latency_avg_ms; });
  gauge("max_latency", [this] { return server_report().latency_max_ms; });
  gauge("min_latency", [this] { return server_report().latency_min_ms; });
  gauge("packets_received", [this] { return server_report().packets_received; });
  gauge("packets_sent", [this] { return server_report().packets_sent; });
  gauge("outstanding_requests", [this] { return server_report().outstanding_requests; });
  gauge("num_alive_connections", [this] { return server_report().connections; });
  gauge("uptime", [this] { return to_ms(parts_.env.clock().now() - started_); });
  gauge("znode_count", [this] { return server_report().node_count; });
  gauge("watch_count", [this] { return parts_.watches.total_count(); });
  gauge("ephemerals_count", [this] { return parts_.database.tree().ephemerals_count(); });
  gauge("approximate_data_size", [this] { return parts_.database.tree().approximate_data_size(); });
  gauge("global_sessions",
        [this] { return static_cast<int64_t>(parts_.database.sessions().size()); });
  gauge("open_file_descriptor_count", [this] { return parts_.env.machine().open_descriptors; });
  gauge("max_file_descriptor_count", [this] { return parts_.env.machine().max_descriptors; });
  auto response_size = [&](std::string_view name, auto member, bool smallest) {
    gauge(name, [this, member, smallest]() -> MetricValue {
      int64_t found = -1;
      for (const WorkerMetrics* worker : parts_.workers) {
        int64_t size = (worker->*member).load(std::memory_order_relaxed);
        if (size < 0) continue;
        found = found < 0 ? size : (smallest ? std::min(found, size) : std::max(found, size));
      }
      return found;
    });
  };
  response_size("last_client_response_size", &WorkerMetrics::last_response_size, false);
  response_size("max_client_response_size", &WorkerMetrics::max_response_size, false);
  response_size("min_client_response_size", &WorkerMetrics::min_response_size, true);
  gauge("auth_failed_count", [this] {
    int64_t sum = 0;
    for (const WorkerMetrics* worker : parts_.workers) sum += worker->auth_failed.get();
    return sum;
  });
  if (parts_.config.quorum.is_distributed()) {
    gauge("quorum_size", [this] { return static_cast<int64_t>(membership()->voters().size()); });
  }
  register_quota_gauges();
  if (!parts_.config.storage.force_sync) {
    gauge("okapi_force_sync_off", [] { return int64_t{1}; });
  }
  if (parts_.config.auth.skip_acl) gauge("okapi_skip_acl", [] { return int64_t{1}; });
}

// One number per namespace: what its quotas say together; -1 if none of them says anything.
void Admin::register_quota_gauges() {
  auto gauges = [&](std::string_view name, int64_t QuotaUsage::*member) {
    registrations_.push_back(board.add_gauge_set(name, [this, member] {
      std::map<std::string, int64_t> sums;
      for (const QuotaUsage& usage : parts_.database.tree().quota_usage()) {
        auto [it, fresh] = sums.try_emplace(std::string(namespace_of(usage.prefix)), -1);
        if (usage.*member >= 0) it->second = std::max<int64_t>(it->second, 0) + usage.*member;
      }
      return std::vector<std::pair<std::string, int64_t>>(sums.begin(), sums.end());
    }));
  };
  gauges("quota_count_limit_per_namespace", &QuotaUsage::count_limit);
  gauges("quota_bytes_limit_per_namespace", &QuotaUsage::bytes_limit);
  gauges("quota_count_usage_per_namespace", &QuotaUsage::count);
  gauges("quota_bytes_usage_per_namespace", &QuotaUsage::bytes);
}

}  // namespace okapi
