// What the judge looks at when the whole log is replayed.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "tests/sim/checkers/replay.h"

namespace okapi::sim {

bool Replay::is_local(const ClientHistory& client, SessionId id) const {
  return is_local(id) ||
         std::any_of(client.sessions.begin(), client.sessions.end(),
                     [&](const SessionHistory& one) { return one.id == id && one.local; });
}

std::optional<std::string> Replay::check_end() {
  for (Cursor& cursor : cursors_) {
    if (!cursor.done()) {
      return fmt::format("G02: a reply is stamped {:x}, beyond the log",
                         cursor.connection->arrivals[cursor.next].zxid.value());
    }
    // Cut off within the answer to setWatches: what it fires stands in front of its reply, which
    // alone says when the nodes were looked at.
    if (cursor.rearmed < cursor.connection->rearmed.size()) continue;
    if (Wrong wrong = cursor.watches.settle_prefix()) return wrong;
  }
  for (const ClientHistory& client : history_.clients) {
    for (const CallRecord& record : client.calls) {
      bool close = record.call.op == OpCode::kCloseSession;
      bool promised = record.state == CallState::kAnswered && is_write(record.call.op) &&
                      !(close && is_local(client, record.session));
      if (promised && !applied_.contains(&record)) {
        return fmt::format(
            "G02: acknowledged, but not in the log: session {:x} xid {} ({}) at {:x}",
            record.session.value(), record.xid, describe(record.call), record.zxid.value());
      }
    }
  }
  if (Wrong wrong = check_sessions()) return wrong;
  return check_real_time();
}

std::optional<std::string> Replay::check_sessions() const {
  std::map<int64_t, bool> held;  // by a client, to the end
  for (const ClientHistory& client : history_.clients) {
    for (const SessionHistory& session : client.sessions) {
      int64_t id = session.id.value();
      if (id == 0 || is_local(client, session.id)) continue;
      if (!created_.contains(id)) {
        return fmt::format("G02: session {:x} was given out and is not in the log", id);
      }
      if (session.expired && !closed_.contains(id)) {
        return fmt::format("G11: session {:x} was refused, but never closed", id);
      }
      held[id] = &session == &client.sessions.back();
    }
  }
  if (!options_.all_abandoned_expired) return std::nullopt;
  for (auto [id, zxid] : created_) {
    auto found = held.find(id);
    bool kept = found != held.end() && found->second;
    if (!kept && !closed_.contains(id)) {
      return fmt::format("G12: session {:x} was abandoned and never expired", id);
    }
  }
  return std::nullopt;
}

std::optional<Replay::Point> Replay::point_of(const CallRecord& record) const {
  auto applied = applied_.find(&record);
  if (applied != applied_.end()) return Point{applied->second, record.asked, &record};
  if (record.state != CallState::kAnswered) return std::nullopt;
  MonoTime asked = record.asked;
  if (options_.ensemble) {
    asked = record.call.op == OpCode::kSync ? asked - options_.sync_lag : MonoTime::max();
  }
  return Point{record.zxid, asked, &record};
}

// G01: a write that was answered before another was asked comes before it. And a sync, on one
// server any read, sees all that was answered before it was asked (G08).
std::optional<std::string> Replay::check_real_time() const {
  std::vector<Point> points;
  for (const ClientHistory& client : history_.clients) {
    for (const CallRecord& record : client.calls) {
      if (auto point = point_of(record)) points.push_back(*point);
    }
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const Point& a, const Point& b) { return a.zxid > b.zxid; });
  // From the newest down: the earliest hour at which a newer state was seen.
  MonoTime earliest = MonoTime::max(), next_earliest = MonoTime::max();
  Zxid current;
  const CallRecord* who = nullptr;
  for (const Point& point : points) {
    if (point.zxid != current) {
      earliest = next_earliest;
      current = point.zxid;
    }
    if (earliest < point.asked && point.asked != MonoTime::max()) {
      return fmt::format(
          "{}: xid {} of session {:x} ({:x}) was asked after xid {} of {:x} was "
          "answered with a higher zxid",
          is_write(point.record->call.op) ? "G01" : "G08", point.record->xid,
          point.record->session.value(), point.zxid.value(), who->xid, who->session.value());
    }
    if (point.record->state == CallState::kAnswered && point.record->ended < next_earliest) {
      next_earliest = point.record->ended;
      who = point.record;
    }
  }
  return std::nullopt;
}

}  // namespace okapi::sim
