// What the preparation of one operation gets and gives. Each file under ops/ has the functions of
// one operation; op_table lists them.
#pragma once

#include "server/auth/provider_registry.h"
#include "server/config/server_config.h"
#include "server/request/membership_view.h"
#include "server/request/pending_changes.h"
#include "server/request/request.h"
#include "server/session/session_book.h"
#include "server/txn/txn.h"

namespace okapi {

struct PrepContext {
  const ServerConfig& config;
  const ProviderRegistry& registry;
  const DataTree& tree;
  PendingChanges& pending;
  SessionBook& sessions;
  const RequestView& request;
  Zxid zxid;            // the transaction's
  int64_t time_ms = 0;  // wall clock of the transaction
  // Out: a create was refused as the session's closeSession could not carry its path (safety L-16).
  bool ephemerals_full = false;
  // Null on a server that stands alone.
  const MembershipView* membership = nullptr;
  // Out: what a reconfig makes of it, or why it is refused.
  SharedQuorumConfig reconfigured{};
  std::string reconfig_refused{};
};

// The transaction that an operation becomes: kind and encoded body. For a refused one the error.
struct PreparedTxn {
  OpCode type = OpCode::kError;
  std::string body;
};

// Validates `body` against tree and pending changes, in the reference's order, records the change
// as pending and fills `out`; or says why not, and then has changed nothing. kSessionMoved: comes
// back as any error does (O5), then the connection is closed without a reply.
using PrepareFn = ErrorCode (*)(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);

ErrorCode prepare_create(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_delete(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_delete_container(PrepContext& context, OpCode op, ByteView body,
                                   PreparedTxn& out);
ErrorCode prepare_set_data(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_set_acl(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_check(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_multi(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_reconfig(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_create_session(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);
ErrorCode prepare_close_session(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out);

// What the paths of one session's ephemerals may take: its closeSession has to fit a frame.
int64_t ephemeral_bytes_max(const ServerConfig& config);

// The checks that several operations share. An ephemeral node needs a session that every server
// knows, all else may be asked by a local one.
ErrorCode check_session(PrepContext& context);
ErrorCode check_global_session(PrepContext& context);
ErrorCode check_node_acl(const PrepContext& context, const NodeState& node, int32_t perm);

// kQuotaExceeded if enforcement is on and a hard limit above `path` would be passed (spec 3.18).
ErrorCode check_quota(const PrepContext& context, ByteView path, int64_t count_diff,
                      int64_t bytes_diff);

// Entries as a transaction carries them: views on `acl`.
jute::Vector<AclView> views_of(const AclList& acl);
// A handle on a list that is pending, not interned yet.
AclRef pending_acl(const AclList& acl);

// Whether the path may be deleted at all: has a '/', no NUL, and is not one of the system's.
bool is_deletable_path(ByteView path);

// Removes `path` (state `node`) below `parent_path`: shared by delete, deleteContainer and
// closeSession.
void remove_pending(PrepContext& context, ByteView path, const NodeState& node);

}  // namespace okapi
