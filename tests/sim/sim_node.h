// One simulated machine: clock, disk, network card and scheduler that stay, and a program that is
// started, killed and started again on them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/sim_env.h"

namespace okapi::sim {

// What runs on a node: everything that one server or client process owns. Its destructor may
// retire stages and close files and streams; after a kill none of that has an effect.
class Program {
 public:
  virtual ~Program() = default;
  // Ends what runs in order, as at a signal.
  virtual void stop() {}
};

class SimNode {
 public:
  // Runs as the program's main thread would; a null result means that it chose not to start.
  using Factory = std::function<std::unique_ptr<Program>(SimEnv&)>;

  SimNode(SimWorld& world, SimNet& net, const std::string& name, const std::string& ip,
          const SchedulerOptions& options = {});
  ~SimNode();
  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;

  // False if the program ended at once (see exit()).
  bool start(const Factory& factory);
  // Ends the program in order, while the world still answers.
  void stop();
  // kill -9: nothing that had not left leaves any more; the page cache stays.
  void kill();
  // The power goes: unsynced bytes and names survive by dice, peers hear nothing.
  void power_off();
  // SIGSTOP until `span` from now.
  void pause(Nanos span);

  bool running() const { return program_ != nullptr; }
  // How the last program ended by itself (Env::fatal), if it did.
  const std::optional<SimExit>& exit() const { return exit_; }
  void on_exit(std::function<void(const SimExit&)> what) { on_exit_ = std::move(what); }

  SimDisk& disk() { return disk_; }
  SimClock& clock() { return clock_; }
  SimScheduler& scheduler() { return scheduler_; }
  SimNic& nic() { return nic_; }
  CostMeter& meter() { return meter_; }
  const std::string& name() const { return name_; }
  const std::string& ip() const { return nic_.ip(); }
  Program* program() const { return program_.get(); }
  uint64_t starts() const { return starts_; }

 private:
  static Nanos draw_origin(SimWorld& world);
  static int64_t draw_rate_ppm(SimWorld& world);
  void program_exits(const SimExit& exit);
  void destroy_program();

  SimWorld& world_;
  SimNet& net_;
  const std::string name_;
  CostMeter meter_;
  SimNic& nic_;
  SimClock clock_;
  SimDisk disk_;
  SimScheduler scheduler_;
  std::unique_ptr<SimEnv> env_;
  std::unique_ptr<Program> program_;
  std::optional<SimExit> exit_;
  std::function<void(const SimExit&)> on_exit_;
  uint64_t starts_ = 0;
  bool main_runs_ = false;  // the program's main thread: it boots, or ends in order
};

}  // namespace okapi::sim
