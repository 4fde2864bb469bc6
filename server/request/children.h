// A child list into a reply, without holding a shard for long (architecture section 7, Wide reads).
#pragma once

#include <functional>
#include <string>

#include "common/proto/error_code.h"
#include "server/tree/data_tree.h"

namespace okapi {

// Called under the node's lock: first with `last` false, before anything was copied, to check
// permissions; at the end with `last` true, under the hold that makes the whole list exact. Without
// a node there is none, which the answer must say.
using ChildListCheck = std::function<ErrorCode(const NodeView* node, bool last)>;

// Appends vec<str> of the children of `path` to `body`. A list above `slice` names is copied in
// slices, the lock released between them, again from the start if the list changed meanwhile, in
// one hold the third time. What `check` says. On an error `body` is unchanged.
ErrorCode list_children(const DataTree& tree, ByteView path, size_t slice, std::string& body,
                        const ChildListCheck& check);

}  // namespace okapi
