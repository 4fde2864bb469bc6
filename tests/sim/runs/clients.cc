#include "tests/sim/runs/clients.h"

namespace okapi::sim {

WorkloadOptions& Clients::draw_work(Nanos span, Millis session_timeout) {
  Rng& dice = world_.rng();
  work_.pipeline_max = static_cast<uint32_t>(1 + dice.below(12));
  work_.calls = 100 + dice.below(250);
  // Mostly the calls last as long as the trouble does; else they come at once, in a storm.
  if (dice.chance(2, 3)) {
    auto burst = static_cast<int64_t>(work_.pipeline_max / 2 + 1);
    work_.think_max = std::chrono::duration_cast<Millis>(span) * burst * 3 /
                      (2 * static_cast<int64_t>(work_.calls));
  }
  work_.session_timeout = session_timeout;
  return work_;
}

const std::string& Clients::start(const std::vector<HostPort>& servers) {
  return start(servers, work_);
}

void Clients::start_reader(const HostPort& server) {
  WorkloadOptions work = work_;
  work.calls = 0;
  start({server}, work);
  at(nodes_.size() - 1).finish();
}

size_t Clients::start_scripted(const HostPort& server, const WorkloadOptions& work) {
  WorkloadOptions quiet = work;
  quiet.calls = 0;
  quiet.think_max = Millis(1);
  quiet.hang_up_one_in = quiet.close_one_in = quiet.vanish_one_in = quiet.idle_one_in = 0;
  quiet.config_node = false;
  quiet.glance = Millis(5);
  start({server}, quiet);
  return nodes_.size() - 1;
}

const std::string& Clients::start(const std::vector<HostPort>& servers,
                                  const WorkloadOptions& work) {
  size_t index = nodes_.size();
  history_.clients.resize(index + 1);
  std::string number = std::to_string(index + 1);
  nodes_.push_back(std::make_unique<SimNode>(world_, net_, "node" + number, "10.0.1." + number));
  nodes_.back()->start([&](SimEnv& env) {
    return std::make_unique<SimClient>(world_, env, servers, index, work, history_);
  });
  return nodes_.back()->ip();
}

void Clients::finish() {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->running()) at(i).finish();
  }
}

bool Clients::all_finished() const {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->running() && !at(i).finished()) return false;
  }
  return true;
}

}  // namespace okapi::sim
