// The watches that a server must hold for one connection, and the events that it owes to it
// (client-protocol spec 6, safety G09, INV-D9). Fed in zxid order: changes, then the replies that
// are stamped with them. One thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/core/watch_registry.h"
#include "tests/sim/checkers/history.h"
#include "tests/sim/checkers/tree_model.h"

namespace okapi::sim {

class WatchModel {
 public:
  // A transaction was applied: notes the events owed for it.
  void changed(Zxid zxid, const std::vector<Trigger>& triggers);
  // What came from the server. Text = the broken rule.
  void arrived(const Arrival& event) { arrived_.push_back(event); }
  // A reply came: everything owed so far must have come before it.
  std::optional<std::string> settle();
  // The connection is gone: what came since the last reply must be the first of what was owed.
  std::optional<std::string> settle_prefix();

  // The reply of a call that sets, asks for or removes watches. Text = the broken rule.
  std::optional<std::string> replied(const Call& call, ErrorCode err);
  // The reply to the handshake's setWatches; `now` is the state at its stamp.
  std::optional<std::string> watches_set(const Rearmed& asked, const TreeModel& now,
                                         const std::vector<std::pair<Zxid, Trigger>>& past);

  bool idle() const { return watches_.empty() && owed_.empty() && arrived_.empty(); }

 private:
  // What is known of one watch: absent, or there, or a rule leaves it open.
  enum class Known : uint8_t { kNo, kYes, kMaybe };
  struct Watches {
    Known data = Known::kNo, child = Known::kNo;  // one-shot
    bool persistent = false, recursive = false;
    bool empty() const {
      return data == Known::kNo && child == Known::kNo && !persistent && !recursive;
    }
  };
  struct Owed {
    Zxid zxid;
    EventType event;
    std::string path;
    bool optional;
  };

  Known take(const Trigger& trigger);
  bool watched_from_above(const std::string& path) const;
  std::optional<std::string> match(bool all);
  bool came(EventType event, const std::string& path) const;
  std::optional<std::string> rearm_one_shot(const Rearmed& asked, const TreeModel& now);
  std::optional<std::string> check_watches(const Call& call, ErrorCode err);
  void remove_watches(const Call& call);
  void drop_if_empty(const std::string& path);

  std::map<std::string, Watches> watches_;
  std::deque<Owed> owed_;
  std::deque<Arrival> arrived_;
};

}  // namespace okapi::sim
