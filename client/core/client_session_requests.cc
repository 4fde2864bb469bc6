// The requests of ClientSession: one encoding each.
#include <limits>
#include <utility>

#include "client/core/client_session.h"
#include "common/jute/record.h"

namespace okapi {

template <class Fill>
Xid ClientSession::submit(OpCode op, uint64_t tag, Fill&& fill) {
  int32_t xid = next_xid_;
  next_xid_ = xid == std::numeric_limits<int32_t>::max() ? 1 : xid + 1;
  InFlight request{.tag = tag, .xid = xid, .op = static_cast<int16_t>(op)};
  if (is_dead()) {
    lost_.push_back(request);
    return Xid(xid);
  }
  append_frame(out_, [&](jute::OutputArchive& archive) {
    archive.put_int(xid);
    archive.put_int(static_cast<int32_t>(op));
    fill(archive);
  });
  in_flight_.push_back(request);
  return Xid(xid);
}

// A request whose reply changes what the server watches for us.
template <class Fill>
Xid ClientSession::submit_watching(OpCode op, WatchEffect effect, WatchedPath watched, uint64_t tag,
                                   Fill&& fill) {
  Xid xid = submit(op, tag, std::forward<Fill>(fill));
  if (options_.keep_watches && !is_dead()) {
    in_flight_.back().effect = effect;
    watched_.push_back(std::move(watched));
  }
  return xid;
}

Xid ClientSession::read(OpCode op, ByteView path, Watch watch, uint64_t tag) {
  auto fill = [&](jute::OutputArchive& archive) {
    archive.put_buffer(path);
    archive.put_bool(watch == Watch::kYes);
  };
  if (watch == Watch::kNo) return submit(op, tag, fill);
  WatchEffect effect = op == OpCode::kExists    ? WatchEffect::kExists
                       : op == OpCode::kGetData ? WatchEffect::kData
                                                : WatchEffect::kChild;
  return submit_watching(op, effect, WatchedPath{.path = std::string(path)}, tag, fill);
}

Xid ClientSession::exists(ByteView path, Watch watch, uint64_t tag) {
  return read(OpCode::kExists, path, watch, tag);
}

Xid ClientSession::get_data(ByteView path, Watch watch, uint64_t tag) {
  return read(OpCode::kGetData, path, watch, tag);
}

Xid ClientSession::get_children(ByteView path, Watch watch, uint64_t tag) {
  return read(OpCode::kGetChildren, path, watch, tag);
}

Xid ClientSession::get_children2(ByteView path, Watch watch, uint64_t tag) {
  return read(OpCode::kGetChildren2, path, watch, tag);
}

Xid ClientSession::create(const CreateArgs& args, uint64_t tag) {
  return submit(args.op(), tag, [&](jute::OutputArchive&) { args.encode(out_); });
}

Xid ClientSession::remove(ByteView path, int32_t version, uint64_t tag) {
  return submit(OpCode::kDelete, tag, [&](jute::OutputArchive& archive) {
    archive.put_buffer(path);
    archive.put_int(version);
  });
}

Xid ClientSession::set_data(ByteView path, NullableView data, int32_t version, uint64_t tag) {
  return submit(OpCode::kSetData, tag, [&](jute::OutputArchive& archive) {
    archive.put_buffer(path);
    archive.put_buffer(data);
    archive.put_int(version);
  });
}

Xid ClientSession::get_all_children_number(ByteView path, uint64_t tag) {
  return submit(OpCode::kGetAllChildrenNumber, tag,
                [&](jute::OutputArchive& archive) { archive.put_buffer(path); });
}

Xid ClientSession::get_ephemerals(NullableView prefix, uint64_t tag) {
  return submit(OpCode::kGetEphemerals, tag,
                [&](jute::OutputArchive& archive) { archive.put_buffer(prefix); });
}

Xid ClientSession::get_acl(ByteView path, uint64_t tag) {
  return submit(OpCode::kGetAcl, tag,
                [&](jute::OutputArchive& archive) { archive.put_buffer(path); });
}

Xid ClientSession::set_acl(ByteView path, std::span<const AclView> acl, int32_t version,
                           uint64_t tag) {
  return submit(OpCode::kSetAcl, tag, [&](jute::OutputArchive& archive) {
    archive.put_buffer(path);
    archive.put_int(static_cast<int32_t>(acl.size()));
    for (const AclView& entry : acl) jute::put(archive, entry);
    archive.put_int(version);
  });
}

Xid ClientSession::sync(ByteView path, uint64_t tag) {
  return submit(OpCode::kSync, tag,
                [&](jute::OutputArchive& archive) { archive.put_buffer(path); });
}

namespace {

void put_multi(jute::OutputArchive& archive, const MultiRequest& ops) {
  archive.put_raw(ops.body());
  jute::put(archive, MultiHeader{-1, true, -1});
}

}  // namespace

Xid ClientSession::multi(const MultiRequest& ops, uint64_t tag) {
  return submit(OpCode::kMulti, tag,
                [&](jute::OutputArchive& archive) { put_multi(archive, ops); });
}

Xid ClientSession::multi_read(const MultiRequest& ops, uint64_t tag) {
  return submit(OpCode::kMultiRead, tag,
                [&](jute::OutputArchive& archive) { put_multi(archive, ops); });
}

Xid ClientSession::reconfig(const ReconfigRequest& request, uint64_t tag) {
  return submit(OpCode::kReconfig, tag,
                [&](jute::OutputArchive& archive) { jute::put(archive, request); });
}

Xid ClientSession::add_watch(ByteView path, AddWatchMode mode, uint64_t tag) {
  WatchEffect effect =
      mode == AddWatchMode::kPersistent ? WatchEffect::kAddMode0 : WatchEffect::kAddMode1;
  return submit_watching(OpCode::kAddWatch, effect, WatchedPath{.path = std::string(path)}, tag,
                         [&](jute::OutputArchive& archive) {
                           archive.put_buffer(path);
                           archive.put_int(static_cast<int32_t>(mode));
                         });
}

Xid ClientSession::check_watches(ByteView path, WatcherType type, uint64_t tag) {
  return submit(OpCode::kCheckWatches, tag, [&](jute::OutputArchive& archive) {
    archive.put_buffer(path);
    archive.put_int(static_cast<int32_t>(type));
  });
}

Xid ClientSession::remove_watches(ByteView path, WatcherType type, uint64_t tag) {
  return submit_watching(OpCode::kRemoveWatches, WatchEffect::kRemove,
                         WatchedPath{.path = std::string(path), .removed = type}, tag,
                         [&](jute::OutputArchive& archive) {
                           archive.put_buffer(path);
                           archive.put_int(static_cast<int32_t>(type));
                         });
}

Xid ClientSession::who_am_i(uint64_t tag) {
  return submit(OpCode::kWhoAmI, tag, [](jute::OutputArchive&) {});
}

Xid ClientSession::sasl(NullableView token, uint64_t tag) {
  return submit(OpCode::kSasl, tag,
                [&](jute::OutputArchive& archive) { archive.put_buffer(token); });
}

void ClientSession::add_auth(ByteView scheme, ByteView auth, uint64_t tag) {
  credentials_.push_back({.scheme = std::string(scheme), .auth = std::string(auth), .tag = tag});
  // Without a connection the next handshake carries it.
  if (state_ == State::kConnecting || state_ == State::kConnected) {
    put_auth(out_, credentials_.back());
  }
}

Xid ClientSession::raw(OpCode op, ByteView body, uint64_t tag) {
  return submit(op, tag, [&](jute::OutputArchive& archive) { archive.put_raw(body); });
}

void ClientSession::close(uint64_t tag) {
  submit(OpCode::kCloseSession, tag, [](jute::OutputArchive&) {});
}

}  // namespace okapi
