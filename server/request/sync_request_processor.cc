#include "server/request/sync_request_processor.h"

#include <algorithm>

#include "server/config/exit_code.h"

namespace okapi {
namespace {

// After a slower batch the next is for the home: a thread that was lent has sockets to serve.
constexpr Millis kLentBatchMax{5};

}  // namespace

SyncRequestProcessor::SyncRequestProcessor(Env& env, const Options& options, TxnLogWriter writer)
    : env_(env), options_(options), writer_(std::move(writer)), rng_(env.seed()) {
  draw_roll_point();
}

// Compat: half the limit plus a random half, so that the servers of an ensemble do not snapshot at
// the same moment (storage spec 3.4).
void SyncRequestProcessor::draw_roll_point() {
  auto half = [&](int64_t limit) {
    return limit / 2 + static_cast<int64_t>(rng_.below(static_cast<uint64_t>(limit / 2)));
  };
  roll_after_records_ = half(std::max(options_.snap_count, 2));
  roll_after_bytes_ =
      options_.snap_size_limit_bytes < 0 ? -1 : half(options_.snap_size_limit_bytes);
  records_ = 0;
  bytes_at_roll_ = writer_.bytes_logged();
}

void SyncRequestProcessor::step(Turn& turn) {
  if (turn.borrowed() && last_batch_ > kLentBatchMax) return turn.again();
  if (next_ == inbox_.size()) {
    inbox_.clear();
    next_ = 0;
    txns.drain(inbox_);
  }
  if (next_ < inbox_.size()) log_batch();
  answer_marks();
  to_peer.flush();
  to_snapshot.flush();
  // A step that wrote the rest of an old batch left the box alone, and whoever filled it meanwhile
  // was told that this step would look.
  if (next_ < inbox_.size() || txns.size() > 0) turn.again();
  keep_mark_up(turn);
}

// Behind the mark a damaged record passes for one that was never synced: so it must not lag for
// longer than the syncs come.
void SyncRequestProcessor::keep_mark_up(Turn& turn) {
  auto due = writer_.mark_due();
  if (!due.has_value()) return;
  if (*due <= turn.now()) {
    writer_.write_mark();
  } else {
    turn.wake_at(*due);
  }
}

void SyncRequestProcessor::log_batch() {
  MonoTime begin = env_.clock().now();
  size_t first = next_;
  bool roll = false;
  while (next_ < inbox_.size() && writer_.pending_bytes() < options_.batch_bytes_max && !roll) {
    writer_.append(inbox_[next_]);
    ++next_;
    ++records_;
    auto bytes = static_cast<int64_t>(writer_.bytes_logged() - bytes_at_roll_);
    roll = records_ > roll_after_records_ || (roll_after_bytes_ > 0 && bytes > roll_after_bytes_);
  }
  Status done = writer_.commit();
  if (done.ok() && roll) done = writer_.roll();
  // The state of unsynced pages is unknown now: never retried, never carried on.
  if (!done.ok()) {
    env_.fatal(static_cast<int>(ExitCode::kUnexpectedError),
               fmt::format("transaction log: {}", done.error().text));
  }
  queued_.add(static_cast<int64_t>(next_ - first));
  batch_sizes_.record(static_cast<int64_t>(next_ - first));
  last_batch_ = env_.clock().now() - begin;
  batch_times_ms_.record(to_ms(last_batch_));
  to_peer.add(Logged{writer_.last_synced()});
  if (roll) {
    draw_roll_point();
    to_snapshot.add(LogProgress{writer_.last_synced(), true});
  }
}

// A finished snapshot waits until the log is provably synced past all that it may hold.
void SyncRequestProcessor::answer_marks() {
  marks_.clear();
  if (mark_wanted.drain(marks_)) {
    for (Zxid zxid : marks_) wanted_ = std::max(wanted_.value_or(Zxid()), zxid);
  }
  if (!wanted_.has_value() || writer_.last_synced() < *wanted_) return;
  wanted_.reset();
  if (Status done = writer_.persist_mark(); !done.ok()) {
    env_.fatal(static_cast<int>(ExitCode::kUnexpectedError), done.error().text);
  }
  to_snapshot.add(LogProgress{writer_.last_synced(), false});
}

TxnLogWriter SyncRequestProcessor::finish() {
  do {
    if (next_ == inbox_.size()) {
      inbox_.clear();
      next_ = 0;
      txns.drain(inbox_);
    }
    if (next_ < inbox_.size()) log_batch();
  } while (next_ < inbox_.size() || txns.size() > 0);
  if (Status done = writer_.persist_mark(); !done.ok()) {
    OKAPI_WARN(env_.log(), "at the end of the log: {}", done.error().text);
  }
  return std::move(writer_);
}

}  // namespace okapi
