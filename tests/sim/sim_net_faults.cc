// What can happen to the simulated net from outside: hosts that die and come back, blocked ways,
// connections that are cut.
#include <vector>

#include "common/base/assert.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_stream.h"

namespace okapi::sim {

Result<std::unique_ptr<Listener>> SimNic::listen(const Endpoint& at, int) {
  if (listeners_.contains(at.port)) {
    return Error{ErrorKind::kBusy, fmt::format("bind {}:{}: address in use", at.ip, at.port)};
  }
  Endpoint local{at.ip.empty() ? ip_ : at.ip, at.port};
  auto listener = std::make_unique<SimListener>(*this, local, net_.next_socket_++);
  listeners_[at.port] = listener.get();
  return std::unique_ptr<Listener>(std::move(listener));
}

std::unique_ptr<Poller> SimNic::make_poller(PollerKind) {
  return std::make_unique<SimPoller>(net_.world_);
}

void SimNet::block(const std::string& from, const std::string& to) {
  blocked_.insert({from, to});
  world_.trace().line(world_.now(), "net", "block {} -> {}", from, to);
}

void SimNet::cut(const std::string& a, const std::string& b) {
  block(a, b);
  block(b, a);
}

void SimNet::heal() {
  blocked_.clear();
  world_.trace().line(world_.now(), "net", "heal");
  for (auto& [id, connection] : connections_) {
    for (int direction : {0, 1}) {
      Pipe& pipe = connection->out(direction);
      if (pipe.flying.empty() || pipe.pump_due) continue;
      // Sent again when the peer's timer says so, which doubled while nothing came back.
      Nanos again = Millis(static_cast<int64_t>(1 + world_.rng().below(400)));
      pipe.flying.front().arrives = std::max(pipe.flying.front().arrives, world_.now() + again);
      pipe.last_arrival = std::max(pipe.last_arrival, pipe.flying.front().arrives);
      for (Segment& segment : pipe.flying) {
        segment.arrives = std::max(segment.arrives, pipe.flying.front().arrives);
      }
      schedule_pump(*connection, direction);
    }
  }
}

Connection* SimNet::pick_connection(const std::string& ip) {
  std::vector<Connection*> found;
  for (auto& [id, c] : connections_) {
    bool here = c->at[0].ip == ip || c->at[1].ip == ip;
    if (here && c->at_listener && !c->gone[0] && !c->gone[1]) found.push_back(c.get());
  }
  return found.empty() ? nullptr : found[world_.rng().below(found.size())];
}

bool SimNet::reset_one(const std::string& ip) {
  Connection* c = pick_connection(ip);
  if (c == nullptr) return false;
  world_.trace().line(world_.now(), "net", "c{} reset", c->id);
  break_end(*c, 0);
  break_end(*c, 1);
  return true;
}

bool SimNet::black_hole_one(const std::string& ip) {
  Connection* c = pick_connection(ip);
  if (c == nullptr) return false;
  world_.trace().line(world_.now(), "net", "c{} black hole", c->id);
  c->pipes[0].black_hole = c->pipes[1].black_hole = true;
  return true;
}

void SimNet::end_black_holes() {
  auto all = connections_;  // breaking forgets
  for (auto& [id, c] : all) {
    if (!c->pipes[0].black_hole) continue;
    break_end(*c, 0);
    break_end(*c, 1);
  }
}

// The end's program is gone. Its handle, if it has one, becomes inert.
void SimNet::drop_end(Connection& c, int side, bool silent) {
  auto index = static_cast<size_t>(side);
  if (c.gone[index]) return;
  c.ends[index] = nullptr;
  Pipe& out = c.out(side);
  // What the last step wrote behind unpaid disk calls never left.
  while (!out.flying.empty() && out.flying.back().departs > world_.now()) {
    out.flying_bytes -= out.flying.back().bytes.size();
    out.flying.pop_back();
  }
  out.last_arrival = out.flying.empty() ? world_.now() : out.flying.back().arrives;
  if (silent) {
    c.gone[index] = true;
    c.in(side).arrived.clear();
    c.in(side).taken = 0;
    return;
  }
  bool reset = c.in(side).waiting() > 0 || world_.rng().chance(1, 3);
  close_end(c, side, reset, world_.now());
}

void SimNet::program_killed(const std::string& ip) {
  SimNic& nic = *hosts_.at(ip);
  for (auto& [port, listener] : nic.listeners_) listener->abandon();
  nic.listeners_.clear();
  auto all = connections_;  // closing forgets
  for (auto& [id, c] : all) {
    for (int side : {0, 1}) {
      bool known = side == 0 || c->at_listener;
      if (c->at[static_cast<size_t>(side)].ip == ip && known) drop_end(*c, side, false);
    }
  }
}

void SimNet::power_lost(const std::string& ip) {
  SimNic& nic = *hosts_.at(ip);
  for (auto& [port, listener] : nic.listeners_) listener->abandon();
  nic.listeners_.clear();
  down_.insert(ip);
  auto all = connections_;
  for (auto& [id, c] : all) {
    for (int side : {0, 1}) {
      bool known = side == 0 || c->at_listener;
      if (c->at[static_cast<size_t>(side)].ip == ip && known) drop_end(*c, side, true);
    }
    forget_if_done(id);
  }
}

void SimNet::host_up(const std::string& ip) {
  if (down_.erase(ip) == 0) return;
  for (auto& [id, c] : connections_) {
    for (int side : {0, 1}) {
      auto index = static_cast<size_t>(side);
      // The peer's unanswered bytes are sent again, and the new kernel knows nothing of them.
      bool owed = c->in(side).dropped_at_dead_host || !c->in(side).flying.empty();
      if (c->at[index].ip != ip || !c->gone[index] || !owed) continue;
      Nanos again = Millis(static_cast<int64_t>(world_.rng().below(1000)));
      send_reset(*c, 1 - side, world_.now() + again);
    }
  }
}

}  // namespace okapi::sim
