#include "server/assembly/assemble.h"

#include <cstdlib>
#include <limits>
#include <thread>

#include "server/admin/report_text.h"
#include "server/assembly/thread_map.h"
#include "server/config/exit_code.h"
#include "server/config/numeric_host.h"

namespace okapi {
namespace {

[[noreturn]] void fail(Env& env, ExitCode code, const Error& error) {
  env.fatal(static_cast<int>(code), error.text);
  std::abort();  // GCC 12 loses the attribute of a virtual function
}

ProviderRegistry make_registry(Env& env, const ServerConfig& config) {
  auto registry = ProviderRegistry::make(config);
  if (!registry.ok()) fail(env, ExitCode::kInvalidInvocation, registry.error());
  return std::move(*registry);
}

TreeOptions tree_options(Env& env, const ServerConfig& config) {
  TreeOptions options;
  options.extended_types = config.request.extended_types_enabled;
  options.emulate_353_ttl = config.request.emulate_353_ttl_nodes;
  options.digest_enabled = config.storage.digest_enabled;
  options.hash_seed = env.seed();
  return options;
}

StorageContext context_of(Env& env) { return {env.disk(), env.clock(), env.log()}; }

std::unique_ptr<DataDir> open_data_dir(Env& env, const ServerConfig& config) {
  DataDirOptions options;
  options.data_dir = config.storage.data_dir;
  options.data_log_dir = config.storage.data_log_dir;
  options.autocreate = config.storage.data_dir_autocreate;
  options.adopt_data = config.storage.adopt_data;
  options.pid = env.process_name();
  auto opened = DataDir::open(context_of(env), options);
  if (!opened.ok()) env.fatal(exit_code_for(opened.error()), opened.error().text);
  return std::make_unique<DataDir>(std::move(*opened));
}

TxnLogOptions log_options(const ServerConfig& config, const DataDir& data_dir) {
  const StorageConfig& storage = config.storage;
  TxnLogOptions options;
  options.directory = data_dir.logs();
  options.preallocate_bytes = storage.pre_alloc_size_kb * 1024;
  options.zero_ahead_bytes = config.limits.log_zero_ahead_bytes;
  options.zero_ahead_batch_bytes_max = config.limits.log_zero_ahead_batch_bytes_max;
  options.batch_bytes_max = config.limits.log_batch_bytes_max;
  options.force_sync = storage.force_sync;
  if (storage.txn_log_size_limit_kb > 0) {
    options.file_bytes_max = storage.txn_log_size_limit_kb * 1024;
  }
  options.sync_warning = Millis(storage.fsync_warning_threshold_ms);
  return options;
}

SnapshotSettings snapshot_settings(const ServerConfig& config, const DataDir& data_dir) {
  SnapshotSettings settings;
  settings.directory = data_dir.snapshots();
  switch (config.storage.snapshot_compression) {
    case SnapshotCompression::kNone:
      settings.codec = SnapshotCodec::kPlain;
      break;
    case SnapshotCompression::kGzip:
      settings.codec = SnapshotCodec::kGzip;
      break;
    case SnapshotCompression::kSnappy:
      settings.codec = SnapshotCodec::kSnappy;
      break;
  }
  settings.serialize_last_processed_zxid = config.storage.serialize_last_processed_zxid;
  return settings;
}

bool is_four_letter_word(ByteView bytes) { return recognize_word(bytes).has_value(); }

uint32_t item_bytes_max(const ServerConfig& config) {
  const Limits& limits = config.limits;
  // Compat: the sum saturates (client-protocol spec 1.1).
  int64_t sum = int64_t{limits.frame_bytes_max} + limits.disk_record_extra_bytes;
  return static_cast<uint32_t>(std::min<int64_t>(sum, std::numeric_limits<int32_t>::max()));
}

size_t selector_count(const ServerConfig& config) {
  if (config.client.selector_threads.has_value()) {
    return static_cast<size_t>(std::max(*config.client.selector_threads, 1));
  }
  // Measured: on two cores a second one competes with the clients.
  return std::max<size_t>(std::thread::hardware_concurrency() / 2, 1);
}

}  // namespace

Server::Server(Env& env, const ServerConfig& config)
    : env_(env),
      config_(config),
      registry_(make_registry(env, config)),
      instance_(std::to_string(config.server_id)),
      data_dir_(open_data_dir(env, config)),
      database_(tree_options(env, config), static_cast<size_t>(config.storage.commit_log_count)),
      watches_(WatchOptions{config.limits.watches_per_connection_max}),
      home_of_([this](std::string_view stage) { return home_of(stage, instance_); }) {
  for (const auto& [key, value] : environment_lines(environment_report(env.machine()))) {
    OKAPI_INFO(env.log(), "Server environment:{}={}", key, printable(value));
  }
  size_t count = selector_count(config);
  for (size_t i = 0; i < count; ++i) {
    pollers_.push_back(env.net().make_poller(PollerKind::kSelector));
    selectors_.push_back(std::make_unique<Selector>(env, config_, registry_, admission_,
                                                    *pollers_.back(), static_cast<uint8_t>(i),
                                                    is_four_letter_word));
  }
  if (config.client.address.has_value()) open_client_port();
  for (size_t i = 0; i < count; ++i) {
    Selector& selector = *selectors_[i];
    StageOptions options = home_of("Selector", std::to_string(i));
    options.poller = pollers_[i].get();
    Bell& bell = env.scheduler().enroll(selector, options);
    selector.attach(bell);
    doors_.push_back({&selector.terms, &bell});
  }
  start_admin();
  register_lasting();
  start_purge();
  start_peer();
}

Server::~Server() { retire_stages(); }

void Server::open_client_port() {
  const HostPort& at = *config_.client.address;
  auto listener = env_.net().listen({at.host, at.port}, config_.client.listen_backlog);
  if (!listener.ok()) fail(env_, ExitCode::kUnexpectedError, listener.error());
  pollers_.push_back(env_.net().make_poller(PollerKind::kGeneral));
  acceptor_ = std::make_unique<Acceptor>(env_, config_.limits, std::move(*listener),
                                         *pollers_.back(), selectors_.size());
  StageOptions options = home_of("Acceptor", std::to_string(acceptor_->port()));
  options.poller = pollers_.back().get();
  for (size_t i = 0; i < selectors_.size(); ++i) {
    acceptor_->to_selectors[i] = Sink<Accepted>(selectors_[i]->accepted);
    selectors_[i]->to_acceptor = Sink<AddressFreed>(acceptor_->freed);
  }
  OKAPI_INFO(env_.log(), "binding to port {}:{}", at.host.empty() ? "0.0.0.0/0.0.0.0" : at.host,
             acceptor_->port());
  Bell& bell = env_.scheduler().enroll(*acceptor_, options);
  acceptor_->freed.attach(bell);
  acceptor_->orders.attach(bell);
  acceptor_->moves.attach(bell);
}

void Server::start_admin() {
  Admin::Parts parts{env_,
                     config_,
                     database_,
                     watches_,
                     admission_,
                     {},
                     {},
                     data_dir_->snapshots(),
                     data_dir_->logs(),
                     [this] { return acceptor_ == nullptr ? -1 : int32_t{acceptor_->port()}; }};
  for (auto& selector : selectors_) {
    parts.workers.push_back(&selector->metrics());
    parts.connections.push_back(&selector->connections());
  }
  admin_ = std::make_unique<Admin>(parts);
  Bell& bell = env_.scheduler().enroll(*admin_, home_of_("Admin"));
  admin_->commands.attach(bell);
  admin_->clients_answers.attach(bell);
  admin_->sessions_answers.attach(bell);
  admin_->terms.attach(bell);
  for (auto& selector : selectors_) {
    admin_->to_workers.emplace_back(selector->asks);
    admin_->replies.emplace_back(selector->command_replies);
    selector->to_admin = Sink<CommandRequest>(admin_->commands);
    selector->answers_to_admin = Sink<ClientsAnswer>(admin_->clients_answers);
  }
}

// Numbers of the term follow when it begins.
void Server::register_lasting() {
  register_start(admin_->board, start_metrics_, registrations_);
  register_front(admin_->board, acceptor_.get(), selectors_, registrations_);
}

void Server::start_purge() {
  const StorageConfig& storage = config_.storage;
  if (storage.autopurge_purge_interval_hours <= 0) {
    OKAPI_INFO(env_.log(), "Purge task is not scheduled.");
    return;
  }
  PurgeOptions options;
  options.snapshots = data_dir_->snapshots();
  options.logs = data_dir_->logs();
  options.retain = storage.autopurge_snap_retain_count;
  options.item_bytes_max = item_bytes_max(config_);
  constexpr int32_t kHoursMax = 24 * 365 * 100;  // in nanoseconds within 64 bits
  std::chrono::hours interval(std::min(storage.autopurge_purge_interval_hours, kHoursMax));
  purge_ = std::make_unique<PurgeTask>(env_, leases_, options, interval);
  purge_bell_ = &env_.scheduler().enroll(*purge_, home_of_("Purge"));
}

void Server::start_peer() {
  RecoveryOptions recovery;
  recovery.trust_empty = config_.storage.snapshot_trust_empty;
  recovery.db_autocreate = config_.storage.db_autocreate;
  recovery.item_bytes_max = item_bytes_max(config_);
  recovery.snapshot = snapshot_settings(config_, *data_dir_);
  store_ = std::make_unique<ReplicaStore>(
      context_of(env_), *data_dir_, database_,
      ReplicaStore::Options{recovery, log_options(config_, *data_dir_)});
  site_ = std::make_unique<PeerSite>(
      PeerSite{env_, config_, registry_, *data_dir_, database_, *store_, leases_, watches_,
               home_of_, doors_, admin_->terms, admin_->sessions_answers, recovery.snapshot,
               [this](RolePipeline& pipeline) { on_serving(pipeline); }, [this] { on_ending(); },
               [this](const HostPort& to) { move_client_port(to); }});
  peer_ = std::make_unique<QuorumPeer>(
      *site_, [this](const Recovered& recovered) { on_recovered(recovered); });
  Bell& bell = env_.scheduler().enroll(*peer_, home_of_("QuorumPeer"));
  if (config_.quorum.is_distributed()) {
    const QuorumServer* own = config_.quorum.members->find(ServerId(config_.server_id));
    election_ = std::make_unique<ElectionWiring>(env_, config_, *own);
    election_->connect(*peer_, home_of_);
    register_member(admin_->board, env_, peer_->metrics(), registrations_);
    if (acceptor_ != nullptr) acceptor_->orders.post(AcceptOrder{true});
  }
  peer_->on_stopped = [this] { drained_(); };
  peer_->begin(bell);
}

void Server::on_recovered(const Recovered& recovered) {
  start_metrics_.note(recovered);
  if (purge_bell_ != nullptr) purge_bell_->ring(false);
}

void Server::on_serving(RolePipeline& pipeline) {
  register_role(admin_->board, peer_->metrics(), pipeline, of_term_);
  if (acceptor_ != nullptr) acceptor_->orders.post(AcceptOrder{true});
  serving_.store(true);
}

void Server::on_ending() {
  serving_.store(false);
  of_term_.clear();
}

// A server that was started without a client port stays without one.
void Server::move_client_port(const HostPort& to) {
  if (acceptor_ == nullptr) return;
  std::string ip = is_wildcard_host(to.host) ? "" : to.host;
  acceptor_->moves.post({{std::move(ip), to.port}, config_.client.listen_backlog});
}

uint16_t Server::client_port() const {
  return acceptor_ == nullptr ? uint16_t{0} : acceptor_->port();
}

void Server::drain(std::function<void()> done) {
  drained_ = std::move(done);
  peer_->orders.post(QuorumPeer::StopOrder{});
}

void Server::stop() {
  retire_stages();
  peer_->shut_down();
}

void Server::retire_stages() {
  if (std::exchange(retired_, true)) return;
  serving_.store(false);
  Scheduler& scheduler = env_.scheduler();
  if (acceptor_ != nullptr) scheduler.retire(*acceptor_);
  for (auto& selector : selectors_) scheduler.retire(*selector);
  scheduler.retire(*admin_);
  if (purge_ != nullptr) scheduler.retire(*purge_);
  if (election_ != nullptr) election_->retire();
  // A stop during recovery waits for it: retire() returns when the step is over.
  scheduler.retire(*peer_);
  // Its connections end here: the others need not wait for this member's vote.
  election_.reset();
}

}  // namespace okapi
