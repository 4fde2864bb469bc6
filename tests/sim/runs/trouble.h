// The faults of single servers in one run, drawn from its seed: which kinds this run has, and what
// they do when they strike (safety section 4). A fault lasts until ease().
#pragma once

#include <string>
#include <vector>

#include "tests/sim/sim_node.h"

namespace okapi::sim {

class Trouble {
 public:
  // The servers outlive it; below they are meant by their place in the list.
  Trouble(SimWorld& world, SimNet& net, std::vector<SimNode*> servers);

  void add_client(const std::string& ip) { clients_.push_back(ip); }
  void strike(size_t victim);
  void ease();
  // For good: rare faults of single calls end, too.
  void stop();
  // Called when the program is down: an end that no fault of the disk explains is a bug.
  void check_exit(size_t server);

  // Longest time for which a node is stopped.
  static constexpr Millis kPauseMax{6'000};
  size_t crashes() const { return crashes_; }
  size_t exits() const { return exits_; }

 private:
  enum class Kind : uint8_t {
    kKill,
    kPowerOff,
    kStop,
    kReset,
    kBlackHole,
    kBlockOneWay,
    kCut,
    kPause,
    kSyncFails,
    kWriteFails,
    kDiskFull,
    kSlowDisk,
    kWallJump,
    kCount,
  };
  struct Server {
    SimNode* node;
    bool disk_hurt = false;  // since the last start
  };
  static const char* name_of(Kind kind);
  void end_program(Kind kind, SimNode& node);
  void hurt_disk(Kind kind, Server& server);
  void hurt_net(Kind kind, const std::string& ip);
  const std::string& any_client();

  SimWorld& world_;
  SimNet& net_;
  std::vector<Server> servers_;
  std::vector<std::string> clients_;
  std::vector<Kind> kinds_;  // of this run
  size_t crashes_ = 0, exits_ = 0;
};

}  // namespace okapi::sim
