#include "server/zab/learner_progress.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

LearnerProgress::LearnerProgress(const LearnerLimits& limits, MonoTime now)
    : limits_(limits),
      since_(now),
      heard_(now),
      synced_until_(now + limits.init_limit + limits.sync_limit) {}

void LearnerProgress::enter(Phase phase, MonoTime now) {
  OKAPI_ASSERT(phase >= phase_);
  phase_ = phase;
  since_ = now;
}

void LearnerProgress::heard(MonoTime now) {
  heard_ = now;
  if (phase_ >= Phase::kAcked) synced_until_ = now + limits_.sync_limit;
}

std::optional<std::string> LearnerProgress::overdue(MonoTime now) const {
  if (phase_ == Phase::kStreaming) return std::nullopt;  // its handler watches the progress
  // Before UPTODATE a learner answers no ping.
  Nanos limit = phase_ == Phase::kServing ? limits_.sync_limit : limits_.init_limit;
  if (phase_ == Phase::kAcked) limit += limits_.sync_limit;
  Nanos silent = now - std::max(since_, heard_);
  if (silent > limit) return fmt::format("silent for {} ms", to_ms(silent));
  if (oldest_.has_value() && now - oldest_->sent >= limits_.sync_limit) {
    return fmt::format("has not acked 0x{:x} for {} ms", oldest_->zxid.value(),
                       to_ms(now - oldest_->sent));
  }
  return std::nullopt;
}

void LearnerProgress::proposed(Zxid zxid, MonoTime now) {
  if (phase_ < Phase::kAcked) return;
  (oldest_.has_value() ? newest_ : oldest_) = Sample{zxid, now};
}

void LearnerProgress::acked(Zxid zxid) {
  if (!oldest_.has_value() || zxid < oldest_->zxid) return;
  oldest_ = std::exchange(newest_, std::nullopt);
  if (oldest_.has_value() && zxid >= oldest_->zxid) oldest_.reset();
}

bool LearnerProgress::hold(SharedBytes packet) {
  OKAPI_ASSERT(phase_ == Phase::kNewLeader || phase_ == Phase::kAcked);
  if (held_.size() == limits_.held_commits_max) return false;
  held_.push_back(std::move(packet));
  return true;
}

std::vector<SharedBytes> LearnerProgress::take_held() { return std::exchange(held_, {}); }

}  // namespace okapi
