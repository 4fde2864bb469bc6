#include "server/front/acceptor.h"

#include <algorithm>
#include <limits>

namespace okapi {
namespace {

constexpr uint64_t kListenerToken = 1;
constexpr int kAcceptsPerStep = 256;
constexpr Millis kRetryPause{100};

// Descriptors that are open at the start stay open.
int64_t room_for_clients(const Machine& machine, int32_t reserved) {
  if (machine.max_descriptors == 0) return std::numeric_limits<int64_t>::max();
  return std::max<int64_t>(machine.max_descriptors - machine.open_descriptors - reserved, 1);
}

}  // namespace

Acceptor::Acceptor(Env& env, const Limits& limits, std::unique_ptr<Listener> listener,
                   Poller& poller, size_t selectors)
    : env_(env),
      limits_(limits),
      listener_(std::move(listener)),
      port_(listener_->local().port),
      poller_(poller),
      room_(room_for_clients(env.machine(), limits.reserved_descriptors)),
      refusals_(limits.refused_per_minute_max) {
  to_selectors.resize(selectors);
  poller_.watch(*listener_, kListenerToken, Interest::kNone);
}

Acceptor::~Acceptor() {
  if (listener_ != nullptr) poller_.forget(*listener_);
}

void Acceptor::step(Turn& turn) {
  take_mail(turn.now());
  deal_held(turn.now());
  bool waiting = !poller_.ready().empty();
  bool listened = listening_;
  if (listen(turn.now()) && (waiting || !listened)) accept_some(turn);
  listen(turn.now());
  if (retry_at_ != MonoTime()) turn.wake_at(retry_at_);
  if (!held_.empty()) turn.wake_at(held_.front().until);
  for (auto& selector : to_selectors) selector.flush();
}

void Acceptor::take_mail(MonoTime now) {
  freed_inbox_.clear();
  freed.drain(freed_inbox_);
  for (const AddressFreed& item : freed_inbox_) {
    --open_;
    auto it = by_ip_.find(item.ip);
    if (it != by_ip_.end() && --it->second == 0) by_ip_.erase(it);
    if (item.refused) refusals_.note(item.ip, now);
  }
  orders_inbox_.clear();
  orders.drain(orders_inbox_);
  for (const AcceptOrder& order : orders_inbox_) accepting_ = order.accept;
  moves_inbox_.clear();
  moves.drain(moves_inbox_);
  if (!moves_inbox_.empty()) move(moves_inbox_.back());
}

// The old address may be a part of the new one, so it goes first.
// Compat: a server that cannot open the new one goes on without a client port.
void Acceptor::move(const MoveOrder& order) {
  if (listener_ != nullptr) poller_.forget(*listener_);
  listener_.reset();
  listening_ = false;
  auto opened = env_.net().listen(order.to, order.backlog);
  port_.store(opened.ok() ? (*opened)->local().port : uint16_t{0}, std::memory_order_relaxed);
  if (!opened.ok()) {
    OKAPI_ERROR(env_.log(), "Cannot reconfigure the client port to {}:{}: {}", order.to.ip,
                order.to.port, opened.error().text);
    return;
  }
  listener_ = std::move(*opened);
  poller_.watch(*listener_, kListenerToken, Interest::kNone);
  OKAPI_INFO(env_.log(), "binding to port {}:{}", listener_->local().ip, listener_->local().port);
}

bool Acceptor::listen(MonoTime now) {
  if (retry_at_ != MonoTime() && now >= retry_at_) retry_at_ = MonoTime();
  bool full = open_ >= room_;
  int64_t suppressed = 0;
  if (full && listening_ && full_log_.allow(now, suppressed)) {
    OKAPI_WARN(env_.log(),
               "{} client connections, and the rest of the descriptors is kept for files and "
               "peers: further ones wait ({} more like this)",
               open_, suppressed);
  }
  bool wanted = accepting_ && retry_at_ == MonoTime() && !full && listener_ != nullptr;
  if (wanted != listening_) {
    listening_ = wanted;
    poller_.change(*listener_, kListenerToken, wanted ? Interest::kRead : Interest::kNone);
  }
  return wanted;
}

void Acceptor::accept_some(Turn& turn) {
  for (int i = 0; i < kAcceptsPerStep && open_ < room_; ++i) {
    auto accepted = listener_->accept();
    if (!accepted.ok()) {
      int64_t suppressed = 0;
      if (failed_log_.allow(turn.now(), suppressed)) {
        OKAPI_WARN(env_.log(), "{} ({} more like this)", accepted.error().text, suppressed);
      }
      retry_at_ = turn.now() + kRetryPause;
      return;
    }
    if (*accepted == nullptr) return;
    std::unique_ptr<Stream> stream = std::move(*accepted);
    if (!admit(stream->peer(), turn.now())) {
      // Compat: a connection over the limit is reset, no bytes are sent.
      stream->reset_on_close();
      rejected_.add();
      continue;
    }
    hold_or_deal(std::move(stream), turn.now());
  }
  turn.again();
}

void Acceptor::hold_or_deal(std::unique_ptr<Stream> stream, MonoTime now) {
  const std::string& ip = stream->peer().ip;
  if (!refusals_.is_over(ip, now)) return deal(std::move(stream));
  int64_t suppressed = 0;
  if (guess_log_.allow(now, suppressed)) {
    OKAPI_WARN(env_.log(),
               "More than {} sessions or authentications of {} were refused within a minute: its "
               "connections wait {} ms ({} more like this)",
               limits_.refused_per_minute_max, ip, limits_.refused_delay_ms, suppressed);
  }
  held_.push_back({now + Millis(limits_.refused_delay_ms), std::move(stream)});
}

void Acceptor::deal_held(MonoTime now) {
  while (!held_.empty() && held_.front().until <= now) {
    deal(std::move(held_.front().stream));
    held_.pop_front();
  }
}

void Acceptor::deal(std::unique_ptr<Stream> stream) {
  to_selectors[next_].add(Accepted{std::move(stream)});
  next_ = (next_ + 1) % to_selectors.size();
}

bool Acceptor::admit(const Endpoint& peer, MonoTime now) {
  bool full = limits_.connections_max > 0 && open_ >= limits_.connections_max;
  int32_t& count = by_ip_[peer.ip];
  bool crowded = limits_.connections_per_ip_max > 0 && count >= limits_.connections_per_ip_max;
  if (full || crowded) {
    if (count == 0) by_ip_.erase(peer.ip);
    int64_t suppressed = 0;
    if (refused_log_.allow(now, suppressed)) {
      OKAPI_WARN(env_.log(), "Too many connections from {} - max is {} ({} more like this)",
                 peer.ip, full ? limits_.connections_max : limits_.connections_per_ip_max,
                 suppressed);
    }
    return false;
  }
  ++count;
  ++open_;
  return true;
}

}  // namespace okapi
