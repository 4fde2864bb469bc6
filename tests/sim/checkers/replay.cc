#include "tests/sim/checkers/replay.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <set>

#include "common/jute/record.h"
#include "server/txn/txn.h"
#include "tests/sim/checkers/normal_form.h"

namespace okapi::sim {
namespace {

// How far a clock may be off.
constexpr int64_t kRatePercent = 6;
// Behind every zxid.
constexpr Zxid kEnd(std::numeric_limits<int64_t>::max());

bool is_close(const CallRecord& record) { return record.call.op == OpCode::kCloseSession; }

std::string name_of_call(const CallRecord& record) {
  return fmt::format("client{} session {:x} xid {} ({})", record.client, record.session.value(),
                     record.xid, describe(record.call));
}

}  // namespace

Replay::Replay(const History& history, const std::vector<LoggedTxn>& log,
               const ReplayOptions& options)
    : history_(history), log_(log), options_(options) {
  index_calls();
  for (const ClientHistory& client : history.clients) {
    for (const ConnectionHistory& connection : client.connections) {
      cursors_.push_back({&client, &connection});
    }
  }
}

void Replay::index_calls() {
  for (const ClientHistory& client : history_.clients) {
    for (const CallRecord& record : client.calls) {
      if (record.session == SessionId()) continue;
      by_xid_[{record.session.value(), record.xid}] = &record;
    }
  }
}

std::optional<std::string> Replay::run() {
  for (const LoggedTxn& txn : log_) {
    triggers_.clear();
    Zxid zxid = txn.header.zxid;
    if (Wrong wrong = begin_epoch(zxid)) return wrong;
    if (Wrong wrong = apply(txn)) return wrong;
    last_ = zxid;
    for (const Trigger& trigger : triggers_) all_triggers_.emplace_back(zxid, trigger);
    if (txn.digest.has_value()) {
      ++counts_.digests;
      if (*txn.digest != model_.digest()) {
        return fmt::format("INV-D1: digest at {:x} is {:x}, the model's is {:x}", zxid.value(),
                           *txn.digest, model_.digest());
      }
    }
    for (Cursor& cursor : cursors_) {
      if (cursor.done() && cursor.watches.idle()) continue;
      cursor.watches.changed(zxid, triggers_);
      if (Wrong wrong = advance(cursor, zxid)) return wrong;
    }
  }
  if (Wrong wrong = begin_epoch(kEnd)) return wrong;
  return check_end();
}

// A leader that has proposed nothing stamps its replies with the beginning of its epoch: the state
// is that before the next transaction.
std::optional<std::string> Replay::begin_epoch(Zxid next) {
  if (!options_.ensemble || next.epoch() == last_.epoch()) return std::nullopt;
  Zxid beginning = Zxid::make(next.epoch(), 0);
  for (Cursor& cursor : cursors_) {
    if (Wrong wrong = advance(cursor, beginning)) return wrong;
  }
  return std::nullopt;
}

bool Replay::may_stamp(Zxid zxid) const {
  return options_.ensemble && zxid.counter() == 0 && zxid > last_;
}

// Transactions.

std::optional<std::string> Replay::apply(const LoggedTxn& txn) {
  const TxnHeader& header = txn.header;
  auto type = static_cast<OpCode>(header.type);
  if (type == OpCode::kCreateSession) {
    if (created_.contains(header.client_id.value())) {
      return fmt::format("G11: session {:x} created twice", header.client_id.value());
    }
    created_[header.client_id.value()] = header.zxid;
    model_.create_session(header.client_id);
    return std::nullopt;
  }
  if (type == OpCode::kCloseSession) return apply_close(txn);
  auto found = by_xid_.find({header.client_id.value(), header.cxid});
  if (found != by_xid_.end()) {
    bool close = is_close(*found->second);
    return close ? apply_refused_close(txn, *found->second) : apply_call(txn, *found->second);
  }
  bool reaper = header.client_id == SessionId() || type == OpCode::kDeleteContainer;
  if (reaper) return apply_reaper(txn);
  // A refused close of a session that was closing already has no request of a client.
  if (txn.is_error && header.cxid == 0) return std::nullopt;
  return fmt::format("G03: nobody asked for the transaction at {:x} (session {:x} xid {})",
                     header.zxid.value(), header.client_id.value(), header.cxid);
}

// A client asks twice, or just as the session expires: the second close is refused.
std::optional<std::string> Replay::apply_refused_close(const LoggedTxn& txn,
                                                       const CallRecord& record) {
  applied_[&record] = txn.header.zxid;
  if (txn.is_error && closed_.contains(record.session.value())) return std::nullopt;
  if (txn.err == ErrorCode::kSessionMoved) return apply_moved(txn, record);
  return fmt::format("G11: {} at {:x} is refused although the session is open",
                     name_of_call(record), txn.header.zxid.value());
}

std::optional<std::string> Replay::apply_reaper(const LoggedTxn& txn) {
  if (txn.is_error) return std::nullopt;
  if (txn.paths.size() != 1 || !model_.may_reap(txn.paths[0])) {
    return fmt::format("reaper: nothing to remove at {:x}", txn.header.zxid.value());
  }
  triggers_ = model_.reap(txn.paths[0], txn.header.zxid);
  return std::nullopt;
}

std::optional<std::string> Replay::apply_close(const LoggedTxn& txn) {
  SessionId session = txn.header.client_id;
  auto found = by_xid_.find({session.value(), txn.header.cxid});
  bool asked = found != by_xid_.end() && is_close(*found->second);
  if (!model_.has_session(session)) {
    return fmt::format("G11: session {:x} closed at {:x} but not open", session.value(),
                       txn.header.zxid.value());
  }
  std::set<std::string> wanted = model_.ephemerals_of(session);
  if (wanted != std::set<std::string>(txn.paths.begin(), txn.paths.end())) {
    return fmt::format("INV-D2: close of {:x} at {:x} removes {} paths, the session owns {}",
                       session.value(), txn.header.zxid.value(), txn.paths.size(), wanted.size());
  }
  if (asked) {
    applied_[found->second] = txn.header.zxid;
  } else if (Wrong wrong = check_expiry(txn)) {
    return wrong;
  }
  if (!asked) ++counts_.expiries;
  closed_[session.value()] = txn.header.zxid;
  triggers_ = model_.close_session(session, txn.header.zxid, txn.paths);
  return std::nullopt;
}

// INV-D5: what a client heard an answer to, the server had heard; from then on the timeout runs.
std::optional<std::string> Replay::check_expiry(const LoggedTxn& txn) const {
  if (!options_.wall_start_ms.has_value()) return std::nullopt;
  MonoTime closed{Millis(txn.header.time_ms - *options_.wall_start_ms)};
  if (closed < options_.expiry_judged_from) return std::nullopt;
  for (const ClientHistory& client : history_.clients) {
    for (const SessionHistory& session : client.sessions) {
      if (session.id != txn.header.client_id || session.id == SessionId()) continue;
      MonoTime heard{};
      for (auto [sent, answered] : session.heard) {
        if (answered + options_.touch_lag <= closed) heard = std::max(heard, sent);
      }
      for (const CallRecord& record : client.calls) {
        bool counts = record.session == session.id && record.state == CallState::kAnswered &&
                      record.ended + options_.touch_lag <= closed;
        if (counts) heard = std::max(heard, record.asked);
      }
      Nanos least = Nanos(session.timeout) * (100 - kRatePercent) / 100;
      if (heard != MonoTime{} && closed - heard < least) {
        return fmt::format("INV-D5: session {:x} expired {} ms after it was heard, timeout {} ms",
                           session.id.value(), to_ms(closed - heard), session.timeout.count());
      }
    }
  }
  return std::nullopt;
}

// In the order sent, as far as one connection goes: between two connections of a session the server
// cannot know the order (client-protocol spec 8 #12).
std::optional<std::string> Replay::check_order(const LoggedTxn& txn, const CallRecord& record) {
  auto key = std::make_pair(record.session.value(), record.dial);
  auto [last, fresh] = last_xid_.try_emplace(key, record.xid);
  if (!fresh && last->second >= record.xid) {
    return fmt::format("G05: {} at {:x} came after xid {}", name_of_call(record),
                       txn.header.zxid.value(), last->second);
  }
  last->second = record.xid;
  return std::nullopt;
}

std::optional<std::string> Replay::apply_call(const LoggedTxn& txn, const CallRecord& record) {
  ++counts_.writes;
  Zxid zxid = txn.header.zxid;
  if (!applied_.try_emplace(&record, zxid).second) {
    return fmt::format("G03: {} happened twice, at {:x} too", name_of_call(record), zxid.value());
  }
  if (!is_write(record.call.op)) {
    return fmt::format("a read became a transaction: {}", name_of_call(record));
  }
  if (txn.err == ErrorCode::kSessionMoved) return apply_moved(txn, record);
  if (Wrong wrong = check_order(txn, record)) return wrong;
  if (record.call.op == OpCode::kReconfig) return apply_reconfig(txn, record);
  if (is_local(record.session)) {
    if (txn.is_error && is_ephemeral(record.call.mode)) return std::nullopt;
    if (is_ephemeral(record.call.mode)) {
      return fmt::format("INV-D2: {} at {:x} is of no session", name_of_call(record), zxid.value());
    }
    model_.create_session(record.session);
  }
  ModelAnswer answer = model_.write(
      record.call, {.zxid = zxid, .time_ms = txn.header.time_ms, .session = record.session});
  triggers_ = answer.triggers;
  bool refused = answer.err != ErrorCode::kOk;
  if (txn.is_error != refused) {
    return fmt::format("INV-D7: {} at {:x} is {} in the log, the model says {}",
                       name_of_call(record), zxid.value(), txn.is_error ? "refused" : "done",
                       static_cast<int>(answer.err));
  }
  if (record.state != CallState::kAnswered) {
    ++counts_.unknown_applied;
    return std::nullopt;
  }
  if (Wrong wrong = check_open(record, zxid)) return wrong;
  if (record.err == answer.err && record.body == answer.body && record.zxid == zxid) {
    return std::nullopt;
  }
  return fmt::format(
      "INV-D7: {} at {:x} got err {} at {:x} and {} bytes, the model: err {}, {} bytes",
      name_of_call(record), zxid.value(), static_cast<int>(record.err), record.zxid.value(),
      record.body.size(), static_cast<int>(answer.err), answer.body.size());
}

// The model knows no members: which change is refused, and what the node then says, is not judged
// here. That no two quorums ever decide (G14) shows in the one history of all (INV-A1 to A3).
std::optional<std::string> Replay::apply_reconfig(const LoggedTxn& txn, const CallRecord& record) {
  Zxid zxid = txn.header.zxid;
  if (!txn.is_error) {
    triggers_ = {{.event = EventType::kNodeDataChanged, .path = "/zookeeper/config"}};
  }
  if (record.state != CallState::kAnswered) return std::nullopt;
  if (Wrong wrong = check_open(record, zxid)) return wrong;
  if (record.err == txn.err && record.zxid == zxid) return std::nullopt;
  return fmt::format("G14: {} at {:x} got err {} at {:x}, the log says {}", name_of_call(record),
                     zxid.value(), static_cast<int>(record.err), record.zxid.value(),
                     static_cast<int>(txn.err));
}

// A request that came by a connection which its session had left is never done and never answered.
// That it was attached elsewhere the client need not have heard.
std::optional<std::string> Replay::apply_moved(const LoggedTxn& txn,
                                               const CallRecord& record) const {
  if (options_.ensemble && record.state != CallState::kAnswered) return std::nullopt;
  return fmt::format("G05: {} at {:x} is refused as moved{}", name_of_call(record),
                     txn.header.zxid.value(), options_.ensemble ? ", and was answered" : "");
}

// Nothing is answered after a session's end but the request for it.
std::optional<std::string> Replay::check_open(const CallRecord& record, Zxid zxid) const {
  auto closed = closed_.find(record.session.value());
  if (closed == closed_.end() || zxid < closed->second || is_close(record)) return std::nullopt;
  return fmt::format("G11: {} was answered at {:x}, its session ended at {:x}",
                     name_of_call(record), zxid.value(), closed->second.value());
}

// Arrivals.

std::optional<std::string> Replay::advance(Cursor& cursor, Zxid zxid) {
  const std::vector<Arrival>& arrivals = cursor.connection->arrivals;
  while (!cursor.done()) {
    const Arrival& arrival = arrivals[cursor.next];
    if (arrival.kind == Arrival::Kind::kEvent) {
      // It belongs to the reply after it, or to the end.
      ++counts_.events;
      ++cursor.next;
      cursor.watches.arrived(arrival);
      continue;
    }
    if (arrival.zxid > zxid) return std::nullopt;
    if (arrival.zxid < zxid && !may_stamp(arrival.zxid)) {
      return fmt::format("G02: a reply is stamped {:x}, which is not in the log",
                         arrival.zxid.value());
    }
    ++cursor.next;
    if (arrival.kind == Arrival::Kind::kWatchesSet) {
      const auto& rearmed = cursor.connection->rearmed;
      if (cursor.rearmed == rearmed.size()) return "INV-D8: second answer to setWatches";
      Wrong wrong = cursor.watches.watches_set(rearmed[cursor.rearmed++], model_, all_triggers_);
      if (wrong) {
        return fmt::format("{} (session {:x}, connection of {:.6f}, stamp {:x})", *wrong,
                           cursor.connection->session.value(),
                           static_cast<double>(to_ms(cursor.connection->began)) / 1e3,
                           zxid.value());
      }
      continue;
    }
    if (Wrong wrong = cursor.watches.settle()) return wrong;
    if (arrival.kind == Arrival::Kind::kReply) {
      if (Wrong wrong = take_reply(cursor, arrival)) return wrong;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Replay::take_reply(Cursor& cursor, const Arrival& arrival) {
  const CallRecord& record = cursor.client->calls[arrival.call];
  if (Wrong wrong = check_open(record, arrival.zxid)) return wrong;
  Wrong wrong = cursor.watches.replied(record.call, record.err);
  if (wrong) return fmt::format("{}: {}", *wrong, name_of_call(record));
  if (is_write(record.call.op)) return std::nullopt;
  return check_read(record);
}

std::optional<std::string> Replay::check_read(const CallRecord& record) {
  OpCode op = record.call.op;
  if (op == OpCode::kAddWatch || op == OpCode::kCheckWatches || op == OpCode::kRemoveWatches) {
    return std::nullopt;
  }
  ++counts_.reads;
  ModelAnswer answer = model_.read(record.call, record.session);
  bool same = record.err == answer.err &&
              normal_form(record.call, record.body) == normal_form(record.call, answer.body);
  if (same) return std::nullopt;
  return fmt::format("INV-D7: {} stamped {:x} got err {}, {} bytes; the model: err {}, {} bytes",
                     name_of_call(record), record.zxid.value(), static_cast<int>(record.err),
                     record.body.size(), static_cast<int>(answer.err), answer.body.size());
}

}  // namespace okapi::sim
