// A token bucket on handshakes, so that a crowd that reconnects at once is let in at a bounded rate
// (keys connection_throttle_*, client-protocol spec 10.2). Off by default. A part of
// SessionTracker; time is given.
#pragma once

#include "common/base/metrics.h"
#include "common/base/random.h"
#include "common/base/time.h"
#include "server/config/server_config.h"

namespace okapi {

// What a handshake asks for.
enum class HandshakeKind { kGlobal, kLocal, kReattach };

class ConnectionThrottle {
 public:
  ConnectionThrottle(const ConnectionThrottleConfig& config, uint64_t seed);

  // Whether a handshake is let in; it takes its tokens then.
  bool admit(HandshakeKind kind, MonoTime now);

  // Tokens missing from a full bucket after each admission.
  Summary& deficit() { return deficit_; }
  // Any thread: how likely a handshake is refused for no other reason, in millionths.
  int64_t drop_millionths() const { return drop_millionths_.get(); }

 private:
  void refill(MonoTime now);
  // Compat: the probability of a refusal rises each freeze time that begins with an empty bucket
  // and falls with one that is full enough.
  bool is_dropped(MonoTime now);

  const ConnectionThrottleConfig config_;
  const int64_t capacity_, fill_count_;
  int64_t tokens_;
  MonoTime filled_at_{}, adjusted_at_{};
  double drop_ = 0;
  Rng rng_;
  Summary deficit_;
  Counter drop_millionths_;
};

}  // namespace okapi
