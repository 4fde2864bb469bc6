// Which shards a txn touches: the writer's look ahead, without locks, before it takes them.
#pragma once

#include <vector>

#include "server/tree/tree_state.h"
#include "server/tree/tree_writer.h"
#include "server/txn/txn.h"

namespace okapi {

// A path that a node can have: "/a/b", not the root. Those of txns come from other processes.
bool is_node_path(ByteView path);
// The owner that the creation of `body` stores.
int64_t owner_of(const CreateTxn& body, const TxnHeader& header);
int64_t owner_of(const CreateContainerTxn& body, const TxnHeader& header);
int64_t owner_of(const CreateTtlTxn& body, const TxnHeader& header);

// `subs` are the decoded sub-bodies of a multi. Nodes, parents, owners, quota counters; all shards
// where the work cannot be told beforehand: a change of quotas, a replayed delete of a node that
// still has children.
ShardMask plan_shards(const TreeState& state, const Txn& txn, const std::vector<TxnBody>& subs,
                      ApplyMode mode);
// What the end of a session touches beside listed paths.
ShardMask plan_session_end(const TreeState& state, SessionId session);

}  // namespace okapi
