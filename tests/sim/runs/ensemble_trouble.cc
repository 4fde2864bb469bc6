#include "tests/sim/runs/ensemble_trouble.h"

#include "common/base/assert.h"

namespace okapi::sim {

EnsembleTrouble::EnsembleTrouble(SimWorld& world, SimNet& net, Ensemble& ensemble)
    : world_(world), net_(net), ensemble_(ensemble), usual_delay_max_(net.options().delay_max) {
  auto all = static_cast<size_t>(Kind::kCount);
  for (size_t i = 0; i < all; ++i) {
    if (world.rng().chance(2, 5)) kinds_.push_back(static_cast<Kind>(i));
  }
  if (kinds_.empty()) kinds_.push_back(static_cast<Kind>(world.rng().below(all)));
}

const char* EnsembleTrouble::name_of(Kind kind) {
  static constexpr const char* kNames[] = {
      "isolate leader", "halves",       "cut pair",  "block pair",    "bridge",
      "slow net",       "pause leader", "pause all", "power off all", "lose disk"};
  static_assert(std::size(kNames) == static_cast<size_t>(Kind::kCount));
  return kNames[static_cast<size_t>(kind)];
}

// Mostly shorter than what makes the others give up, sometimes much longer.
Nanos EnsembleTrouble::some_pause() {
  Nanos limit = ensemble_.shape().sync_limit_ticks * Nanos(ensemble_.shape().tick);
  auto most = static_cast<uint64_t>(limit.count()) * (world_.rng().chance(1, 4) ? 4 : 1);
  return Nanos(static_cast<int64_t>(world_.rng().below(most)));
}

void EnsembleTrouble::strike() {
  Kind kind = kinds_[world_.rng().below(kinds_.size())];
  world_.trace().line(world_.now(), "trouble", "{}", name_of(kind));
  switch (kind) {
    case Kind::kIsolateLeader:
    case Kind::kHalves:
    case Kind::kBridge:
      return partition(kind);
    case Kind::kCutPair:
    case Kind::kBlockPair:
      return cut_pair(kind == Kind::kCutPair);
    case Kind::kSlowNet:
      net_.options().delay_max = some_pause() / 2 + usual_delay_max_;
      return;
    case Kind::kPauseLeader:
      return ensemble_.node(ensemble_.leader().value_or(any_member())).pause(some_pause());
    case Kind::kPauseAll: {
      Nanos span = some_pause();
      for (SimNode* node : ensemble_.nodes()) node->pause(span);
      return;
    }
    case Kind::kPowerOffAll:
      return power_off_all();
    case Kind::kLoseDisk:
      return lose_disk();
    case Kind::kCount:
      break;
  }
  OKAPI_ASSERT(false);
}

void EnsembleTrouble::partition(Kind kind) {
  std::vector<bool> side(ensemble_.size());
  for (size_t i = 0; i < side.size(); ++i) side[i] = world_.rng().chance(1, 2);
  size_t odd = any_member();  // sees both sides of a bridge
  if (kind == Kind::kIsolateLeader) {
    odd = ensemble_.leader().value_or(odd);
    for (size_t i = 0; i < side.size(); ++i) side[i] = i == odd;
  }
  for (size_t a = 0; a < side.size(); ++a) {
    for (size_t b = a + 1; b < side.size(); ++b) {
      if (kind == Kind::kBridge && (a == odd || b == odd)) continue;
      if (side[a] != side[b]) net_.cut(ensemble_.ip(a), ensemble_.ip(b));
    }
  }
}

void EnsembleTrouble::cut_pair(bool both_ways) {
  size_t a = any_member(), b = any_member();
  if (a == b) return;
  net_.block(ensemble_.ip(a), ensemble_.ip(b));
  if (both_ways) net_.block(ensemble_.ip(b), ensemble_.ip(a));
}

void EnsembleTrouble::power_off_all() {
  for (SimNode* node : ensemble_.nodes()) {
    if (node->running()) node->power_off();
  }
}

void EnsembleTrouble::lose_disk() {
  size_t victim = any_member();
  SimNode& node = ensemble_.node(victim);
  if (auto wrong = ensemble_.look()) return world_.fail("disk", *wrong);
  if (!ensemble_.may_lose_disk(victim)) return;
  if (node.running()) node.power_off();
  ensemble_.lose_disk(victim);
}

void EnsembleTrouble::ease() { net_.options().delay_max = usual_delay_max_; }

}  // namespace okapi::sim
