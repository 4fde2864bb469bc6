#include "server/front/selector.h"

#include <algorithm>

namespace okapi {
namespace {

constexpr int kLoneTurns = 4;
// Between two looks at a feed that another worker has to empty, or at the time to serve until.
constexpr Millis kHeldPause{1};

}  // namespace

Selector::Selector(Env& env, const ServerConfig& config, const ProviderRegistry& registry,
                   Admission& admission, Poller& poller, uint8_t index,
                   bool (*is_command)(ByteView))
    : env_(env),
      config_(config),
      registry_(registry),
      admission_(admission),
      poller_(poller),
      index_(index),
      is_command_(is_command),
      throttle_(config.request, admission),
      clients_(index),
      buffer_(new char[kReadBytes]) {}

Selector::~Selector() {
  for (auto& connection : connections_) {
    if (connection != nullptr) poller_.forget(*connection->stream);
  }
}

void Selector::attach(Bell& bell) {
  accepted.attach(bell);
  terms.attach(bell);
  command_replies.attach(bell);
  asks.attach(bell);
}

void Selector::step(Turn& turn) {
  now_ = turn.now();
  with_requests_ = 0;
  requester_ = ConnectionId();
  take_mail(turn);
  if (worker_ != nullptr) worker_->serve_feed(now_);
  held_ = any_feed_full() || is_past_serving(now_);
  run_throttled(turn);
  for (const Readiness& ready : poller_.ready()) {
    Connection* connection = find(ConnectionId::of(ready.token));
    if (connection == nullptr) continue;
    if (ready.writable) flush(*connection, *clients_.find(connection->id));
    connection = find(ConnectionId::of(ready.token));
    if (connection != nullptr && ready.readable) read_from(*connection, now_);
  }
  if (held_) turn.wake_at(now_ + kHeldPause);
  flush_clients();
  if (clients_.has_dirty()) turn.again();
  if (ending_.has_value() && may_end_term()) end_term();
  if (ending_.has_value()) turn.wake_at(ending_->until);
  if (touches_due_ != MonoTime() && now_ >= touches_due_) send_touches(false);
  drop_silent(turn);
  note_lone(turn, requester_, with_requests_);
  // Requests first, then "this connection is closed", so that an attach never overtakes them (O5).
  if (worker_ != nullptr) worker_->flush();
  to_tracker_.flush();
  to_acceptor.flush();
  to_admin.flush();
  answers_to_admin.flush();
  if (touches_due_ != MonoTime()) turn.wake_at(touches_due_);
}

void Selector::take_mail(Turn& turn) {
  accepted_inbox_.clear();
  if (accepted.drain(accepted_inbox_)) {
    for (Accepted& item : accepted_inbox_) open(std::move(item), turn.now());
  }
  terms_inbox_.clear();
  if (terms.drain(terms_inbox_)) {
    for (const TermMail& item : terms_inbox_) {
      if (const auto* begins = std::get_if<TermBegins>(&item)) {
        begin_term(*begins);
      } else if (const auto* ends = std::get_if<TermEnds>(&item)) {
        ending_ = *ends;
      } else {
        obey(std::get<SessionOrder>(item));
      }
    }
  }
  replies_inbox_.clear();
  if (command_replies.drain(replies_inbox_)) {
    for (CommandReply& item : replies_inbox_) {
      Client* client = clients_.find(item.connection);
      if (client == nullptr) continue;
      client->out += item.text;
      client->closing = true;
      clients_.mark_dirty(*client);
    }
  }
  asks_inbox_.clear();
  if (asks.drain(asks_inbox_)) {
    for (const AskClients& ask : asks_inbox_) answer(ask);
  }
}

void Selector::open(Accepted item, MonoTime now) {
  Client& client = clients_.open();
  AuthPeer peer{item.stream->peer().ip};
  client.identities = std::make_shared<IdentityList>(registry_.initial_identities(peer));
  auto connection = std::make_unique<Connection>();
  connection->stream = std::move(item.stream);
  if (config_.client.tcp_keep_alive) connection->stream->keep_alive();
  connection->id = client.id;
  connection->last_io = now;
  connection->established_ms = env_.clock().wall().ms;
  poller_.watch(*connection->stream, client.id.value(), Interest::kRead);
  silence_checks_[silent_until(*connection)].push_back(client.id);
  if (client.id.slot() >= connections_.size()) connections_.resize(client.id.slot() + 1);
  connections_[client.id.slot()] = std::move(connection);
  connections_count_.add();
}

void Selector::begin_term(const TermBegins& term) {
  OKAPI_ASSERT(worker_ == nullptr);
  tree_ = term.tree;
  live_sessions_ = term.live_sessions;
  read_only_ = term.read_only;
  feeds_ = term.all_feeds;
  serving_until_ = term.serving_until;
  worker_ = std::make_unique<CommitWorker>(
      CommitWorker::Parts{config_, registry_, *term.tree, *term.watches, admission_, clients_,
                          *term.feed, metrics_, term.sync_goes, term.read_only});
  if (term.pending != nullptr) worker_->to_commit = Sink<WriteTicket>(*term.pending);
  if (term.requests != nullptr) worker_->to_prep = Sink<PrepMail>(*term.requests);
  worker_->to_tracker = Sink<SessionMail>(*term.sessions);
  to_tracker_ = Sink<SessionMail>(*term.sessions);
}

bool Selector::may_end_term() const {
  if (now_ >= ending_->until) return true;
  bool busy = false;
  clients_.for_each(
      [&](const Client& client) { busy = busy || !client.lane.idle() || !client.out.empty(); });
  return !busy;
}

void Selector::end_term() {
  for (auto& connection : connections_) {
    // A command is answered all the same.
    if (connection == nullptr || connection->phase == Phase::kCommand) continue;
    close(*connection, "the server stops serving");
  }
  worker_->flush();
  worker_.reset();
  feeds_.clear();
  tree_ = nullptr;
  live_sessions_ = nullptr;
  serving_until_ = nullptr;
  to_tracker_.disconnect();
  ending_->confirm->post(TermEnded{});
  ending_.reset();
}

void Selector::obey(const SessionOrder& order) {
  std::visit([&](const auto& kind) { obey(kind); }, order);
}

void Selector::obey(const AttachResult& order) {
  Client* client = clients_.find(order.connection);
  if (client != nullptr) {
    established(*client, order);
  } else if (order.session != SessionId()) {
    // It went away meanwhile; the session lives on without it.
    to_tracker_.add(ConnectionClosed{order.connection, order.session});
  }
}

void Selector::obey(const CloseConnection& order) {
  if (Connection* connection = find(order.connection)) {
    close(*connection, "its session was taken over");
  }
  // Otherwise ConnectionClosed is on its way already.
}

void Selector::obey(const AskTouches&) { send_touches(true); }

void Selector::answer(const AskClients& ask) {
  if (ask.what == AskClients::What::kResetServer) metrics_.reset();
  if (ask.what == AskClients::What::kResetConnections) {
    clients_.for_each([](Client& client) { client.reset_counts(); });
  }
  ClientsAnswer answer{ask.ticket, {}};
  clients_.for_each([&](Client& client) {
    const Connection& connection = *connections_[client.id.slot()];
    ClientReport& report = answer.clients.emplace_back();
    report.peer = connection.stream->peer();
    bool reads = (static_cast<int>(connection.interest) & static_cast<int>(Interest::kRead)) != 0;
    bool writes = (static_cast<int>(connection.interest) & static_cast<int>(Interest::kWrite)) != 0;
    report.interest = (reads ? 1 : 0) | (writes ? 4 : 0);
    report.timeout_ms = connection.timeout_ms;
    report.established_ms = connection.established_ms;
    report.expires = silent_until(connection);
    fill(report, client);
  });
  answers_to_admin.add(std::move(answer));
}

// While one connection is alone, this thread runs Sync's turn too: no hand-off at all for a lone
// write. Anything else, in any turn, ends it.
void Selector::note_lone(Turn& turn, ConnectionId only, size_t with_requests) {
  if (with_requests == 0) {
    // A turn that only brought answers says nothing.
  } else if (with_requests == 1 && only == last_only_) {
    ++lone_turns_;
  } else {
    lone_turns_ = 0;
    last_only_ = with_requests == 1 ? only : ConnectionId();
  }
  if (lone_turns_ >= kLoneTurns && !clients_.has_dirty()) turn.lend_to_waiting();
}

void Selector::send_touches(bool answer) {
  Touches mail{index_, answer, {}};
  for (ConnectionId id : touched_) {
    Connection* connection = find(id);
    if (connection == nullptr) continue;
    connection->touched = false;
    mail.touches.push_back(
        {clients_.find(id)->session, connection->touched_at, connection->timeout_ms});
  }
  touched_.clear();
  touches_due_ = MonoTime();
  if (answer || !mail.touches.empty()) to_tracker_.add(std::move(mail));
}

// Compat: a connection that sends and takes nothing for its session timeout (before the handshake:
// sessionlessCnxnTimeout) is closed at the next multiple of sessionlessCnxnTimeout; its session
// lives on (spec 2.2).
MonoTime Selector::silent_until(const Connection& connection) const {
  Millis interval(std::max(config_.client.sessionless_timeout_ms, 1));
  Millis limit = connection.timeout_ms > 0 ? Millis(connection.timeout_ms) : interval;
  return MonoTime(interval * ((connection.last_io.time_since_epoch() + limit) / interval + 1));
}

void Selector::drop_silent(Turn& turn) {
  while (!silence_checks_.empty() && silence_checks_.begin()->first <= now_) {
    std::vector<ConnectionId> ids = std::move(silence_checks_.begin()->second);
    silence_checks_.erase(silence_checks_.begin());
    for (ConnectionId id : ids) {
      Connection* connection = find(id);
      if (connection == nullptr) continue;
      MonoTime end = silent_until(*connection);
      if (end <= now_) {
        metrics_.silent.add();
        close(*connection, "silent for too long");
      } else {
        silence_checks_[end].push_back(id);
      }
    }
  }
  if (!silence_checks_.empty()) turn.wake_at(silence_checks_.begin()->first);
}

Selector::Connection* Selector::find(ConnectionId id) {
  if (clients_.find(id) == nullptr) return nullptr;
  return connections_[id.slot()].get();
}

}  // namespace okapi
