#include "tests/sim/runs/server_machine.h"

#include "server/assembly/assemble.h"
#include "server/config/server_config.h"

namespace okapi::sim {
namespace {

class ServerProgram final : public Program {
 public:
  ServerProgram(SimEnv& env, const ServerConfig& config) : server_(env, config) {}
  void stop() override { server_.stop(); }

 private:
  Server server_;
};

// A small machine with small bounds, so that rolls, snapshots and back-pressure happen often.
ServerConfig draw_config(Rng& dice) {
  ServerConfig config;
  config.client.address = HostPort{"", kClientPort};
  config.client.selector_threads = static_cast<int32_t>(1 + dice.below(3));
  config.session.tick_time_ms = static_cast<int32_t>(200 + dice.below(800));
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

}  // namespace

ServerSettings draw_server(Rng& dice) {
  auto config = std::make_shared<const ServerConfig>(draw_config(dice));
  return {
      .session_timeout_min = Millis(config->session.min_timeout_ms),
      .session_timeout_max = Millis(config->session.max_timeout_ms),
      .factory = [config](SimEnv& env) { return std::make_unique<ServerProgram>(env, *config); }};
}

}  // namespace okapi::sim
