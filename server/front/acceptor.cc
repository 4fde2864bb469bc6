#include "server/front/acceptor.h"

namespace okapi {
namespace {

constexpr uint64_t kListenerToken = 1;
constexpr int kAcceptsPerStep = 256;
constexpr Millis kRetryPause{100};

}  // namespace

Acceptor::Acceptor(Env& env, const Limits& limits, std::unique_ptr<Listener> listener,
                   Poller& poller, size_t selectors)
    : env_(env), limits_(limits), listener_(std::move(listener)), poller_(poller) {
  to_selectors.resize(selectors);
  poller_.watch(*listener_, kListenerToken, Interest::kNone);
}

Acceptor::~Acceptor() { poller_.forget(*listener_); }

void Acceptor::step(Turn& turn) {
  freed_inbox_.clear();
  freed.drain(freed_inbox_);
  for (const AddressFreed& item : freed_inbox_) {
    --open_;
    auto it = by_ip_.find(item.ip);
    if (it != by_ip_.end() && --it->second == 0) by_ip_.erase(it);
  }
  orders_inbox_.clear();
  orders.drain(orders_inbox_);
  for (const AcceptOrder& order : orders_inbox_) {
    accepting_ = order.accept;
    poller_.change(*listener_, kListenerToken, accepting_ ? Interest::kRead : Interest::kNone);
  }
  bool waiting = !poller_.ready().empty();
  if (retry_at_ != MonoTime() && turn.now() >= retry_at_) {
    retry_at_ = MonoTime();
    poller_.change(*listener_, kListenerToken, Interest::kRead);
    waiting = true;
  }
  if (accepting_ && waiting) accept_some(turn);
  if (retry_at_ != MonoTime()) turn.wake_at(retry_at_);
  for (auto& selector : to_selectors) selector.flush();
}

void Acceptor::accept_some(Turn& turn) {
  for (int i = 0; i < kAcceptsPerStep; ++i) {
    auto accepted = listener_->accept();
    if (!accepted.ok()) {
      int64_t suppressed = 0;
      if (failed_log_.allow(turn.now(), suppressed)) {
        OKAPI_WARN(env_.log(), "{} ({} more like this)", accepted.error().text, suppressed);
      }
      retry_at_ = turn.now() + kRetryPause;
      poller_.change(*listener_, kListenerToken, Interest::kNone);
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
    to_selectors[next_].add(Accepted{std::move(stream)});
    next_ = (next_ + 1) % to_selectors.size();
  }
  turn.again();
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
