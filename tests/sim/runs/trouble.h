// The faults of one run, drawn from its seed: which kinds this run has, and when they strike
// (safety section 4). A fault lasts until ease().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/sim_node.h"

namespace okapi::sim {

class Trouble {
 public:
  Trouble(SimWorld& world, SimNet& net, SimNode& server);

  void add_client(const std::string& ip) { clients_.push_back(ip); }
  void strike();
  void ease();
  // For good: nothing strikes any more, and rare faults of single calls end, too.
  void stop();
  // Called when the program is down: an end that no fault of the disk explains is a bug.
  void check_exit(const std::optional<SimExit>& exit);

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
  static const char* name_of(Kind kind);
  void end_program(Kind kind);
  void hurt_disk(Kind kind);
  void hurt_net(Kind kind);
  const std::string& any_client();

  SimWorld& world_;
  SimNet& net_;
  SimNode& server_;
  std::vector<std::string> clients_;
  std::vector<Kind> kinds_;  // of this run
  bool disk_hurt_ = false;   // since the last start
  size_t crashes_ = 0, exits_ = 0;
};

}  // namespace okapi::sim
