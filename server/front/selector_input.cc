// What comes in on a connection: frames, handshake, commands, requests, auth.
#include <algorithm>

#include "common/proto/frame.h"
#include "server/front/selector.h"

namespace okapi {
namespace {

constexpr size_t kHeaderBytes = 8;

int32_t length_of(ByteView bytes) { return jute::InputArchive(bytes).get_int(); }

}  // namespace

void Selector::read_from(Connection& connection, MonoTime now) {
  if (connection.stopped || connection.paused) {
    // Only a hang-up is reported for a socket that nothing is read from.
    lost(connection);
    return;
  }
  IoResult got = connection.stream->read({buffer_.get(), kReadBytes});
  if (got.state == IoState::kWouldBlock) return;
  if (got.state != IoState::kOk) {
    lost(connection);
    return;
  }
  connection.last_io = now;
  metrics_.bytes_received.add(static_cast<int64_t>(got.bytes));
  // This process may have been stopped since the turn began, and the request come meanwhile.
  if (is_past_serving(env_.clock().now())) held_ = true;
  ByteView bytes(buffer_.get(), got.bytes);
  if (!connection.input.empty()) {
    connection.input += bytes;
    parse(connection, now);
    return;
  }
  ConnectionId id = connection.id;
  size_t used = parse_frames(connection, bytes, now);
  Connection* still = find(id);
  if (still != nullptr && !still->stopped) still->input = bytes.substr(used);
}

void Selector::parse(Connection& connection, MonoTime now) {
  ConnectionId id = connection.id;
  std::string input = std::move(connection.input);
  connection.input.clear();
  size_t used = parse_frames(connection, input, now);
  Connection* still = find(id);
  if (still == nullptr || still->stopped) return;
  input.erase(0, used);
  still->input = std::move(input);
}

// Gives how many bytes were used. The connection may be gone afterwards.
size_t Selector::parse_frames(Connection& connection, ByteView bytes, MonoTime now) {
  ConnectionId id = connection.id;
  Client& client = *clients_.find(id);
  size_t used = 0;
  int64_t before = client.received;
  while (bytes.size() - used >= kFrameLengthBytes && may_go_on(connection, client)) {
    ByteView rest = bytes.substr(used);
    if (connection.phase == Phase::kNew && is_command_(rest.substr(0, 4))) {
      take_command(connection, rest.substr(0, 4));
      break;
    }
    int32_t length = length_of(rest);
    if (length < 0 || length > config_.limits.frame_bytes_max) {
      bad_input(connection, fmt::format("Len error {}", length));
      return used;
    }
    // Before there is a session, only what a connect request can need is kept in memory.
    if (connection.phase == Phase::kNew &&
        static_cast<size_t>(length) > config_.limits.unauthenticated_bytes_max) {
      bad_input(connection, fmt::format("connect request of {} bytes", length));
      return used;
    }
    if (worker_ == nullptr) {
      close(connection, "the server is not serving");
      return used;
    }
    auto size = static_cast<size_t>(length);
    if (rest.size() - kFrameLengthBytes < size) break;
    used += kFrameLengthBytes + size;
    ByteView frame = rest.substr(kFrameLengthBytes, size);
    if (connection.phase == Phase::kNew) {
      take_first_frame(connection, client, frame);
    } else {
      take_request(connection, client, frame, now);
    }
    if (find(id) == nullptr) return used;
  }
  if (client.received != before) {
    ++with_requests_;
    requester_ = id;
  }
  if (!connection.stopped && !may_go_on(connection, client)) {
    connection.paused = true;
    paused_.push_back(id);
    set_interest(connection, false);
  }
  return used;
}

bool Selector::may_go_on(const Connection& connection, const Client& client) const {
  if (connection.stopped || client.closing || connection.phase == Phase::kOpening) return false;
  if (held_ || ending_.has_value()) return false;
  const Limits& limits = config_.limits;
  if (client.outstanding >= limits.connection_requests_in_flight_max) return false;
  if (static_cast<int64_t>(client.out.size()) > limits.outbox_bytes_max / 2) return false;
  if (client.outstanding == 0) return true;
  if (static_cast<int64_t>(throttle_.size()) > limits.outstanding_requests_max) return false;
  return admission_.outstanding.load(std::memory_order_relaxed) < limits.outstanding_requests_max;
}

bool Selector::is_past_serving(MonoTime now) const {
  return serving_until_ != nullptr && now > serving_until_->load(std::memory_order_relaxed);
}

bool Selector::any_feed_full() const {
  return std::any_of(feeds_.begin(), feeds_.end(), [&](const WorkerFeed* feed) {
    return feed->size_estimate() > config_.limits.feed_items_max;
  });
}

void Selector::resume_paused(MonoTime now) {
  if (paused_.empty()) return;
  std::vector<ConnectionId> ids = std::exchange(paused_, {});
  for (ConnectionId id : ids) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->stopped) continue;
    if (!may_go_on(*connection, *clients_.find(id))) {
      paused_.push_back(id);
      continue;
    }
    connection->paused = false;
    if (!connection->input.empty()) parse(*connection, now);
    connection = find(id);
    if (connection != nullptr && !connection->paused) set_interest(*connection, false);
  }
}

void Selector::take_command(Connection& connection, ByteView word) {
  connection.phase = Phase::kCommand;
  connection.stopped = true;
  set_interest(connection, false);
  OKAPI_INFO(env_.log(), "Processing {} command from /{}:{}", printable(word),
             connection.stream->peer().ip, connection.stream->peer().port);
  metrics_.received.add();
  ++clients_.find(connection.id)->received;
  to_admin.add(CommandRequest{connection.id, std::string(word)});
}

void Selector::take_first_frame(Connection& connection, Client& client, ByteView frame) {
  auto handshake = decode_handshake(frame);
  if (!handshake.has_value()) {
    bad_input(connection, "connect request ends early");
    return;
  }
  const ConnectRequest& request = handshake->request;
  if (read_only_ && !handshake->read_only) {
    OKAPI_INFO(env_.log(), "Refusing session request for not-read-only client /{}:{}",
               connection.stream->peer().ip, connection.stream->peer().port);
    close(connection, "it did not ask for a read-only server");
    return;
  }
  if (request.last_zxid_seen > tree_->last_applied()) {
    OKAPI_INFO(
        env_.log(),
        "Refusing session request for client /{}:{} as it has seen zxid 0x{:x} our last zxid "
        "is 0x{:x} client must try another server",
        connection.stream->peer().ip, connection.stream->peer().port,
        request.last_zxid_seen.value(), tree_->last_applied().value());
    close(connection, "it has seen more than this server");
    return;
  }
  connection.old_client = handshake->old_client;
  connection.phase = Phase::kOpening;
  metrics_.received.add();
  metrics_.connection_requests.add();
  ++client.received;
  int32_t timeout = negotiated_timeout(request.timeout_ms, config_.session);
  if (request.session_id == SessionId()) {
    to_tracker_.add(OpenSession{connection.id, timeout});
    return;
  }
  AttachSession attach{connection.id, request.session_id, {}, timeout};
  if (request.password.has_value() && request.password->size() == kPasswordBytes) {
    std::copy(request.password->begin(), request.password->end(), attach.password.begin());
  }
  metrics_.revalidations.add();
  to_tracker_.add(attach);
}

void Selector::established(Client& client, const AttachResult& result) {
  SessionId session = result.session;
  Connection& connection = *connections_[client.id.slot()];
  // Closed while the answer was on its way: its end has passed through the Feed already and would
  // close nobody. What ends from here on comes through the Feed later and finds this connection.
  // The end of a local one comes as an order, behind this.
  bool local = result.local_timeout_ms > 0;
  if (!local && session != SessionId() && !live_sessions_->contains(session)) session = SessionId();
  append_connect_response(client.out, session, result.timeout_ms, connection.old_client, read_only_,
                          config_.session.password_secret);
  metrics_.sent.add();
  ++client.replied;
  clients_.mark_dirty(client);
  if (session == SessionId()) {
    connection.refused = true;
    client.closing = true;
    return;
  }
  clients_.bind(client, session);
  client.local_timeout_ms = result.local_timeout_ms;
  connection.timeout_ms = result.timeout_ms;
  connection.phase = Phase::kOpen;
}

void Selector::take_request(Connection& connection, Client& client, ByteView frame, MonoTime now) {
  if (frame.size() < kHeaderBytes) {
    bad_input(connection, "request header ends early");
    return;
  }
  jute::InputArchive in(frame);
  RequestHeader header;
  get(in, header);
  ByteView body = in.rest();
  metrics_.received.add();
  ++client.received;
  auto op = op_code_of(header.type);
  if (op == OpCode::kAuth) return take_auth(connection, client, header.xid, body);
  if (op == OpCode::kSasl) return take_sasl(connection, client, header.xid, body);
  if (!registry_.is_admitted(*client.identities)) {
    worker_->reply(client, header.xid, Zxid(), ErrorCode::kSessionClosedRequireAuth, ByteView());
    client.closing = true;
    return;
  }
  if (!connection.touched) {
    connection.touched = true;
    touched_.push_back(connection.id);
    if (touches_due_ == MonoTime()) {
      touches_due_ = now + Millis(std::max(config_.session.tick_time_ms / 2, 1));
    }
  }
  connection.touched_at = now;
  RequestView request;
  request.session = client.session;
  request.connection = connection.id;
  request.xid = header.xid;
  request.op = op.has_value() && is_client_request(*op) ? *op : OpCode::kError;
  request.body = body;
  request.identities = client.identities.get();
  request.received = now;
  if (request.xid > 0) ++client.outstanding;
  if (request.op == OpCode::kError) {
    OKAPI_WARN(env_.log(), "Received packet at server of unknown type {}", header.type);
  }
  // Compat: what follows these is never answered (spec 2.10, 2.11).
  if (request.op == OpCode::kError || request.op == OpCode::kCloseSession) {
    connection.stopped = true;
    set_interest(connection, false);
  }
  if (throttle_.must_wait()) {
    throttle_.add(RequestPtr::make(request, client.identities));
  } else {
    start(connection, client, request);
  }
}

// The connection may be gone afterwards.
void Selector::start(Connection& connection, Client& client, const RequestView& request) {
  if (worker_->admit(request)) return worker_->submit(client, request, now_);
  metrics_.large_rejected.add();
  bad_input(connection, fmt::format("large requests are at their bound, one of {} bytes more",
                                    request.body.size()));
}

void Selector::run_throttled(Turn& turn) {
  while (throttle_.size() > 0) {
    ConnectionId id = throttle_.front()->connection;
    Connection& connection = *find(id);  // what a connection leaves is taken out when it ends
    Client& client = *clients_.find(id);
    auto verdict = throttle_.judge_front(connection.timeout_ms, client.lane.idle(), now_);
    if (verdict == RequestThrottle::Verdict::kStall) {
      turn.wake_at(now_ + throttle_.stall_time());
      return;
    }
    if (verdict == RequestThrottle::Verdict::kStale) {
      throttle_.drop_all_of(id);
      close(connection, "its requests are older than its session may be silent");
      continue;
    }
    RequestPtr request = throttle_.take_front(now_);
    if (client.closing) continue;
    if (verdict == RequestThrottle::Verdict::kRun) {
      start(connection, client, *request);
      continue;
    }
    throttle_.metrics().refused.add();
    if (request->xid > 0) --client.outstanding;
    worker_->reply(client, request->xid, Zxid(), ErrorCode::kThrottledOp, ByteView());
  }
}

void Selector::take_auth(Connection& connection, Client& client, int32_t xid, ByteView body) {
  auto packet = jute::decode<AuthPacket>(body);
  if (!packet.ok()) {
    bad_input(connection, "auth packet ends early");
    return;
  }
  IdentityList identities = *client.identities;
  AuthPeer peer{connection.stream->peer().ip};
  ErrorCode error = ErrorCode::kAuthFailed;
  if (packet->scheme.has_value()) {
    error = registry_.authenticate(*packet->scheme, packet->auth, peer, identities);
  }
  worker_->reply(client, xid, Zxid(), error, ByteView());
  if (error != ErrorCode::kOk) {
    OKAPI_WARN(env_.log(), "Authentication failed for scheme: {} from /{}:{}",
               printable(packet->scheme.value_or(ByteView())), peer.ip,
               connection.stream->peer().port);
    metrics_.auth_failed.add();
    connection.refused = true;
    client.closing = true;
    return;
  }
  // Requests received before keep the identities they had.
  client.identities = std::make_shared<IdentityList>(std::move(identities));
}

// Compat: a server without SASL answers with a null token (spec 5.7).
void Selector::take_sasl(Connection& connection, Client& client, int32_t xid, ByteView body) {
  if (!jute::decode<SaslRequest>(body).ok()) {
    bad_input(connection, "sasl packet ends early");
    return;
  }
  constexpr ByteView kNullToken("\xff\xff\xff\xff", 4);
  worker_->reply(client, xid, Zxid(), ErrorCode::kOk, kNullToken);
}

}  // namespace okapi
