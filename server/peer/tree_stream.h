// The leader's tree on its way to a learner: a SNAP packet and the raw stream behind it
// (peer-protocol spec 5.4). A part of LearnerHandler; it goes on while the link has room.
#pragma once

#include "server/database/tree_encoder.h"
#include "server/database/tree_lease.h"
#include "server/peer/packet_link.h"

namespace okapi {

class TreeStream {
 public:
  // Nodes between two looks at the link: so many of the largest it may hold too much.
  static constexpr size_t kNodesPerSlice = 8;
  static constexpr size_t kNodesPerStep = 1'024;

  TreeStream(const ZkDatabase& database, TreeLease lease);

  // Puts bytes into the link until it holds `outbox_bytes`; false when all are in. Error: the
  // learner cannot get the rest.
  Result<bool> advance(PacketLink& link, size_t outbox_bytes);
  Zxid stamp() const { return tree_.stamp(); }

 private:
  Status drain(PacketLink& link);

  TreeLease lease_;
  TreeEncoder tree_;
  SnapshotEncoder encoder_{SnapshotForm::kWire};
  bool begun_ = false;
};

}  // namespace okapi
