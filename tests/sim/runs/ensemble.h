// The servers of one ensemble on simulated machines, and what can be seen of them from outside.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/proto/host_port.h"
#include "tests/sim/checkers/committed_order.h"
#include "tests/sim/runs/server_machine.h"

namespace okapi::sim {

class Ensemble {
 public:
  // Draws what its members need not have in common.
  Ensemble(SimWorld& world, SimNet& net, const EnsembleShape& shape);

  const EnsembleShape& shape() const { return shape_; }
  size_t size() const { return members_.size(); }
  bool votes(size_t i) const { return i < shape_.voters; }
  SimNode& node(size_t i) { return *members_[i].node; }
  const std::string& ip(size_t i) const { return members_[i].node->ip(); }
  std::vector<SimNode*> nodes();
  // Where clients find them.
  std::vector<HostPort> doors() const;
  Millis session_timeout_min() const { return members_[0].settings.session_timeout_min; }
  Millis session_timeout_max() const { return members_[0].settings.session_timeout_max; }

  void start(size_t i);
  void start_those_down();
  // Serves, and has its quorum port open.
  bool leads(size_t i) const;
  std::optional<size_t> leader() const;
  bool all_serve() const;
  // All serve the same state.
  bool all_equal() const;
  // How long a healed ensemble may take to serve (INV-B7).
  Nanos patience() const;

  // Looks into all disks, now and then.
  CommittedOrder::Wrong look();
  // Whether `i`, which is down, may lose its disk: what was acknowledged must survive, and those
  // who are left must know that there is a history (safety 4.3).
  bool may_lose_disk(size_t i) const;
  void lose_disk(size_t i);
  CommittedOrder& order() { return *order_; }
  // At the end, with the model's digest of the whole history: all members have just that.
  CommittedOrder::Wrong check_states(Zxid last, uint64_t digest) const;

 private:
  struct Member {
    std::unique_ptr<SimNode> node;
    ServerSettings settings;
    // It serves a history that its disk has, too.
    bool has_history = false;
    // It lost its disk when the history went so far, and has not served all that since.
    std::optional<Zxid> lost{};
  };

  SimWorld& world_;
  SimNet& net_;
  const EnsembleShape shape_;
  std::vector<Member> members_;
  std::unique_ptr<CommittedOrder> order_;
};

}  // namespace okapi::sim
