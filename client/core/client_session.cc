#include "client/core/client_session.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"
#include "common/jute/record.h"

namespace okapi {

namespace {

constexpr size_t kReplyHeaderBytes = 16;
constexpr size_t kPasswordBytes = 16;
// The Java client's choice: far below any server's jute.maxbuffer.
constexpr size_t kSetWatchesBytesMax = size_t{128} << 10;
// However long the timeout, a server that is gone shall be noticed.
constexpr Millis kPingIntervalMax{10'000};

Millis ping_interval(Millis timeout) { return std::min(timeout / 3, kPingIntervalMax); }
// The other third is left for reaching another server.
Millis silence_max(Millis timeout) { return timeout * 2 / 3; }

}  // namespace

ClientSession::ClientSession(Options options)
    : options_(std::move(options)),
      seen_read_write_(options_.session_id != SessionId()),
      id_(options_.session_id),
      password_(std::move(options_.password)),
      timeout_(options_.timeout),
      last_zxid_(options_.last_zxid_seen) {
  if (password_.empty()) password_.assign(kPasswordBytes, '\0');
}

// --- connection ---

void ClientSession::connected(MonoTime now) {
  OKAPI_ASSERT(state_ == State::kDisconnected);
  state_ = State::kConnecting;
  broken_ = false;
  last_heard_ = last_sent_ = now;
  auth_replies_ = 0;
  // One write carries it all: servers answer in this order without being asked one by one.
  std::string out;
  put_connect_request(out);
  for (const Credentials& credentials : credentials_) put_auth(out, credentials);
  if (!watches_.empty()) put_rearmed_watches(out);
  out_ = out_.empty() ? std::move(out) : out + out_;
}

void ClientSession::put_connect_request(std::string& out) const {
  SessionId id = seen_read_write_ ? id_ : SessionId();
  append_frame(out, [&](jute::OutputArchive& archive) {
    jute::put(archive, ConnectRequest{.protocol_version = 0,
                                      .last_zxid_seen = last_zxid_,
                                      .timeout_ms = static_cast<int32_t>(options_.timeout.count()),
                                      .session_id = id,
                                      .password = ByteView(password_)});
    archive.put_bool(options_.may_be_read_only);
  });
}

void ClientSession::put_auth(std::string& out, const Credentials& credentials) const {
  append_frame(out, [&](jute::OutputArchive& archive) {
    jute::put(archive, RequestHeader{kAuthXid, static_cast<int32_t>(OpCode::kAuth)});
    jute::put(archive, AuthPacket{.type = 0,
                                  .scheme = ByteView(credentials.scheme),
                                  .auth = ByteView(credentials.auth)});
  });
}

void ClientSession::put_rearmed_watches(std::string& out) {
  watches_.rearm(last_zxid_, kSetWatchesBytesMax, [&](const SetWatches2Request& request) {
    append_frame(out, [&](jute::OutputArchive& archive) {
      jute::put(archive, RequestHeader{kSetWatchesXid, static_cast<int32_t>(OpCode::kSetWatches2)});
      jute::put(archive, request);
    });
    // Ahead of the requests that wait for the connection, as on the wire.
    in_flight_.push_front(InFlight{.xid = kSetWatchesXid, .op = int16_t(OpCode::kSetWatches2)});
  });
}

void ClientSession::disconnected() {
  lose_everything();
  if (!is_dead()) state_ = State::kDisconnected;
}

void ClientSession::lose_everything() {
  while (!in_flight_.empty()) lost_.push_back(in_flight_.pop_front());
  watched_.clear();
  out_.clear();
  out_sent_ = 0;
  partial_.clear();
  unread_ = {};
  drained_ = true;
}

void ClientSession::die(State state) {
  state_ = state;
  lose_everything();
}

void ClientSession::sent(size_t bytes, MonoTime now) {
  OKAPI_ASSERT(bytes <= out_.size() - out_sent_);
  out_sent_ += bytes;
  last_sent_ = now;
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
  } else if (out_sent_ > out_.size() / 2) {
    out_.erase(0, out_sent_);
    out_sent_ = 0;
  }
}

MonoTime ClientSession::next_tick() const {
  if (state_ == State::kConnecting) return last_heard_ + options_.connect_timeout;
  if (state_ != State::kConnected) return MonoTime::max();
  return std::min(last_sent_ + ping_interval(timeout_), last_heard_ + silence_max(timeout_));
}

bool ClientSession::tick(MonoTime now) {
  if (now < next_tick()) return true;
  if (state_ == State::kConnecting || now >= last_heard_ + silence_max(timeout_)) return false;
  append_frame(out_, [](jute::OutputArchive& archive) {
    jute::put(archive, RequestHeader{kPingXid, static_cast<int32_t>(OpCode::kPing)});
  });
  last_sent_ = now;
  return true;
}

// --- what comes in ---

void ClientSession::receive(ByteView bytes, MonoTime now) {
  OKAPI_ASSERT(drained_);
  last_heard_ = now;
  drained_ = false;
  if (partial_.empty()) {
    unread_ = bytes;
  } else {
    partial_.append(bytes);
    unread_ = partial_;
  }
}

bool ClientSession::next(Delivery& out) {
  while (!lost_.empty()) {
    InFlight lost = lost_.pop_front();
    if (lost.xid == kSetWatchesXid) continue;  // ours: nobody asked for it
    out = Delivery{.kind = Delivery::Kind::kLost,
                   .op = static_cast<OpCode>(lost.op),
                   .xid = lost.xid,
                   .tag = lost.tag};
    return true;
  }
  ByteView frame;
  while (!broken_ && take_frame(frame)) {
    if (on_frame(frame, out)) return true;
  }
  drained_ = true;
  return false;
}

bool ClientSession::take_frame(ByteView& frame) {
  if (unread_.empty()) {
    if (!drained_) partial_.clear();
    return false;
  }
  jute::InputArchive in(unread_);
  int32_t length = in.get_int();
  if (!in.ok()) {
    keep_rest(unread_);
    return false;
  }
  // A length that cannot be goes on as an impossible frame: it is on_frame that gives up.
  if (length < 0 || static_cast<size_t>(length) > options_.frame_bytes_max) {
    frame = {};
    return true;
  }
  if (in.rest().size() < static_cast<size_t>(length)) {
    keep_rest(unread_);
    return false;
  }
  frame = in.rest().substr(0, static_cast<size_t>(length));
  unread_ = in.rest().substr(frame.size());
  return true;
}

void ClientSession::keep_rest(ByteView rest) {
  bool ours = rest.data() >= partial_.data() && rest.data() < partial_.data() + partial_.size();
  if (ours) {
    partial_.erase(0, static_cast<size_t>(rest.data() - partial_.data()));
  } else {
    partial_.assign(rest);
  }
  unread_ = {};
}

bool ClientSession::on_frame(ByteView frame, Delivery& out) {
  if (state_ == State::kConnecting) return on_connect_response(frame, out);
  if (frame.size() < kReplyHeaderBytes) return broken("frame without a reply header", out);
  jute::InputArchive in(frame);
  ReplyHeader header;
  jute::get(in, header);
  if (header.zxid > last_zxid_) last_zxid_ = header.zxid;
  switch (header.xid) {
    case kNotificationXid:
      return on_event(header, in.rest(), out);
    case kPingXid:
      return false;
    case kAuthXid:
      return on_auth_reply(header, out);
    default:
      return on_reply(header, in.rest(), out);
  }
}

bool ClientSession::on_connect_response(ByteView frame, Delivery& out) {
  jute::InputArchive in(frame);
  ConnectResponse response;
  jute::get(in, response);
  if (!in.ok()) return broken("malformed connect response", out);
  out = Delivery{.kind = Delivery::Kind::kConnected};
  if (response.timeout_ms <= 0) {
    out.kind = Delivery::Kind::kExpired;
    die(State::kExpired);
    return true;
  }
  state_ = State::kConnected;
  timeout_ = Millis(response.timeout_ms);
  id_ = response.session_id;
  password_ = response.password;
  read_only_ = !in.rest().empty() && in.get_bool();
  seen_read_write_ = seen_read_write_ || !read_only_;
  return true;
}

bool ClientSession::on_reply(const ReplyHeader& header, ByteView body, Delivery& out) {
  if (in_flight_.empty() || in_flight_.front().xid != header.xid) {
    return broken("reply out of order", out);
  }
  InFlight request = in_flight_.pop_front();
  auto err = static_cast<ErrorCode>(header.err);
  if (request.effect != WatchEffect::kNone) apply_watch_effect(request.effect, err);
  if (request.xid == kSetWatchesXid) return false;
  out = Delivery{.kind = Delivery::Kind::kReply,
                 .op = static_cast<OpCode>(request.op),
                 .xid = request.xid,
                 .err = err,
                 .tag = request.tag,
                 .zxid = header.zxid,
                 .body = body};
  if (out.op == OpCode::kCloseSession && err == ErrorCode::kOk) {
    out.kind = Delivery::Kind::kClosed;
    die(State::kClosed);
  }
  return true;
}

void ClientSession::apply_watch_effect(WatchEffect effect, ErrorCode err) {
  WatchedPath watched = watched_.pop_front();
  bool ok = err == ErrorCode::kOk;
  if (effect == WatchEffect::kExists && err == ErrorCode::kNoNode) {
    watches_.add(watched.path, WatchKind::kExist);  // the one watch that an error sets
  }
  if (!ok) return;
  switch (effect) {
    case WatchEffect::kData:
    case WatchEffect::kExists:
      return watches_.add(watched.path, WatchKind::kData);
    case WatchEffect::kChild:
      return watches_.add(watched.path, WatchKind::kChild);
    case WatchEffect::kAddMode0:
      return watches_.add(watched.path, WatchKind::kPersistent);
    case WatchEffect::kAddMode1:
      return watches_.add(watched.path, WatchKind::kRecursive);
    case WatchEffect::kRemove:
      return watches_.remove(watched.path, watched.removed);
    case WatchEffect::kNone:
      return;
  }
}

bool ClientSession::on_event(const ReplyHeader& header, ByteView body, Delivery& out) {
  jute::InputArchive in(body);
  WatcherEvent event;
  jute::get(in, event);
  if (!in.ok() || event.type < 1 || event.type > 4) return broken("malformed event", out);
  out = Delivery{.kind = Delivery::Kind::kEvent,
                 .event = static_cast<EventType>(event.type),
                 .xid = header.xid,
                 .zxid = header.zxid,
                 .path = event.path};
  watches_.fired(out.event, out.path);
  return true;
}

bool ClientSession::on_auth_reply(const ReplyHeader& header, Delivery& out) {
  if (auth_replies_ == credentials_.size()) return broken("reply to no auth packet", out);
  Credentials& credentials = credentials_[auth_replies_++];
  auto err = static_cast<ErrorCode>(header.err);
  out = Delivery{.kind = Delivery::Kind::kReply,
                 .op = OpCode::kAuth,
                 .xid = header.xid,
                 .err = err,
                 .tag = credentials.tag};
  if (err != ErrorCode::kOk) {
    out.kind = Delivery::Kind::kAuthFailed;
    die(State::kAuthFailed);
    return true;
  }
  return !std::exchange(credentials.reported, true);
}

bool ClientSession::broken(const char* why, Delivery& out) {
  out = Delivery{.kind = Delivery::Kind::kBroken, .path = why};
  broken_ = true;
  return true;
}

}  // namespace okapi
