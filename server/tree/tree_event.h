// What a change of the tree tells those who watch it: one event per node that was created, deleted
// or got new data. The watch room expands it to notifications (client-protocol spec 6.2).
#pragma once

#include "common/proto/responses.h"
#include "server/tree/acl_table.h"

namespace okapi {

struct TreeEvent {
  EventType type = EventType::kNodeCreated;  // created, deleted or data changed
  ByteView path;
  AclRef acl;       // the node's; of a deleted node the one it had
  ByteView parent;  // "/" for children of the root; for "/" itself (data changed) empty
  AclRef parent_acl;
};

}  // namespace okapi
