#include "tests/sim/sim_node.h"

#include "common/base/assert.h"

namespace okapi::sim {

void SimEnv::write(LogLevel level, std::string_view, int, std::string_view text) {
  static constexpr const char* kNames[] = {"DEBUG", "INFO", "WARN", "ERROR"};
  world_.trace().line(world_.now(), node_, "log {} {}", kNames[static_cast<size_t>(level)], text);
}

Nanos SimNode::draw_origin(SimWorld& world) {
  return Millis(static_cast<int64_t>(world.rng().below(1'000'000'000)));
}

// Up to 5 % off, as a bad clock is (safety F-CLK-02).
int64_t SimNode::draw_rate_ppm(SimWorld& world) {
  if (world.rng().chance(1, 2)) return 0;
  return static_cast<int64_t>(world.rng().below(100'001)) - 50'000;
}

SimNode::SimNode(SimWorld& world, SimNet& net, const std::string& name, const std::string& ip,
                 const SchedulerOptions& options)
    : world_(world),
      net_(net),
      name_(name),
      meter_(world),
      nic_(net.add_host(ip, meter_)),
      clock_(meter_, draw_origin(world), draw_rate_ppm(world)),
      disk_(world, meter_, name),
      scheduler_(world, meter_, clock_, name, options,
                 [this](const SimExit& exit) { program_exits(exit); }) {}

SimNode::~SimNode() {
  if (running()) kill();
}

bool SimNode::start(const Factory& factory) {
  OKAPI_ASSERT(!running());
  exit_.reset();
  ++starts_;
  world_.trace().line(world_.now(), name_, "start {}", starts_);
  net_.host_up(ip());
  disk_.program_started();
  env_ = std::make_unique<SimEnv>(world_, clock_, disk_, nic_, scheduler_, name_);
  main_runs_ = true;
  scheduler_.boot([&] { program_ = factory(*env_); });
  main_runs_ = false;
  return running();
}

void SimNode::stop() {
  OKAPI_ASSERT(running());
  world_.trace().line(world_.now(), name_, "stop");
  main_runs_ = true;
  scheduler_.boot([this] { program_->stop(); });
  main_runs_ = false;
  if (!running()) return;  // it ended in fatal on the way
  disk_.settle();
  disk_.program_killed();
  net_.program_killed(ip());
  destroy_program();
}

void SimNode::kill() {
  OKAPI_ASSERT(running());
  world_.trace().line(world_.now(), name_, "kill");
  net_.program_killed(ip());
  disk_.program_killed();
  destroy_program();
}

void SimNode::power_off() {
  world_.trace().line(world_.now(), name_, "power off");
  net_.power_lost(ip());
  disk_.power_lost();
  destroy_program();
}

void SimNode::pause(Nanos span) {
  world_.trace().line(world_.now(), name_, "pause for {} ms", to_ms(span));
  scheduler_.pause_until(world_.now() + span);
}

void SimNode::program_exits(const SimExit& exit) {
  world_.trace().line(world_.now(), name_, "exit {} {}", exit.code, exit.why);
  exit_ = exit;
  if (main_runs_) disk_.settle();
  net_.program_killed(ip());
  disk_.program_killed();
  destroy_program();
  if (on_exit_) on_exit_(exit);
}

void SimNode::destroy_program() {
  scheduler_.stop();
  program_.reset();
  env_.reset();
}

}  // namespace okapi::sim
