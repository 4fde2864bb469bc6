// What the clients of one run did and saw. Each client writes its own part as things happen; the
// checkers read it when the run is over. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/proto/responses.h"
#include "tests/sim/checkers/call.h"

namespace okapi::sim {

// A frame that came over a connection, in order.
struct Arrival {
  enum class Kind { kReply, kEvent, kWatchesSet, kPing };
  Kind kind = Kind::kReply;
  MonoTime at{};
  Zxid zxid{};
  size_t call = 0;  // kReply: index in ClientHistory::calls
  EventType event = EventType::kNodeCreated;
  std::string path{};
};

// Watches that the handshake of a connection asked to arm again.
struct Rearmed {
  int64_t relative_zxid = 0;
  std::vector<std::string> data, exist, child, persistent, recursive;
  bool empty() const {
    return data.empty() && exist.empty() && child.empty() && persistent.empty() &&
           recursive.empty();
  }
};

struct ConnectionHistory {
  SessionId session{};
  Millis timeout{};
  MonoTime began{};
  bool closed = false;  // no more will arrive; else it lived to the end of the run
  std::vector<Rearmed> rearmed{};
  std::vector<Arrival> arrivals{};
};

struct SessionHistory {
  SessionId id{};
  Millis timeout{};          // smallest that was negotiated
  bool close_asked = false;  // the client asked for its end
  bool expired = false;      // the server said that it is gone
  bool local = false;        // no transaction tells of it: made by a read-only server
  MonoTime expired_at{};
  // Times at which the server surely heard of it: (sent, answered).
  std::vector<std::pair<MonoTime, MonoTime>> heard{};
};

struct ClientHistory {
  std::vector<CallRecord> calls;
  std::vector<ConnectionHistory> connections;
  std::vector<SessionHistory> sessions;
};

struct History {
  std::vector<ClientHistory> clients;
};

}  // namespace okapi::sim
