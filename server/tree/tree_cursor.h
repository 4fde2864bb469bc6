// Walks the tree in slices while writes go on, parent before child, for snapshots and counts. It
// keeps paths and positions, never pointers, takes 256 child names at a time and locks one node at
// a time. Nodes created after the stamp are skipped with all below them: the log has them. So
// every older node that stays is met exactly once, and no path twice.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/tree/data_tree.h"

namespace okapi {

class TreeCursor {
 public:
  // From `start` on, downwards. The tree outlives the cursor.
  TreeCursor(const DataTree& tree, Zxid stamp, ByteView start = "/");

  // Calls f(ByteView path, const NodeView&) for up to `max_nodes` nodes, each under its own shared
  // lock; f must not wait or take locks. False when the walk is over.
  template <class F>
  bool next_slice(size_t max_nodes, F f) {
    for (; max_nodes > 0; --max_nodes) {
      ReadLock lock = advance();
      if (!lock.found()) return false;
      f(ByteView(path_), lock.node());
    }
    return !done_;
  }

 private:
  // One node whose children are being walked.
  struct Frame {
    size_t path_size = 0;  // of path_ when it is this node's
    Zxid czxid;            // tells the node from one that took its path since
    uint32_t position = 0;
    bool exhausted = false;
    std::string names;  // taken but not yet visited: length, bytes, length, bytes…
    size_t names_at = 0;
    std::vector<PathHash> hashes;  // of the next names' paths; their nodes are on their way here
    size_t hashes_at = 0;
  };

  // Goes to the next node; the lock is empty-handed at the end.
  ReadLock advance();
  bool refill(Frame& frame);
  void look_ahead(Frame& frame);
  // Makes path_ the path of the name at `at`; where the next one begins.
  size_t take_name(const Frame& frame, size_t at);
  bool enter(const ReadLock& lock);

  const DataTree& tree_;
  Zxid stamp_;
  std::string path_;
  std::vector<Frame> frames_;
  bool started_ = false;
  bool done_ = false;
};

}  // namespace okapi
