// Deadlines of sessions in buckets one tick wide: a whole bucket falls at once (client-protocol
// spec 7.1). A part: its owner's thread, time is given.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <map>
#include <optional>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"

namespace okapi {

class ExpiryQueue {
 public:
  explicit ExpiryQueue(Millis tick) : tick_(tick) {}

  // The session lives at least until `now` + `timeout`: moves it into the bucket
  // (floor((now + timeout) / tick) + 1) * tick, never to an earlier one than it is in if `at` is an
  // old touch.
  void touch(SessionId session, MonoTime now, Millis timeout);
  void remove(SessionId session);
  // When the next bucket falls.
  std::optional<MonoTime> next() const;
  // Sessions of the buckets that have fallen by `now`, taken out.
  std::vector<SessionId> take_expired(MonoTime now);
  // Sessions of the buckets that have fallen by `now`, left in.
  bool due(MonoTime now) const { return next().has_value() && *next() <= now; }

  using Bucket = boost::unordered_flat_set<SessionId, std::hash<SessionId>>;
  // For `dump`: deadline and sessions, ascending.
  const std::map<MonoTime, Bucket>& buckets() const { return buckets_; }
  size_t size() const { return deadline_of_.size(); }

 private:
  void leave_bucket(SessionId session, MonoTime deadline);

  Millis tick_;
  boost::unordered_flat_map<SessionId, MonoTime, std::hash<SessionId>> deadline_of_;
  std::map<MonoTime, Bucket> buckets_;
};

}  // namespace okapi
