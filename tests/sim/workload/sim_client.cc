#include "tests/sim/workload/sim_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/core/reply_bodies.h"
#include "common/base/assert.h"

namespace okapi::sim {
namespace {
constexpr Millis kDialPatience{3000};
}

SimClient::SimClient(SimWorld& world, SimEnv& env, const std::vector<HostPort>& servers,
                     size_t index, const WorkloadOptions& options, History& history)
    : world_(world),
      env_(env),
      index_(index),
      name_(fmt::format("client{}", index)),
      options_(options),
      history_(history),
      source_(options, name_, env.seed()),
      servers_(servers, source_.rng()) {
  poller_ = env.net().make_poller(PollerKind::kGeneral);
  new_session();
  env.scheduler().enroll(*this, {.home = "Client", .poller = poller_.get()});
}

SimClient::~SimClient() { env_.scheduler().retire(*this); }

Millis SimClient::up_to(Millis most) {
  return Millis(static_cast<int64_t>(source_.rng().below(static_cast<uint64_t>(most.count()) + 1)));
}

void SimClient::new_session() {
  session_ = std::make_unique<ClientSession>(
      ClientSession::Options{.timeout = options_.session_timeout,
                             .connect_timeout = Millis(4000),
                             .may_be_read_only = options_.may_be_read_only});
  if (!options_.digest_auth.empty()) session_->add_auth("digest", options_.digest_auth);
  by_xid_.clear();
  mine().sessions.push_back({.timeout = Millis::max()});
}

// Connecting.

void SimClient::dial() {
  const HostPort& server = servers_.next();
  stream_ = std::move(*env_.net().connect({server.host, server.port}));
  poller_->watch(*stream_, 1, Interest::kBoth);
  in_history_ = broken_ = false;
  ++dials_;
  give_up_dial_at_ = env_.clock().now() + kDialPatience;
}

void SimClient::greet(MonoTime now) {
  rearmed_now_.clear();
  session_->watches().rearm(
      session_->last_zxid_seen(), size_t{128} << 10, [&](const SetWatches2Request& request) {
        auto copy = [](const jute::Vector<ByteView>& from) {
          return std::vector<std::string>(from.items.begin(), from.items.end());
        };
        rearmed_now_.push_back({.relative_zxid = request.relative_zxid,
                                .data = copy(request.data),
                                .exist = copy(request.exist),
                                .child = copy(request.child),
                                .persistent = copy(request.persistent),
                                .recursive = copy(request.recursive)});
      });
  // What was asked since the last connection went travels with this one.
  for (CallRecord& record : mine().calls) {
    if (record.state == CallState::kOpen && record.dial == 0) record.dial = dials_;
  }
  tap_.connected(session_history().id != SessionId());
  session_->connected(now);
  greeted_at_ = world_.now();
}

void SimClient::hang_up(MonoTime now, Millis stay_away) {
  if (in_history_) connection().closed = true;
  stream_.reset();
  if (session_->state() != ClientSession::State::kDisconnected && !session_->is_dead()) {
    session_->disconnected();
  }
  take_deliveries();
  dial_at_ = now + stay_away;
}

// Receiving.

bool SimClient::receive(MonoTime now) {
  std::array<char, 4096> buffer;
  for (int i = 0; i < 8; ++i) {
    IoResult result = stream_->read(buffer);
    if (result.state == IoState::kWouldBlock) return true;
    if (result.state != IoState::kOk) return false;
    if (session_->is_dead()) continue;  // whatever follows the end means nothing
    ByteView bytes(buffer.data(), result.bytes);
    auto wrong = tap_.receive(bytes, [this](const TappedFrame& frame) { take_frame(frame); });
    if (wrong.has_value()) world_.fail("wire", fmt::format("{}: {}", name_, *wrong));
    session_->receive(bytes, now);
    take_deliveries();
    session_history().local |= session_->is_read_only();
  }
  return true;
}

void SimClient::take_frame(const TappedFrame& frame) {
  if (frame.connect) return take_connect_response(frame);
  Arrival arrival{.at = world_.now(), .zxid = frame.header.zxid};
  switch (frame.header.xid) {
    case kNotificationXid:
      arrival.kind = Arrival::Kind::kEvent;
      arrival.event = static_cast<EventType>(frame.event_type);
      arrival.path = frame.event_path;
      world_.trace().line(world_.now(), name_, "event {} {} at {:x}", frame.event_type,
                          frame.event_path, frame.header.zxid.value());
      break;
    case kPingXid:
      arrival.kind = Arrival::Kind::kPing;
      session_history().heard.emplace_back(ping_sent_, world_.now());
      break;
    case kAuthXid:
      return;
    case kSetWatchesXid:
      arrival.kind = Arrival::Kind::kWatchesSet;
      break;
    default:
      return take_reply(frame);
  }
  connection().arrivals.push_back(std::move(arrival));
}

void SimClient::take_connect_response(const TappedFrame& frame) {
  const ConnectResponse& response = frame.connect_response;
  world_.trace().line(world_.now(), name_, "session {:x} timeout {} at {}",
                      response.session_id.value(), response.timeout_ms, stream_->peer().ip);
  if (response.timeout_ms <= 0) return;
  // What a read-only server gave is not asked for elsewhere.
  if (session_history().local) mine().sessions.push_back({.timeout = Millis::max()});
  SessionHistory& session = session_history();
  if (session.id != SessionId() && session.id != response.session_id) {
    world_.fail("G11", fmt::format("{}: asked for session {:x}, got {:x}", name_,
                                   session.id.value(), response.session_id.value()));
  }
  session.id = response.session_id;
  session.timeout = std::min(session.timeout, Millis(response.timeout_ms));
  session.heard.emplace_back(greeted_at_, world_.now());
  mine().connections.push_back({.session = session.id,
                                .timeout = Millis(response.timeout_ms),
                                .began = world_.now(),
                                .rearmed = rearmed_now_});
  in_history_ = true;
  servers_.succeeded();
}

void SimClient::take_reply(const TappedFrame& frame) {
  auto found = by_xid_.find(frame.header.xid);
  if (found == by_xid_.end()) {
    world_.fail("INV-D8",
                fmt::format("{}: reply to xid {} that nobody asked (zxid {:x}, err {}, {})", name_,
                            frame.header.xid, frame.header.zxid.value(), frame.header.err,
                            printable(frame.body)));
    return;
  }
  CallRecord& record = mine().calls[found->second];
  if (record.state != CallState::kOpen) {
    world_.fail("INV-D8", fmt::format("{}: second answer to xid {}", name_, frame.header.xid));
    return;
  }
  record.state = CallState::kAnswered;
  record.connection = mine().connections.size() - 1;
  record.session = session_history().id;
  record.ended = world_.now();
  record.err = static_cast<ErrorCode>(frame.header.err);
  record.zxid = frame.header.zxid;
  record.body = frame.body;
  world_.trace().line(world_.now(), name_, "xid {} answered {} at {:x}", frame.header.xid,
                      frame.header.err, frame.header.zxid.value());
  connection().arrivals.push_back({.kind = Arrival::Kind::kReply,
                                   .at = world_.now(),
                                   .zxid = frame.header.zxid,
                                   .call = found->second});
  if (record.err == ErrorCode::kOk && is_sequential(record.call.mode)) {
    auto created = jute::decode<PathBody>(record.body);
    if (created.ok() && created->path.has_value()) source_.learned(std::string(*created->path));
  }
}

void SimClient::take_deliveries() {
  Delivery delivery;
  while (session_->next(delivery)) {
    switch (delivery.kind) {
      case Delivery::Kind::kLost: {
        CallRecord& record = mine().calls[delivery.tag];
        record.state = CallState::kLost;
        record.session = session_history().id;
        record.ended = world_.now();
        break;
      }
      case Delivery::Kind::kExpired:
        session_history().expired = true;
        session_history().expired_at = world_.now();
        broken_ = true;
        break;
      case Delivery::Kind::kBroken:
        world_.fail("INV-D8", fmt::format("{}: {}", name_, delivery.path));
        break;
      case Delivery::Kind::kClosed:
      case Delivery::Kind::kAuthFailed:
        broken_ = true;
        break;
      case Delivery::Kind::kReply:
      case Delivery::Kind::kEvent:
      case Delivery::Kind::kConnected:
        break;
    }
  }
}

// Asking.

void SimClient::make(Call call) {
  size_t number = mine().calls.size();
  Xid xid = submit(*session_, call, number);
  world_.trace().line(world_.now(), name_, "xid {} {}", xid.value(), describe(call));
  by_xid_[xid.value()] = number;
  mine().calls.push_back({.call = std::move(call),
                          .client = index_,
                          .dial = greeted() ? dials_ : 0,
                          .session = session_history().id,
                          .xid = xid.value(),
                          .asked = world_.now()});
}

void SimClient::make_calls(MonoTime now) {
  if (phase_ != Phase::kWork || now < next_call_at_ || session_->is_dead()) return;
  // Without an id nobody could tell later whose transactions they were.
  if (session_history().id == SessionId()) return;
  for (; !asked_.empty(); asked_.pop_front()) {
    if (asked_.front().op == OpCode::kCloseSession) {
      close_session();
    } else {
      make(std::move(asked_.front()));
    }
  }
  Rng& dice = source_.rng();
  uint64_t depth = 1 + dice.below(options_.pipeline_max);
  while (session_->in_flight() < depth && mine().calls.size() < options_.calls) {
    make(source_.next());
  }
  bool idle = options_.idle_one_in != 0 && dice.chance(1, options_.idle_one_in);
  next_call_at_ = now + (idle ? options_.session_timeout * 2 : up_to(options_.think_max));
  make_mischief(now);
}

void SimClient::close_session() {
  size_t number = mine().calls.size();
  int32_t xid = by_xid_.empty() ? 1 : by_xid_.rbegin()->first + 1;
  session_->close(number);
  session_history().close_asked = true;
  by_xid_[xid] = number;
  world_.trace().line(world_.now(), name_, "xid {} close", xid);
  mine().calls.push_back({.call = {.op = OpCode::kCloseSession},
                          .client = index_,
                          .session = session_history().id,
                          .xid = xid,
                          .asked = world_.now()});
}

void SimClient::make_mischief(MonoTime now) {
  Rng& dice = source_.rng();
  auto hit = [&](uint32_t one_in) { return one_in != 0 && dice.chance(1, one_in); };
  if (hit(options_.close_one_in) && session_->state() == ClientSession::State::kConnected) {
    close_session();
  } else if (stream_ != nullptr && hit(options_.vanish_one_in)) {
    world_.trace().line(world_.now(), name_, "vanishes");
    hang_up(now, options_.session_timeout * 3);
  } else if (stream_ != nullptr && hit(options_.hang_up_one_in)) {
    world_.trace().line(world_.now(), name_, "hangs up");
    hang_up(now, up_to(Millis(300)));
  }
}

size_t SimClient::ask(Call call) {
  asked_.push_back(std::move(call));
  return mine().calls.size() + asked_.size() - 1;
}

void SimClient::finish() { phase_ = Phase::kFinalReads; }

void SimClient::make_final_reads() {
  make({.op = OpCode::kSync, .path = "/"});
  for (const std::string& path : CallSource::all_paths(options_)) {
    make({.op = OpCode::kGetData, .path = path});
    make({.op = OpCode::kGetChildren2, .path = path});
  }
  make({.op = OpCode::kGetAllChildrenNumber, .path = "/"});
  // The last reply flushes every event before it.
  make({.op = OpCode::kSync, .path = "/"});
  phase_ = Phase::kIdle;
}

bool SimClient::finished() const {
  if (phase_ != Phase::kIdle || session_->in_flight() != 0) return false;
  if (session_->state() != ClientSession::State::kConnected) return false;
  const CallRecord& last = mine().calls.back();
  return last.state == CallState::kAnswered;
}

bool SimClient::send(MonoTime now) {
  while (!session_->output().empty()) {
    ByteView part = session_->output();
    IoResult result = stream_->write(std::span(&part, 1));
    if (result.state == IoState::kWouldBlock) return true;
    if (result.state != IoState::kOk) return false;
    session_->sent(result.bytes, now);
  }
  return true;
}

void SimClient::step(Turn& turn) {
  MonoTime now = turn.now();
  if (moves_to_.has_value()) {
    servers_ = HostList({*std::exchange(moves_to_, std::nullopt)}, source_.rng());
    hang_up(now, Millis(0));
  }
  if (stream_ == nullptr && now >= dial_at_) {
    if (session_->is_dead()) new_session();
    dial();
  }
  if (stream_ != nullptr && !greeted() && stands()) greet(now);
  if (phase_ == Phase::kFinalReads && session_->in_flight() == 0 &&
      session_->state() == ClientSession::State::kConnected) {
    make_final_reads();
  }
  make_calls(now);
  if (stream_ != nullptr && (!exchange(now) || broken_)) {
    hang_up(now, Millis(10) + up_to(Millis(200)));
  }
  // A lost final read starts the reading anew.
  if (phase_ == Phase::kIdle && session_->in_flight() == 0 && !finished()) finish();
  ask_for_turns(turn);
}

bool SimClient::greeted() const { return session_->state() != ClientSession::State::kDisconnected; }

// Whether the connection is there: then it takes bytes.
bool SimClient::stands() {
  for (const Readiness& one : poller_->ready()) {
    if (one.writable) return true;
  }
  return false;
}

// Moves bytes in both directions; false when the connection is at its end.
bool SimClient::exchange(MonoTime now) {
  if (!receive(now)) return false;
  if (!greeted()) return now < give_up_dial_at_;
  if (session_->is_dead()) return !broken_;
  size_t before = session_->output().size();
  if (!session_->tick(now)) return false;
  if (session_->output().size() > before) ping_sent_ = world_.now();
  return send(now);
}

void SimClient::ask_for_turns(Turn& turn) {
  MonoTime now = turn.now();
  if (stream_ == nullptr) {
    turn.wake_at(dial_at_);
  } else {
    bool more = !session_->output().empty() || !greeted();
    poller_->change(*stream_, 1, more ? Interest::kBoth : Interest::kRead);
    turn.wake_at(greeted() ? session_->next_tick() : give_up_dial_at_);
  }
  bool working = phase_ == Phase::kWork && mine().calls.size() < options_.calls;
  if (working) turn.wake_at(std::max(next_call_at_, now + Millis(1)));
  // Told from outside that work is over, it sees so at its next turn.
  turn.wake_at(now + (phase_ == Phase::kFinalReads ? Millis(50) : options_.glance));
}

}  // namespace okapi::sim
