// What is proposed and not yet applied, laid over the tree: the state that the next request will
// find. Part of Prep: its thread only. For a path in both, the overlay is right; it prunes itself
// by `last_applied`, so nobody else writes it. Also predicts the tree digest after each
// transaction.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/tree/data_tree.h"

namespace okapi {

// A node as the next request will find it.
struct NodeState {
  bool exists = false;
  StatPersisted stat;
  int32_t child_count = 0;
  int32_t data_length = 0;
  uint32_t digest_prefix = 0;  // CRC of path and data
  AclRef acl;
};

class PendingChanges {
 public:
  explicit PendingChanges(const DataTree& tree);

  // Forgets what has been applied. Once per step, before the first look-up.
  void prune();
  NodeState get(ByteView path) const;
  // The node becomes `to` with transaction `zxid`; `from` is what get() gave.
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
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    NodeState state;
    Zxid zxid;  // of the last change
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(ByteView path) const { return std::hash<ByteView>()(path); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
  // A change of what the ephemerals of a session take.
  struct EphemeralBytes {
    SessionId owner;
    int64_t change = 0;
  };
  EphemeralBytes ephemeral_bytes(ByteView path, const NodeState& from, const NodeState& to) const;
  void add_bytes(const EphemeralBytes& bytes);

  struct Undo {
    std::string path;
    bool existed;
    Entry before;
    EphemeralBytes bytes;
  };

  const DataTree& tree_;
  Entries entries_;
  // Changes in zxid order; pointers to keys are stable in a node-based map.
  std::deque<std::pair<Zxid, const std::string*>> order_;
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
