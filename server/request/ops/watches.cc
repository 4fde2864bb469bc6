// addWatch, checkWatches, removeWatches, setWatches, setWatches2 (client-protocol spec 6.6).
#include "common/proto/frame.h"
#include "server/request/read.h"

namespace okapi {
namespace {

// Past the bound on watches of one connection.
constexpr ErrorCode kTooMany = ErrorCode::kSystemError;

// One path of setWatches: an event at once if it changed since the client looked, else a watch. The
// check and the registration are under one lock, so nothing falls between them (G10).
class Rearm {
 public:
  Rearm(ReadContext& context, int64_t relative_zxid)
      : context_(context), since_(relative_zxid), watcher_(context.request.connection) {}

  bool data(ByteView path) {
    ReadLock lock = look(path);
    if (!lock.found()) return event(EventType::kNodeDeleted, path);
    if (lock.node().stored_stat().mzxid > since_) {
      return event_if_readable(lock.node(), EventType::kNodeDataChanged, path);
    }
    return context_.watches.add_data(path, watcher_);
  }
  bool exist(ByteView path) {
    ReadLock lock = look(path);
    if (lock.found()) return event_if_readable(lock.node(), EventType::kNodeCreated, path);
    return context_.watches.add_data(path, watcher_);
  }
  bool child(ByteView path) {
    ReadLock lock = look(path);
    if (!lock.found()) return event(EventType::kNodeDeleted, path);
    if (lock.node().stored_stat().pzxid > since_) {
      return event_if_readable(lock.node(), EventType::kNodeChildrenChanged, path);
    }
    return context_.watches.add_child(path, watcher_);
  }
  bool persistent(ByteView path) {
    ReadLock lock = look(path);
    return context_.watches.add_persistent(path, watcher_);
  }
  bool recursive(ByteView path) {
    return context_.watches.add_recursive(path, watcher_, [&] { stamp(); });
  }

 private:
  ReadLock look(ByteView path) {
    ReadLock lock = context_.tree.read(path);
    stamp();
    return lock;
  }
  // The reply goes out stamped with the first path's state: events after it come after the reply,
  // for whichever path they are.
  void stamp() {
    if (context_.stamp == Zxid()) context_.stamp = context_.tree.last_applied();
  }
  bool event(EventType type, ByteView path) {
    context_.events += notification_frame(Zxid(-1), type, path);
    return true;
  }
  // Compat: the reference tells everybody; ours drops what the caller may not READ, and the watch
  // counts as fired (client-protocol 11.12).
  bool event_if_readable(const NodeView& node, EventType type, ByteView path) {
    if (check_read_acl(context_, node.acl(), Perms::kRead) != ErrorCode::kOk) return true;
    return event(type, path);
  }

  ReadContext& context_;
  Zxid since_;
  ConnectionId watcher_;
};

template <class Each>
bool for_all(const jute::Vector<ByteView>& paths, Each&& each) {
  for (ByteView path : paths.items) {
    if (!each(path)) return false;
  }
  return true;
}

}  // namespace

ErrorCode read_set_watches(ReadContext& context) {
  SetWatches2Request lists;
  if (context.request.op == OpCode::kSetWatches) {
    auto request = jute::decode<SetWatchesRequest>(context.request.body);
    if (!request.ok()) return ErrorCode::kMarshallingError;
    lists.relative_zxid = request->relative_zxid;
    lists.data = std::move(request->data);
    lists.exist = std::move(request->exist);
    lists.child = std::move(request->child);
  } else {
    auto request = jute::decode<SetWatches2Request>(context.request.body);
    if (!request.ok()) return ErrorCode::kMarshallingError;
    lists = std::move(*request);
  }
  Rearm rearm(context, lists.relative_zxid);
  // Compat: a null list is found out only when its turn comes; those before it have taken effect.
  auto run = [&](const jute::Vector<ByteView>& paths, auto each) {
    if (paths.null) return ErrorCode::kMarshallingError;
    return for_all(paths, each) ? ErrorCode::kOk : kTooMany;
  };
  ErrorCode error = run(lists.data, [&](ByteView path) { return rearm.data(path); });
  if (error == ErrorCode::kOk) {
    error = run(lists.exist, [&](ByteView path) { return rearm.exist(path); });
  }
  if (error == ErrorCode::kOk) {
    error = run(lists.child, [&](ByteView path) { return rearm.child(path); });
  }
  if (error == ErrorCode::kOk) {
    error = run(lists.persistent, [&](ByteView path) { return rearm.persistent(path); });
  }
  if (error == ErrorCode::kOk) {
    error = run(lists.recursive, [&](ByteView path) { return rearm.recursive(path); });
  }
  return error;
}

ErrorCode read_add_watch(ReadContext& context) {
  auto request = jute::decode<WatchRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  auto mode = add_watch_mode_of(request->kind);
  if (!mode.has_value()) return ErrorCode::kMarshallingError;
  // Compat: a null path is accepted; it can match nothing.
  ByteView path = request->path.value_or(ByteView());
  Rearm rearm(context, 0);
  bool added = *mode == AddWatchMode::kPersistent ? rearm.persistent(path) : rearm.recursive(path);
  if (!added) return kTooMany;
  jute::OutputArchive(context.body).put_int(0);
  return ErrorCode::kOk;
}

ErrorCode read_check_watches(ReadContext& context) {
  auto request = jute::decode<WatchRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  auto type = watcher_type_of(request->kind);
  if (!type.has_value()) return ErrorCode::kMarshallingError;
  bool there =
      context.watches.check(request->path.value_or(ByteView()), context.request.connection, *type);
  return there ? ErrorCode::kOk : ErrorCode::kNoWatcher;
}

ErrorCode read_remove_watches(ReadContext& context) {
  auto request = jute::decode<WatchRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  auto type = watcher_type_of(request->kind);
  if (!type.has_value()) return ErrorCode::kMarshallingError;
  bool there =
      context.watches.remove(request->path.value_or(ByteView()), context.request.connection, *type);
  return there ? ErrorCode::kOk : ErrorCode::kNoWatcher;
}

}  // namespace okapi
