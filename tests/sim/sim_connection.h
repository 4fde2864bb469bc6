// One simulated connection: two ends (0 dialled, 1 was dialled) and a pipe from each to the other.
// Plain state; SimNet moves it, SimStream is an end's handle.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "common/env/net.h"

namespace okapi::sim {

class SimStream;

enum class SegmentKind { kData, kFin, kReset };

struct Segment {
  SegmentKind kind = SegmentKind::kData;
  MonoTime departs{};
  MonoTime arrives{};
  std::string bytes{};
};

// Bytes from side `direction` to the other side.
struct Pipe {
  std::deque<Segment> flying;
  size_t flying_bytes = 0;
  std::string arrived;
  size_t taken = 0;  // of `arrived`
  bool fin = false;  // no more will arrive
  bool black_hole = false;
  bool pump_due = false;
  bool dropped_at_dead_host = false;
  MonoTime last_arrival{};

  size_t waiting() const { return arrived.size() - taken; }
};

struct Connection {
  uint64_t id = 0;
  std::array<Endpoint, 2> at;
  std::array<Pipe, 2> pipes;
  std::array<SimStream*, 2> ends{};  // null when closed, or not yet accepted
  std::array<bool, 2> gone{};        // the end was closed, or its program is dead
  std::array<bool, 2> broken{};      // the end was reset: its calls fail
  bool established = false;          // as the dialling end sees it
  bool at_listener = false;          // the other host knows of it

  Pipe& out(int side) { return pipes[static_cast<size_t>(side)]; }
  Pipe& in(int side) { return pipes[static_cast<size_t>(1 - side)]; }
};

}  // namespace okapi::sim
