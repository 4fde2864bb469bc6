// What a trigger gives: notifications, and the one frame that all watchers of a notification share.
#pragma once

#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/proto/responses.h"

namespace okapi {

// A change of the tree, as the applier tells it (it mirrors the tree's event). Views only.
struct WatchChange {
  EventType type = EventType::kNodeCreated;  // created, deleted or data changed
  ByteView path;
  ByteView parent;  // "/" for children of the root; unused for data changed
};

// Against which list READ is checked before delivery (client-protocol spec 6.4).
enum class AclOf { kNode, kParent };

struct WatchNotification {
  EventType type = EventType::kNodeCreated;
  ByteView path;  // the changed path; a view from the WatchChange
  AclOf acl = AclOf::kNode;
  // Each once, ascending: so those of one worker stand together.
  std::vector<ConnectionId> watchers;
};

// The frame on the wire, encoded once and shared by all who get it.
SharedBytes encode_watch_event(Zxid zxid, EventType type, ByteView path);

}  // namespace okapi
