// What is proposed and not yet applied, laid over the tree: the state that the next request will
// find. Part of Prep: its thread only. For a path in both, the overlay is right; it prunes itself
// by `last_applied`, so nobody else writes it. Also predicts the tree digest after each
// transaction.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <string>
#include <vector>

#include "server/request/pending_table.h"
#include "server/tree/data_tree.h"

namespace okapi {

class PendingChanges {
 public:
  explicit PendingChanges(const DataTree& tree);

  // Forgets what has been applied. Once per step, before the first look-up.
  void prune();
  NodeState get(ByteView path) const;
  // The node becomes `to` with transaction `zxid`; `from` is what get() gave for this path.
  void change(ByteView path, const NodeState& from, const NodeState& to, Zxid zxid);

  // A multi: what changes after begin_multi() is taken back by roll_back_multi().
  void begin_multi();
  void end_multi() { in_multi_ = false; }
  void roll_back_multi();

  // Ephemerals that the session will own: applied ones that are not going to be deleted, and those
  // on their way, in path order.
  std::vector<std::string> ephemerals_of(SessionId session) const;

  // What the paths of these take in a closeSession record.
  int64_t ephemeral_bytes_of(SessionId session) const;

  uint64_t digest() const { return digest_; }
  size_t size() const { return table_.size(); }

 private:
  // A change of what the ephemerals of a session take.
  struct EphemeralBytes {
    SessionId owner;
    int64_t change = 0;
  };
  EphemeralBytes ephemeral_bytes(ByteView path, const NodeState& from, const NodeState& to) const;
  void add_bytes(const EphemeralBytes& bytes);

  struct Undo {
    PendingTable::Index index;
    bool existed;
    NodeState before;
    Zxid zxid_before;
    EphemeralBytes bytes;
  };

  const DataTree& tree_;
  PendingTable table_;
  // Changes in zxid order.
  std::deque<std::pair<Zxid, PendingTable::Index>> order_;
  struct PendingEphemeral {
    Zxid zxid;
    SessionId owner;
    std::string path;
  };
  std::deque<PendingEphemeral> ephemerals_;
  boost::unordered_flat_map<SessionId, int64_t, std::hash<SessionId>> ephemeral_bytes_;
  uint64_t digest_;

  bool in_multi_ = false;
  std::vector<Undo> undo_;
  size_t order_before_ = 0, ephemerals_before_ = 0;
  uint64_t digest_before_ = 0;
};

}  // namespace okapi
