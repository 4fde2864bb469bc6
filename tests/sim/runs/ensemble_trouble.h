// The faults between the servers of an ensemble, and those that hit several at once (safety F-NET,
// F-PRC-01, F-DSK-08): which kinds a run has is drawn from its seed. Faults of the net last until
// all is eased.
#pragma once

#include <vector>

#include "tests/sim/runs/ensemble.h"

namespace okapi::sim {

class EnsembleTrouble {
 public:
  EnsembleTrouble(SimWorld& world, SimNet& net, Ensemble& ensemble);

  void strike();
  void ease();

 private:
  enum class Kind : uint8_t {
    kIsolateLeader,
    kHalves,
    kCutPair,
    kBlockPair,  // one way
    kBridge,     // two halves that see one server both
    kSlowNet,
    kPauseLeader,
    kPauseAll,
    kPowerOffAll,
    kLoseDisk,
    kCount,
  };
  static const char* name_of(Kind kind);
  void partition(Kind kind);
  void cut_pair(bool both_ways);
  void power_off_all();
  void lose_disk();
  size_t any_member() { return world_.rng().below(ensemble_.size()); }
  Nanos some_pause();

  SimWorld& world_;
  SimNet& net_;
  Ensemble& ensemble_;
  const Nanos usual_delay_max_;
  std::vector<Kind> kinds_;  // of this run
};

}  // namespace okapi::sim
