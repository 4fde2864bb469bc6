// One ensemble, its net, its clients, and how a run with them ends: all is healed, everybody reads
// everything once more, on every member too, and the judge compares. Whatever happens before that
// is the business of the run or scenario which owns it.
#pragma once

#include <functional>

#include "tests/sim/runs/clients.h"
#include "tests/sim/runs/ensemble.h"
#include "tests/sim/runs/run.h"

namespace okapi::sim {

class EnsembleWorld {
 public:
  // Draws what `voters` leaves open.
  EnsembleWorld(uint64_t seed, std::FILE* print, std::optional<size_t> voters);
  EnsembleWorld(uint64_t seed, std::FILE* print, const EnsembleShape& shape, const NetOptions& net);

  SimWorld& world() { return world_; }
  SimNet& net() { return net_; }
  Ensemble& ensemble() { return ensemble_; }
  Clients& clients() { return clients_; }

  // Fails the run if it does not come true in time (INV-B7). A run that failed before has said why.
  bool wait(const char* what, Nanos patience, const std::function<bool()>& done);
  bool wait_until_all_serve();
  // Nothing is broken from now on: all members run, all ways are open.
  void healed() { healed_ = world_.now(); }
  // Healed, the clients and the members come to rest.
  void settle();
  void judge();

  Replay::Counts checked() const { return checked_; }
  Zxid last() const { return last_; }

 private:
  ReplayOptions judge_options();

  SimWorld world_;
  SimNet net_;
  Ensemble ensemble_;
  Clients clients_;
  MonoTime healed_{};
  Replay::Counts checked_;
  Zxid last_;
};

}  // namespace okapi::sim
