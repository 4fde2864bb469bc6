#include "tests/sim/runs/ensemble_world.h"

#include <algorithm>

#include "tests/sim/runs/trouble.h"

namespace okapi::sim {
namespace {

// An observer applies what it has not logged yet.
constexpr Millis kLoggedWithin{500};

size_t draw_voters(Rng& dice) {
  static constexpr size_t kVoters[] = {3, 3, 3, 5, 5, 7};
  return kVoters[dice.below(std::size(kVoters))];
}

EnsembleShape draw_ensemble(Rng& dice, std::optional<size_t> voters) {
  return draw_shape(dice, voters.has_value() ? *voters : draw_voters(dice));
}

}  // namespace

EnsembleWorld::EnsembleWorld(uint64_t seed, std::FILE* print, std::optional<size_t> voters)
    : world_(seed, print),
      net_(world_, draw_net(world_.rng())),
      ensemble_(world_, net_, draw_ensemble(world_.rng(), voters)),
      clients_(world_, net_) {}

EnsembleWorld::EnsembleWorld(uint64_t seed, std::FILE* print, const EnsembleShape& shape,
                             const NetOptions& net)
    : world_(seed, print),
      net_(world_, net),
      ensemble_(world_, net_, shape),
      clients_(world_, net_) {}

bool EnsembleWorld::wait(const char* what, Nanos patience, const std::function<bool()>& done) {
  if (world_.failed()) return false;
  if (world_.run_until(world_.now() + patience, done)) return true;
  if (world_.failed()) return false;
  for (SimNode* node : ensemble_.nodes()) {
    if (node->running()) node->scheduler().trace_stages();
  }
  world_.fail("INV-B7", fmt::format("{}, for {} s", what, to_ms(patience) / 1000));
  return false;
}

bool EnsembleWorld::wait_until_all_serve() {
  return wait("not all members serve", ensemble_.patience(),
              [this] { return ensemble_.all_serve(); });
}

void EnsembleWorld::settle() {
  // As long as abandoned sessions need to expire.
  world_.run_for(2 * ensemble_.session_timeout_max());
  clients_.finish();
  auto clients_done = [this] { return clients_.all_finished(); };
  Nanos patience = ensemble_.patience() + 2 * ensemble_.session_timeout_max();
  if (!wait("not all clients get through", patience, clients_done)) return;
  if (!wait_until_all_serve()) return;
  for (const HostPort& door : ensemble_.doors()) clients_.start_reader(door);
  if (!wait("not all members answer", patience, clients_done)) return;
  if (!wait("members differ", ensemble_.patience(), [this] { return ensemble_.all_equal(); }))
    return;
  world_.run_for(kLoggedWithin);
}

ReplayOptions EnsembleWorld::judge_options() {
  const EnsembleShape& shape = ensemble_.shape();
  ReplayOptions options;
  options.ensemble = true;
  options.local_sessions = shape.local_sessions;
  options.all_abandoned_expired = true;
  // One that was deposed finds out by itself; one that was stopped meanwhile, when it is woken.
  Nanos limit = shape.sync_limit_ticks * Nanos(shape.tick);
  options.sync_lag =
      (limit + 2 * Nanos(shape.tick)) * 11 / 10 + std::max<Nanos>(Trouble::kPauseMax, 4 * limit);
  if (shape.sync_confirms_leadership) options.sync_lag = Nanos(0);
  options.touch_lag = 2 * shape.tick;
  options.expiry_judged_from = healed_ + ensemble_.patience() + ensemble_.session_timeout_max();
  bool jumped = false;
  for (SimNode* node : ensemble_.nodes()) jumped = jumped || node->clock().jumped();
  if (!jumped) options.wall_start_ms = SimClock::kWallStartMs;
  return options;
}

void EnsembleWorld::judge() {
  for (const ClientHistory& client : clients_.history().clients) {
    for (const ConnectionHistory& connection : client.connections) {
      for (const Arrival& arrival : connection.arrivals) {
        if (arrival.zxid > Zxid()) ensemble_.order().note_committed(arrival.zxid);
      }
    }
  }
  auto log = ensemble_.order().finish();
  if (!log.ok()) return world_.fail("disk", log.error().text);
  trace_log(world_, *log);
  Replay replay(clients_.history(), *log, judge_options());
  if (auto wrong = replay.run()) return world_.fail("judge", *wrong);
  checked_ = replay.counts();
  if (!log->empty()) last_ = log->back().header.zxid;
  if (auto wrong = ensemble_.check_states(last_, replay.digest())) world_.fail("state", *wrong);
}

}  // namespace okapi::sim
