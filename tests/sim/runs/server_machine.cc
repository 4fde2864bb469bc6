#include "tests/sim/runs/server_machine.h"

#include "common/base/assert.h"
#include "server/assembly/assemble.h"
#include "server/auth/digest_provider.h"
#include "server/config/config_parser.h"

namespace okapi::sim {
namespace {

class ServerProgram final : public Program {
 public:
  ServerProgram(SimEnv& env, ServerConfig config)
      : config_(std::move(config)), server_(env, config_) {}
  void stop() override { server_.stop(); }
  const Server& server() const { return server_; }

 private:
  const ServerConfig config_;  // the server keeps to it
  Server server_;
};

constexpr const char* kConfigFile = "/conf/zoo.cfg";

Millis draw_tick(Rng& dice) { return Millis(static_cast<int64_t>(200 + dice.below(800))); }

// A small machine with small bounds, so that rolls, snapshots and back-pressure happen often.
ServerConfig draw_config(Rng& dice, Millis tick) {
  ServerConfig config;
  config.client.address = HostPort{"", kClientPort};
  config.client.selector_threads = static_cast<int32_t>(1 + dice.below(3));
  config.session.tick_time_ms = static_cast<int32_t>(tick.count());
  config.session.min_timeout_ms = 2 * config.session.tick_time_ms;
  config.session.max_timeout_ms = 20 * config.session.tick_time_ms;
  config.storage.data_dir = config.storage.data_log_dir = "/data";
  config.storage.snap_count = static_cast<int32_t>(10 + dice.below(300));
  config.storage.pre_alloc_size_kb = static_cast<int64_t>(dice.below(3)) * 16;
  if (dice.chance(1, 4)) config.storage.txn_log_size_limit_kb = 8;
  if (dice.chance(1, 4)) config.storage.snapshot_compression = SnapshotCompression::kSnappy;
  config.request.container_check_interval_ms = 2000;
  config.limits.log_zero_ahead_bytes = dice.chance(1, 2) ? 4096 : 32 * 1024;
  config.limits.log_zero_ahead_batch_bytes_max = dice.chance(1, 2) ? 1024 : 16 * 1024;
  if (dice.chance(1, 4)) config.limits.log_batch_bytes_max = 4096;
  if (dice.chance(1, 4)) config.limits.outstanding_requests_max = 3;
  if (dice.chance(1, 4)) config.limits.connection_requests_in_flight_max = 2;
  if (dice.chance(1, 4)) config.limits.child_names_per_slice_max = 2;
  if (dice.chance(1, 4)) config.limits.nodes_per_walk_hold_max = 3;
  if (dice.chance(1, 4)) config.limits.feed_items_max = 4;
  config.admin.enabled = false;
  return config;
}

// The same on all members.
SharedQuorumConfig members_of(const EnsembleShape& shape) {
  std::vector<QuorumServer> members;
  for (size_t i = 0; i < shape.members(); ++i) {
    members.push_back({.sid = ServerId(static_cast<int64_t>(i) + 1),
                       .addresses = {{member_host(shape, i), kQuorumPort, kElectionPort}},
                       .observer = i >= shape.voters,
                       .client = HostPort{"0.0.0.0", kClientPort}});
  }
  return std::make_shared<const QuorumConfig>(std::move(members), 0);
}

Secret super_digest() {
  auto digest = DigestProvider::make("SHA1", Secret());
  OKAPI_ASSERT(digest.ok());
  return Secret((*digest)->generate_digest(kSuperUser));
}

void join(ServerConfig& config, const EnsembleShape& shape, size_t number) {
  config.server_id = static_cast<int64_t>(number) + 1;
  config.my_id = config.server_id;
  config.request.sync_confirms_leadership = shape.sync_confirms_leadership;
  config.request.read_only_mode_enabled = shape.read_only_mode;
  if (shape.config_files) config.file = kConfigFile;
  config.request.reconfig_enabled = shape.reconfig;
  config.auth.super_digest = super_digest();
  QuorumSettings& quorum = config.quorum;
  quorum.members = members_of(shape);
  quorum.peer_type = number < shape.voters ? PeerType::kParticipant : PeerType::kObserver;
  quorum.standalone_enabled = false;
  quorum.local_sessions_enabled = shape.local_sessions;
  quorum.local_sessions_upgrading_enabled = shape.local_sessions;
  quorum.init_limit_ticks = quorum.connect_to_learner_master_limit_ticks = shape.init_limit_ticks;
  quorum.sync_limit_ticks = shape.sync_limit_ticks;
  quorum.election.handshake_timeout_ms =
      static_cast<int32_t>(shape.tick.count()) * shape.sync_limit_ticks;
}

// Bounds of what members send to one another.
void shrink_peer_limits(ServerConfig& config, Rng& dice) {
  config.storage.commit_log_count = static_cast<int32_t>(5 + dice.below(200));
  if (dice.chance(1, 4)) config.storage.snapshot_size_factor = dice.chance(1, 2) ? -1 : 10;
  if (dice.chance(1, 4)) config.limits.quorum_stream_bytes_max = 2048;
  if (dice.chance(1, 4)) config.limits.quorum_mail_bytes_max = 4096;
  if (dice.chance(1, 4)) config.limits.quorum_read_bytes_per_turn_max = 512;
  if (dice.chance(1, 4)) config.limits.election_read_bytes_per_turn_max = 64;
  if (dice.chance(1, 8)) config.quorum.sync.force_snapshot = true;
}

const Server& server_of(const SimNode& node) {
  OKAPI_ASSERT(node.running());
  return static_cast<const ServerProgram*>(node.program())->server();
}

LoadedConfig load_config_file(Disk& disk) {
  CommandLine line;
  line.file = kConfigFile;
  return load_config(line, disk);
}

// What the member's own files say of the membership by now.
void read_membership(SimEnv& env, ServerConfig& config) {
  LoadedConfig loaded = load_config_file(env.disk());
  if (!loaded.ok()) env.fatal(static_cast<int>(loaded.failure->exit_code), loaded.failure->text);
  QuorumSettings& quorum = config.quorum;
  const QuorumSettings& read = loaded.config.quorum;
  quorum.members = read.members;
  quorum.last_seen = read.last_seen;
  quorum.dynamic_config_file = read.dynamic_config_file;
  quorum.peer_type = read.peer_type;
}

ServerSettings settings_of(ServerConfig&& drawn) {
  auto config = std::make_shared<const ServerConfig>(std::move(drawn));
  auto factory = [config](SimEnv& env) {
    ServerConfig now = *config;
    if (!now.file.empty()) read_membership(env, now);
    return std::make_unique<ServerProgram>(env, std::move(now));
  };
  return {.session_timeout_min = Millis(config->session.min_timeout_ms),
          .session_timeout_max = Millis(config->session.max_timeout_ms),
          .factory = factory};
}

}  // namespace

ServerSettings draw_server(Rng& dice) { return settings_of(draw_config(dice, draw_tick(dice))); }

bool is_serving(const SimNode& node) { return node.running() && server_of(node).serving(); }

ServerState state_of(const SimNode& node) {
  if (!is_serving(node)) return {};
  const DataTree& tree = server_of(node).tree();
  return {true, tree.last_applied(), tree.digest()};
}

uint64_t recounted_digest(const SimNode& node) { return server_of(node).tree().recompute_digest(); }

EnsembleShape draw_shape(Rng& dice, size_t voters) {
  return {.voters = voters,
          .observers = voters == 1 ? 0 : dice.below(3),
          .tick = draw_tick(dice),
          .init_limit_ticks = static_cast<int32_t>(5 + dice.below(8)),
          .sync_limit_ticks = static_cast<int32_t>(2 + dice.below(4)),
          .sync_confirms_leadership = dice.chance(1, 2),
          .members_have_names = dice.chance(1, 3)};
}

ServerSettings draw_member(Rng& dice, const EnsembleShape& shape, size_t number) {
  ServerConfig config = draw_config(dice, shape.tick);
  shrink_peer_limits(config, dice);
  join(config, shape, number);
  return settings_of(std::move(config));
}

bool names_itself(SimNode& node, size_t number) {
  auto config = node.disk().content(kConfigFile);
  if (!config.has_value()) return false;
  constexpr std::string_view kKey = "dynamicConfigFile=";
  size_t at = config->find(kKey);
  std::string members = *config;
  if (at != std::string::npos) {
    size_t begin = at + kKey.size();
    members = node.disk().content(config->substr(begin, config->find('\n', begin) - begin)).value();
  }
  return members.find(fmt::format("server.{}=", number + 1)) != std::string::npos;
}

void put_config_file(SimNode& node, const EnsembleShape& shape, size_t number) {
  std::string text = "dataDir=/data\ninitLimit=10\nsyncLimit=5\n";
  text += fmt::format("reconfigEnabled={}\nstandaloneEnabled=false\n", shape.reconfig);
  for (size_t i = 0; i < shape.members(); ++i) {
    text += member_line(shape, i, i >= shape.voters) + "\n";
  }
  node.disk().put_file("/data/myid", fmt::format("{}", number + 1));
  node.disk().put_file(kConfigFile, text);
}

std::string member_line(const EnsembleShape& shape, size_t number, bool observer) {
  return fmt::format("server.{}={}:{}:{}:{};0.0.0.0:{}", number + 1, member_host(shape, number),
                     kQuorumPort, kElectionPort, observer ? "observer" : "participant",
                     kClientPort);
}

std::string member_ip(size_t number) { return fmt::format("10.0.0.{}", number + 1); }

std::string member_host(const EnsembleShape& shape, size_t number) {
  return shape.members_have_names ? fmt::format("zk{}", number + 1) : member_ip(number);
}

}  // namespace okapi::sim
