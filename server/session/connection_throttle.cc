#include "server/session/connection_throttle.h"

#include <algorithm>
#include <cmath>

#include "common/base/assert.h"

namespace okapi {
namespace {

constexpr int64_t kMillion = 1'000'000;

int64_t weighted(int32_t count, const ConnectionThrottleConfig& config) {
  return config.weight_enabled ? int64_t{count} * config.global_session_weight : count;
}

int32_t weight_of(HandshakeKind kind, const ConnectionThrottleConfig& config) {
  switch (kind) {
    case HandshakeKind::kGlobal:
      return config.global_session_weight;
    case HandshakeKind::kLocal:
      return config.local_session_weight;
    case HandshakeKind::kReattach:
      return config.renew_session_weight;
  }
  assertion_failed("a handshake has a kind", __FILE__, __LINE__);
}

}  // namespace

ConnectionThrottle::ConnectionThrottle(const ConnectionThrottleConfig& config, uint64_t seed)
    : config_(config),
      capacity_(weighted(config.tokens, config)),
      fill_count_(weighted(config.fill_count, config)),
      tokens_(capacity_),
      rng_(seed) {}

bool ConnectionThrottle::admit(HandshakeKind kind, MonoTime now) {
  if (capacity_ <= 0) return true;
  refill(now);
  if (config_.freeze_time_ms != -1 && is_dropped(now)) return false;
  int64_t cost = config_.weight_enabled ? weight_of(kind, config_) : 1;
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  deficit_.record(capacity_ - tokens_);
  return true;
}

void ConnectionThrottle::refill(MonoTime now) {
  double elapsed_ms = static_cast<double>(to_ms(now - filled_at_));
  if (elapsed_ms <= config_.fill_time_ms) return;
  double fresh = elapsed_ms * static_cast<double>(fill_count_) / config_.fill_time_ms;
  double room = static_cast<double>(capacity_ - tokens_);
  tokens_ += static_cast<int64_t>(std::min(std::max(fresh, 0.0), room));
  filled_at_ = now;
}

bool ConnectionThrottle::is_dropped(MonoTime now) {
  if (now - adjusted_at_ > Millis(config_.freeze_time_ms)) {
    int64_t missing = capacity_ - tokens_;
    auto threshold = std::llround(static_cast<double>(capacity_) * config_.decrease_ratio);
    if (missing == capacity_ && drop_ < 1) {
      drop_ = std::min(drop_ + config_.drop_increase, 1.0);
    } else if (missing <= threshold && drop_ > 0) {
      drop_ = std::max(drop_ - config_.drop_decrease, 0.0);
    }
    adjusted_at_ = now;
    auto millionths = static_cast<int64_t>(drop_ * kMillion);
    drop_millionths_.add(millionths - drop_millionths_.get());
  }
  return rng_.below(kMillion) < static_cast<uint64_t>(std::max(drop_, 0.0) * kMillion);
}

}  // namespace okapi
