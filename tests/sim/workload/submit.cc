// How a Call becomes a request of a ClientSession.
#include "common/base/assert.h"
#include "tests/sim/workload/call_source.h"

namespace okapi::sim {
namespace {

NullableView view_of(const std::optional<std::string>& data) {
  return data.has_value() ? NullableView(*data) : std::nullopt;
}

bool is_create(OpCode op) {
  return op == OpCode::kCreate || op == OpCode::kCreate2 || op == OpCode::kCreateContainer;
}

CreateArgs create_args(const Call& call, std::span<const AclView> acl) {
  return {.path = call.path,
          .data = view_of(call.data),
          .mode = call.mode,
          .acl = acl,
          .with_stat = call.op == OpCode::kCreate2};
}

std::span<const AclView> acl_of(const Call& call, const AclView& entry) {
  return {&entry, call.perms < 0 ? size_t{0} : size_t{1}};
}

AclView entry_of(const Call& call) { return {call.perms, ByteView("world"), ByteView("anyone")}; }

void add_sub(MultiRequest& request, const Call& sub) {
  AclView entry = entry_of(sub);
  if (is_create(sub.op)) return request.create(create_args(sub, acl_of(sub, entry)));
  if (sub.op == OpCode::kDelete) return request.remove(sub.path, sub.version);
  if (sub.op == OpCode::kSetData) {
    return request.set_data(sub.path, view_of(sub.data), sub.version);
  }
  if (sub.op == OpCode::kCheck) return request.check(sub.path, sub.version);
  if (sub.op == OpCode::kGetData) return request.get_data(sub.path);
  OKAPI_ASSERT(sub.op == OpCode::kGetChildren);
  request.get_children(sub.path);
}

Xid submit_write(ClientSession& session, const Call& call, uint64_t tag) {
  AclView entry = entry_of(call);
  if (is_create(call.op)) return session.create(create_args(call, acl_of(call, entry)), tag);
  if (call.op == OpCode::kDelete) return session.remove(call.path, call.version, tag);
  if (call.op == OpCode::kSetData) {
    return session.set_data(call.path, view_of(call.data), call.version, tag);
  }
  if (call.op == OpCode::kSetAcl) {
    return session.set_acl(call.path, acl_of(call, entry), call.version, tag);
  }
  if (call.op == OpCode::kReconfig) {
    ReconfigRequest request;
    if (!call.path.empty()) request.joining_servers = call.path;
    request.leaving_servers = view_of(call.data);
    request.current_config_id = -1;
    return session.reconfig(request, tag);
  }
  OKAPI_ASSERT(call.op == OpCode::kMulti);
  MultiRequest request;
  for (const Call& sub : call.subs) add_sub(request, sub);
  return session.multi(request, tag);
}

Xid submit_read(ClientSession& session, const Call& call, uint64_t tag) {
  Watch watch = call.watch ? Watch::kYes : Watch::kNo;
  const std::string& path = call.path;
  if (call.op == OpCode::kExists) return session.exists(path, watch, tag);
  if (call.op == OpCode::kGetData) return session.get_data(path, watch, tag);
  if (call.op == OpCode::kGetChildren) return session.get_children(path, watch, tag);
  if (call.op == OpCode::kGetChildren2) return session.get_children2(path, watch, tag);
  if (call.op == OpCode::kGetAcl) return session.get_acl(path, tag);
  if (call.op == OpCode::kGetEphemerals) return session.get_ephemerals(ByteView(path), tag);
  if (call.op == OpCode::kSync) return session.sync(path, tag);
  if (call.op == OpCode::kMultiRead) {
    MultiRequest request;
    for (const Call& sub : call.subs) add_sub(request, sub);
    return session.multi_read(request, tag);
  }
  OKAPI_ASSERT(call.op == OpCode::kGetAllChildrenNumber);
  return session.get_all_children_number(path, tag);
}

}  // namespace

Xid submit(ClientSession& session, const Call& call, uint64_t tag) {
  if (is_write(call.op)) return submit_write(session, call, tag);
  if (call.op == OpCode::kAddWatch) {
    return session.add_watch(call.path, static_cast<AddWatchMode>(call.kind), tag);
  }
  if (call.op == OpCode::kCheckWatches) {
    return session.check_watches(call.path, static_cast<WatcherType>(call.kind), tag);
  }
  if (call.op == OpCode::kRemoveWatches) {
    return session.remove_watches(call.path, static_cast<WatcherType>(call.kind), tag);
  }
  return submit_read(session, call, tag);
}

}  // namespace okapi::sim
