#include "tests/sim/sim_net.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "tests/sim/sim_stream.h"

namespace okapi::sim {
namespace {
constexpr Nanos kDialAgain = Millis(1000);
}

SimNet::~SimNet() = default;

SimNic& SimNet::add_host(const std::string& ip, const CostMeter& meter) {
  auto [host, fresh] = hosts_.emplace(ip, std::make_unique<SimNic>(*this, ip, meter));
  OKAPI_ASSERT(fresh);
  return *host->second;
}

Nanos SimNet::draw_delay() {
  Rng& dice = world_.rng();
  auto span = static_cast<uint64_t>((options_.delay_max - options_.delay_min).count());
  Nanos delay = options_.delay_min + Nanos(static_cast<int64_t>(dice.below(span + 1)));
  if (options_.spike_one_in != 0 && dice.chance(1, options_.spike_one_in)) {
    auto spike = static_cast<uint64_t>(options_.spike_max.count());
    delay += Nanos(static_cast<int64_t>(dice.below(spike)));
  }
  return delay;
}

// Setting up.

Result<std::unique_ptr<Stream>> SimNic::connect(const Endpoint& to) {
  auto connection = std::make_shared<Connection>();
  connection->id = net_.next_connection_++;
  connection->at = {Endpoint{ip_, next_port_++}, to};
  if (next_port_ == 0) next_port_ = 40000;
  net_.connections_[connection->id] = connection;
  auto stream = std::make_unique<SimStream>(net_, meter_, connection, 0, net_.next_socket_++);
  uint64_t id = connection->id;
  SimNet& net = net_;
  net_.world_.at(meter_.now() + net_.draw_delay(), [&net, id] { net.dial(id); });
  return std::unique_ptr<Stream>(std::move(stream));
}

void SimNet::dial(uint64_t id) {
  auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& c = *found->second;
  if (c.gone[0]) {
    connections_.erase(found);
    return;
  }
  const std::string& from = c.at[0].ip;
  const std::string& to = c.at[1].ip;
  if (blocked(from, to) || blocked(to, from) || down_.contains(to)) {
    // SYNs are sent again until somebody answers; giving up is the caller's business.
    world_.after(kDialAgain, [this, id] { dial(id); });
    return;
  }
  arrive_at_listener(c);
}

void SimNet::arrive_at_listener(Connection& c) {
  auto host = hosts_.find(c.at[1].ip);
  auto* nic = host == hosts_.end() ? nullptr : host->second.get();
  bool heard = nic != nullptr && nic->listeners_.contains(c.at[1].port);
  world_.trace().line(world_.now(), "net", "c{} {}:{} -> {}:{} {}", c.id, c.at[0].ip, c.at[0].port,
                      c.at[1].ip, c.at[1].port, heard ? "open" : "refused");
  if (!heard) {
    c.gone[1] = true;
    send_reset(c, 0, world_.now());
    return;
  }
  c.at_listener = true;
  nic->listeners_.at(c.at[1].port)->queue(connections_.at(c.id));
  uint64_t id = c.id;
  world_.after(draw_delay(), [this, id] {
    auto found = connections_.find(id);
    if (found == connections_.end()) return;
    found->second->established = true;
    if (found->second->ends[0] != nullptr) found->second->ends[0]->notify();
  });
}

// Bytes on their way.

void SimNet::send_segment(Connection& c, int direction, Segment segment) {
  Pipe& pipe = c.out(direction);
  if (segment.kind == SegmentKind::kReset && world_.rng().chance(1, 2)) {
    // It overtakes what is on its way, and that is lost.
    pipe.flying.clear();
    pipe.flying_bytes = 0;
    pipe.last_arrival = MonoTime{};
  }
  segment.arrives = std::max(segment.departs + draw_delay(), pipe.last_arrival);
  pipe.last_arrival = segment.arrives;
  pipe.flying_bytes += segment.bytes.size();
  pipe.flying.push_back(std::move(segment));
  schedule_pump(c, direction);
}

void SimNet::schedule_pump(Connection& c, int direction) {
  Pipe& pipe = c.out(direction);
  if (pipe.pump_due || pipe.flying.empty()) return;
  pipe.pump_due = true;
  uint64_t id = c.id;
  world_.at(pipe.flying.front().arrives, [this, id, direction] { pump(id, direction); });
}

void SimNet::pump(uint64_t id, int direction) {
  auto found = connections_.find(id);
  if (found == connections_.end()) return;
  auto keep = found->second;  // delivering may forget the connection
  Connection& c = *keep;
  Pipe& pipe = c.out(direction);
  pipe.pump_due = false;
  if (pipe.black_hole) return;
  auto from = static_cast<size_t>(direction);
  if (blocked(c.at[from].ip, c.at[1 - from].ip)) return;  // heal() pumps again
  // Delivering a segment may turn the pipe into a black hole, or empty it.
  while (!pipe.black_hole && !pipe.flying.empty() && pipe.flying.front().arrives <= world_.now()) {
    Segment segment = std::move(pipe.flying.front());
    pipe.flying.pop_front();
    pipe.flying_bytes -= segment.bytes.size();
    deliver(c, direction, std::move(segment));
  }
  schedule_pump(c, direction);
  forget_if_done(id);
}

void SimNet::deliver(Connection& c, int direction, Segment segment) {
  int to = 1 - direction;
  auto to_index = static_cast<size_t>(to);
  if (down_.contains(c.at[to_index].ip)) {
    c.out(direction).dropped_at_dead_host = true;
    return;
  }
  if (c.gone[to_index]) {
    if (segment.kind == SegmentKind::kData) send_reset(c, direction, world_.now());
    return;
  }
  switch (segment.kind) {
    case SegmentKind::kData: {
      Rng& dice = world_.rng();
      if (options_.reset_one_in != 0 && dice.chance(1, options_.reset_one_in)) {
        deliver_bytes(c, direction, segment.bytes.substr(0, dice.below(segment.bytes.size())));
        world_.trace().line(world_.now(), "net", "c{} reset in a segment", c.id);
        break_end(c, 0);
        break_end(c, 1);
        return;
      }
      if (options_.black_hole_one_in != 0 && dice.chance(1, options_.black_hole_one_in)) {
        world_.trace().line(world_.now(), "net", "c{} black hole", c.id);
        c.pipes[0].black_hole = c.pipes[1].black_hole = true;
        return;
      }
      deliver_bytes(c, direction, segment.bytes);
      return;
    }
    case SegmentKind::kFin:
      c.out(direction).fin = true;
      break;
    case SegmentKind::kReset:
      break_end(c, to);
      return;
  }
  if (c.ends[to_index] != nullptr) c.ends[to_index]->notify();
}

void SimNet::deliver_bytes(Connection& c, int direction, const std::string& bytes) {
  Pipe& pipe = c.out(direction);
  pipe.arrived.erase(0, pipe.taken);
  pipe.taken = 0;
  pipe.arrived += bytes;
  SimStream* reader = c.ends[static_cast<size_t>(1 - direction)];
  if (reader != nullptr) reader->notify();
}

// Ends.

void SimNet::break_end(Connection& c, int side) {
  auto index = static_cast<size_t>(side);
  c.broken[index] = true;
  // A reset may cost the reader what had arrived and was not yet read.
  if (world_.rng().chance(1, 2)) {
    c.in(side).arrived.clear();
    c.in(side).taken = 0;
  }
  c.in(side).flying.clear();
  c.in(side).flying_bytes = 0;
  c.out(side).flying.clear();
  c.out(side).flying_bytes = 0;
  if (c.ends[index] != nullptr) c.ends[index]->notify();
}

void SimNet::send_reset(Connection& c, int to_side, MonoTime departs) {
  if (c.gone[static_cast<size_t>(to_side)]) return;
  send_segment(c, 1 - to_side, Segment{.kind = SegmentKind::kReset, .departs = departs});
}

void SimNet::close_end(Connection& c, int side, bool reset, MonoTime departs) {
  auto index = static_cast<size_t>(side);
  c.gone[index] = true;
  c.in(side).arrived.clear();
  c.in(side).taken = 0;
  if (!c.broken[index] && !c.gone[1 - index]) {
    send_segment(
        c, side,
        Segment{.kind = reset ? SegmentKind::kReset : SegmentKind::kFin, .departs = departs});
  }
  forget_if_done(c.id);
}

void SimNet::forget_if_done(uint64_t id) {
  auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& c = *found->second;
  if (c.gone[0] && c.gone[1]) connections_.erase(found);
}

}  // namespace okapi::sim
