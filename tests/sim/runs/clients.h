// The clients of a run: how they work is drawn from the seed; each sits on a machine of its own and
// writes its part of the history.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/sim_node.h"
#include "tests/sim/workload/sim_client.h"

namespace okapi::sim {

class Clients {
 public:
  Clients(SimWorld& world, SimNet& net) : world_(world), net_(net) {}

  // Work for about `span`, with sessions of this timeout; what is drawn can be changed.
  WorkloadOptions& draw_work(Nanos span, Millis session_timeout);
  // One more client; it knows these servers. The machine's address.
  const std::string& start(const std::vector<HostPort>& servers);
  // One that reads everything once, now, and no more.
  void start_reader(const HostPort& server);

  // One that does what it is asked to, and knows this server only; its place in the history. What
  // it is besides stands in `work`.
  size_t start_scripted(const HostPort& server, const WorkloadOptions& work);
  SimClient& at(size_t i) const { return *static_cast<SimClient*>(nodes_[i]->program()); }
  // Its machine loses power, and never comes back.
  void lose(size_t i) { nodes_[i]->power_off(); }

  // Its program stands still for so long.
  void pause(size_t i, Nanos span) { nodes_[i]->pause(span); }

  // No new calls: each reads everything once more.
  void finish();
  bool all_finished() const;
  const History& history() const { return history_; }

 private:
  const std::string& start(const std::vector<HostPort>& servers, const WorkloadOptions& work);

  SimWorld& world_;
  SimNet& net_;
  History history_;
  WorkloadOptions work_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
};

}  // namespace okapi::sim
