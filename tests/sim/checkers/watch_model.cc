#include "tests/sim/checkers/watch_model.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/proto/path.h"
#include "common/proto/watch_modes.h"

namespace okapi::sim {
namespace {

std::string text_of(Zxid zxid, EventType event, const std::string& path) {
  return fmt::format("event {} on {} at {:x}", static_cast<int>(event), path, zxid.value());
}

bool contains(const std::vector<std::string>& paths, const std::string& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

}  // namespace

bool WatchModel::watched_from_above(const std::string& path) const {
  for (const auto& [above, watches] : watches_) {
    if (watches.recursive && is_at_or_below(path, above)) return true;
  }
  return false;
}

// Uses up what `trigger` finds; whether the connection is owed an event.
WatchModel::Known WatchModel::take(const Trigger& trigger) {
  Known owed = Known::kNo;
  if (!trigger.child_table && watched_from_above(trigger.path)) owed = Known::kYes;
  auto found = watches_.find(trigger.path);
  if (found == watches_.end()) return owed;
  Watches& here = found->second;
  Known& one_shot = trigger.child_table ? here.child : here.data;
  if (here.persistent || one_shot == Known::kYes) owed = Known::kYes;
  if (one_shot == Known::kMaybe && owed == Known::kNo) owed = Known::kMaybe;
  one_shot = Known::kNo;
  drop_if_empty(trigger.path);
  return owed;
}

void WatchModel::changed(Zxid zxid, const std::vector<Trigger>& triggers) {
  if (watches_.empty()) return;
  Known last = Known::kNo;
  for (const Trigger& trigger : triggers) {
    Known owed = take(trigger);
    bool skip = trigger.skip_notified && last == Known::kYes;
    bool maybe = owed == Known::kMaybe || (trigger.skip_notified && last == Known::kMaybe);
    if (owed != Known::kNo && !skip && trigger.readable) {
      owed_.push_back({zxid, trigger.event, trigger.path, maybe});
    }
    last = owed;
  }
}

// Compares what came with what is owed, in order. `all`: nothing may be left owed.
std::optional<std::string> WatchModel::match(bool all) {
  while (!arrived_.empty()) {
    const Arrival& got = arrived_.front();
    while (!owed_.empty() && owed_.front().optional &&
           (owed_.front().zxid != got.zxid || owed_.front().event != got.event ||
            owed_.front().path != got.path)) {
      owed_.pop_front();
    }
    if (owed_.empty()) {
      return "INV-D9: not owed: " + text_of(got.zxid, got.event, got.path);
    }
    const Owed& owed = owed_.front();
    if (owed.zxid != got.zxid || owed.event != got.event || owed.path != got.path) {
      return fmt::format("INV-D9: owed {}, got {}", text_of(owed.zxid, owed.event, owed.path),
                         text_of(got.zxid, got.event, got.path));
    }
    owed_.pop_front();
    arrived_.pop_front();
  }
  if (!all) return std::nullopt;
  for (const Owed& owed : owed_) {
    if (!owed.optional) {
      return "INV-D9: missing before a later reply: " + text_of(owed.zxid, owed.event, owed.path);
    }
  }
  owed_.clear();
  return std::nullopt;
}

std::optional<std::string> WatchModel::settle() { return match(true); }
std::optional<std::string> WatchModel::settle_prefix() { return match(false); }

// Calls.

std::optional<std::string> WatchModel::replied(const Call& call, ErrorCode err) {
  bool ok = err == ErrorCode::kOk;
  if (call.op == OpCode::kCheckWatches) return check_watches(call, err);
  if (call.op == OpCode::kRemoveWatches) {
    if (auto wrong = check_watches(call, err)) return wrong;
    if (ok) remove_watches(call);
    return std::nullopt;
  }
  if (call.op == OpCode::kAddWatch) {
    if (!ok) return "INV-D9: addWatch refused";
    (call.kind == 0 ? watches_[call.path].persistent : watches_[call.path].recursive) = true;
    return std::nullopt;
  }
  if (!call.watch) return std::nullopt;
  if (call.op == OpCode::kExists) {
    if (ok || err == ErrorCode::kNoNode) watches_[call.path].data = Known::kYes;
  } else if (ok) {
    bool data = call.op == OpCode::kGetData;
    (data ? watches_[call.path].data : watches_[call.path].child) = Known::kYes;
  }
  return std::nullopt;
}

// The server's answer to checkWatches and removeWatches must fit what it holds.
std::optional<std::string> WatchModel::check_watches(const Call& call, ErrorCode err) {
  auto found = watches_.find(call.path);
  Watches here = found == watches_.end() ? Watches{} : found->second;
  auto of = [](bool there) { return there ? Known::kYes : Known::kNo; };
  Known held = Known::kNo;
  switch (static_cast<WatcherType>(call.kind)) {
    case WatcherType::kChildren:
      held = here.child;
      break;
    case WatcherType::kData:
      held = here.data;
      break;
    case WatcherType::kPersistent:
      held = of(here.persistent);
      break;
    case WatcherType::kPersistentRecursive:
      held = of(here.recursive);
      break;
    case WatcherType::kAny:
      held = std::max(here.child, here.data);  // kMaybe is above kYes
      if (here.child == Known::kYes || here.data == Known::kYes) held = Known::kYes;
      if (here.persistent || here.recursive) held = Known::kYes;
      break;
  }
  if (held == Known::kMaybe) return std::nullopt;
  ErrorCode wanted = held == Known::kYes ? ErrorCode::kOk : ErrorCode::kNoWatcher;
  if (err == wanted) return std::nullopt;
  return fmt::format("INV-D9: {} answered {}, not {}", describe(call), static_cast<int>(err),
                     static_cast<int>(wanted));
}

void WatchModel::remove_watches(const Call& call) {
  auto type = static_cast<WatcherType>(call.kind);
  bool any = type == WatcherType::kAny;
  Watches& here = watches_[call.path];
  if (any || type == WatcherType::kChildren) here.child = Known::kNo;
  if (any || type == WatcherType::kData) here.data = Known::kNo;
  if (any || type == WatcherType::kPersistent) here.persistent = false;
  if (any || type == WatcherType::kPersistentRecursive) here.recursive = false;
  drop_if_empty(call.path);
}

void WatchModel::drop_if_empty(const std::string& path) {
  auto found = watches_.find(path);
  if (found != watches_.end() && found->second.empty()) watches_.erase(found);
}

// Re-attaching.

bool WatchModel::came(EventType event, const std::string& path) const {
  return std::any_of(arrived_.begin(), arrived_.end(),
                     [&](const Arrival& one) { return one.event == event && one.path == path; });
}

// When exactly, between handshake and reply, each path was looked at is the server's choice. But by
// the reply's stamp a one-shot watch has fired if and only if its node has changed by then.
std::optional<std::string> WatchModel::rearm_one_shot(const Rearmed& asked, const TreeModel& now) {
  Zxid since(asked.relative_zxid);
  auto wrong = [&](const char* what, const std::string& path) {
    std::string out = fmt::format("G10: {} watch on {} since {:x}, node {}", what, path,
                                  since.value(), now.exists(path) ? "there" : "not there");
    if (now.exists(path)) {
      out += fmt::format(" with mzxid {:x} pzxid {:x}", now.mzxid(path).value(),
                         now.pzxid(path).value());
    }
    out += "; came:";
    for (const Arrival& one : arrived_) out += " " + text_of(one.zxid, one.event, one.path);
    return out;
  };
  for (const std::string& path : asked.data) {
    bool readable = now.readable_by_all(path);
    bool changed = !now.exists(path) || now.mzxid(path) > since;
    bool fired = came(EventType::kNodeDataChanged, path) || came(EventType::kNodeDeleted, path) ||
                 came(EventType::kNodeCreated, path);
    // Events on the path that another watch on it explains.
    bool others = watched_from_above(path) || contains(asked.persistent, path) ||
                  contains(asked.child, path) || contains(asked.exist, path);
    if (readable && (changed ? !fired : fired && !others)) return wrong("data", path);
    if (!changed || !readable) watches_[path].data = readable ? Known::kYes : Known::kMaybe;
  }
  for (const std::string& path : asked.exist) {
    bool fired = came(EventType::kNodeCreated, path);
    if (now.exists(path) && now.readable_by_all(path) && !fired) return wrong("exist", path);
    if (!now.exists(path)) watches_[path].data = Known::kMaybe;
    if (now.exists(path) && !now.readable_by_all(path)) watches_[path].data = Known::kMaybe;
  }
  for (const std::string& path : asked.child) {
    bool readable = now.readable_by_all(path);
    bool changed = !now.exists(path) || now.pzxid(path) > since;
    bool fired = came(EventType::kNodeChildrenChanged, path) || came(EventType::kNodeDeleted, path);
    if (readable && changed && !fired) return wrong("child", path);
    if (!changed || !readable) watches_[path].child = readable ? Known::kYes : Known::kMaybe;
  }
  return std::nullopt;
}

std::optional<std::string> WatchModel::watches_set(
    const Rearmed& asked, const TreeModel& now, const std::vector<std::pair<Zxid, Trigger>>& past) {
  for (const Arrival& one : arrived_) {
    if (one.zxid == Zxid(-1)) continue;
    bool real = std::any_of(past.begin(), past.end(), [&](const auto& entry) {
      return entry.first == one.zxid && entry.second.event == one.event &&
             entry.second.path == one.path;
    });
    if (!real) return "INV-D9: nothing explains " + text_of(one.zxid, one.event, one.path);
  }
  for (const std::string& path : asked.recursive) watches_[path].recursive = true;
  for (const std::string& path : asked.persistent) watches_[path].persistent = true;
  auto wrong = rearm_one_shot(asked, now);
  arrived_.clear();
  owed_.clear();
  return wrong;
}

}  // namespace okapi::sim
