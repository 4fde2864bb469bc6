// create, create2, createContainer, createTTL (client-protocol spec 3.4, 3.5).
#include <spdlog/fmt/fmt.h>

#include "common/proto/create_mode.h"
#include "common/proto/path.h"
#include "common/proto/requests.h"
#include "server/auth/acl_check.h"
#include "server/request/prepare.h"
#include "server/tree/node_kind.h"

namespace okapi {
namespace {

constexpr int64_t kNoTtl = -1;

struct Wanted {
  CreateRequest request;
  int64_t ttl = kNoTtl;
  CreateMode mode = CreateMode::kPersistent;
};

ErrorCode decode(OpCode op, ByteView body, Wanted& out) {
  if (op == OpCode::kCreateTtl) {
    auto request = jute::decode<CreateTtlRequest>(body);
    if (!request.ok()) return ErrorCode::kMarshallingError;
    out.request = {request->path, request->data, std::move(request->acl), request->flags};
    out.ttl = request->ttl;
    return ErrorCode::kOk;
  }
  auto request = jute::decode<CreateRequest>(body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  out.request = std::move(*request);
  return ErrorCode::kOk;
}

ErrorCode check_mode(const PrepContext& context, OpCode op, Wanted& wanted) {
  auto mode = create_mode_of(wanted.request.flags);
  if (!mode.has_value()) return ErrorCode::kBadArguments;
  wanted.mode = *mode;
  if (is_ttl(*mode)) {
    if (!context.config.request.extended_types_enabled) return ErrorCode::kUnimplemented;
    if (wanted.ttl <= 0 || wanted.ttl > kTtlMaxMs) return ErrorCode::kBadArguments;
    return ErrorCode::kOk;
  }
  // Compat: the reference accepts createTTL with other flags and a negative ttl and then dies of it
  // (client-protocol 11.2); here such a request is a bad argument like one with a positive ttl.
  if (op == OpCode::kCreateTtl || wanted.ttl >= 0) return ErrorCode::kBadArguments;
  return ErrorCode::kOk;
}

int64_t owner_of(const PrepContext& context, OpCode op, const Wanted& wanted) {
  if (op == OpCode::kCreateContainer) return kContainerOwner;
  if (op == OpCode::kCreateTtl) return ttl_owner(wanted.ttl);
  return is_ephemeral(wanted.mode) ? context.request.session.value() : 0;
}

// Whether the new node makes its session's closeSession longer than every server can read.
bool is_over_budget(const PrepContext& context, ByteView path, int64_t owner) {
  if (owner != context.request.session.value()) return false;
  constexpr int64_t kLengthBytes = 4;
  int64_t bytes = context.pending.ephemeral_bytes_of(context.request.session) + kLengthBytes +
                  static_cast<int64_t>(path.size());
  return bytes > ephemeral_bytes_max(context.config);
}

bool is_ordinary_ephemeral(const PrepContext& context, int64_t owner) {
  TreeOptions options;
  options.extended_types = context.config.request.extended_types_enabled;
  options.emulate_353_ttl = context.config.request.emulate_353_ttl_nodes;
  return node_kind(owner, options) == NodeKind::kEphemeral;
}

void encode_body(OpCode op, ByteView path, Wanted& wanted, const NormalizedAcl& normalized,
                 int32_t parent_cversion, PreparedTxn& out) {
  out.type = op;
  NullableView data = wanted.request.data;
  // The open list goes into the log as it came.
  jute::Vector<AclView> acl =
      normalized.open ? std::move(wanted.request.acl) : views_of(normalized.own);
  if (op == OpCode::kCreateContainer) {
    jute::encode(out.body, CreateContainerTxn{path, data, std::move(acl), parent_cversion});
  } else if (op == OpCode::kCreateTtl) {
    jute::encode(out.body, CreateTtlTxn{path, data, std::move(acl), parent_cversion, wanted.ttl});
  } else {
    jute::encode(out.body,
                 CreateTxn{path, data, std::move(acl), is_ephemeral(wanted.mode), parent_cversion});
  }
}

NodeState node_state(const PrepContext& context, ByteView path, const Wanted& wanted, int64_t owner,
                     const NormalizedAcl& acl) {
  NodeState node;
  node.exists = true;
  node.stat.czxid = node.stat.mzxid = node.stat.pzxid = context.zxid;
  node.stat.ctime = node.stat.mtime = context.time_ms;
  node.stat.ephemeral_owner = owner;
  node.data_length = static_cast<int32_t>(wanted.request.data.value_or(ByteView()).size());
  if (counts_in_digest(path)) node.digest_prefix = digest_prefix(path, wanted.request.data);
  if (!acl.open) node.acl = pending_acl(acl.own);
  return node;
}

struct Found {
  const NodeState& absent;
  const NodeState& parent;
};

void record(PrepContext& context, ByteView path, const Found& found, const NodeState& node,
            int32_t parent_cversion) {
  NodeState with_child = found.parent;
  ++with_child.child_count;
  // As the tree will apply it: the counter sticks when it overflows (spec 3.5).
  if (parent_cversion > found.parent.stat.cversion) {
    with_child.stat.cversion = parent_cversion;
    with_child.stat.pzxid = context.zxid;
  }
  context.pending.change(parent_of(path), found.parent, with_child, context.zxid);
  context.pending.change(path, found.absent, node, context.zxid);
}

}  // namespace

ErrorCode prepare_create(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out) {
  Wanted wanted;
  if (ErrorCode error = decode(op, body, wanted); error != ErrorCode::kOk) return error;
  if (ErrorCode error = check_mode(context, op, wanted); error != ErrorCode::kOk) return error;
  ErrorCode session =
      is_ephemeral(wanted.mode) ? check_global_session(context) : check_session(context);
  if (session != ErrorCode::kOk) return session;
  std::string path(wanted.request.path);
  if (path.find('/') == std::string::npos || path.find('\0') != std::string::npos) {
    return ErrorCode::kBadArguments;
  }
  NormalizedAcl acl =
      normalize_acl(wanted.request.acl, *context.request.identities, context.registry);
  if (acl.error != ErrorCode::kOk) return acl.error;
  NodeState parent = context.pending.get(parent_of(path));
  if (!parent.exists) return ErrorCode::kNoNode;
  if (ErrorCode error = check_node_acl(context, parent, Perms::kCreate); error != ErrorCode::kOk) {
    return error;
  }
  if (is_sequential(wanted.mode)) path += fmt::format("{:010}", parent.stat.cversion);
  if (!is_valid_path(path)) return ErrorCode::kBadArguments;
  NodeState absent = context.pending.get(path);
  if (absent.exists) return ErrorCode::kNodeExists;
  if (is_ordinary_ephemeral(context, parent.stat.ephemeral_owner)) {
    return ErrorCode::kNoChildrenForEphemerals;
  }
  auto bytes = static_cast<int64_t>(wanted.request.data.value_or(ByteView()).size());
  if (ErrorCode error = check_quota(context, path, 1, bytes); error != ErrorCode::kOk) {
    return error;
  }
  int64_t owner = owner_of(context, op, wanted);
  if (is_over_budget(context, path, owner)) {
    context.ephemerals_full = true;
    return ErrorCode::kSystemError;
  }
  // Two's complement wrap at the end of the counter.
  auto parent_cversion = static_cast<int32_t>(static_cast<uint32_t>(parent.stat.cversion) + 1);
  encode_body(op, path, wanted, acl, parent_cversion, out);
  record(context, path, {absent, parent}, node_state(context, path, wanted, owner, acl),
         parent_cversion);
  return ErrorCode::kOk;
}

}  // namespace okapi
