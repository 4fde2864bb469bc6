#include "server/database/snapshot_task.h"

#include <algorithm>

#include "server/config/exit_code.h"
#include "server/storage/log_files.h"
#include "server/storage/snapshot_parser.h"
#include "server/storage/snapshot_writer.h"

namespace okapi {

SnapshotTask::SnapshotTask(Env& env, const ZkDatabase& database, TreeLeases& leases,
                           const SnapshotTaskOptions& options)
    : env_(env), database_(database), leases_(leases), options_(options) {}

void SnapshotTask::step(Turn& turn) {
  read_mail();
  if (lease_ && lease_->recalled()) drop();
  if (retry_at_ && turn.now() >= *retry_at_) {
    retry_at_.reset();
    due_ = true;
  }
  if (due_ && !snapshot_) begin(turn);
  if (snapshot_ && !finished_) walk(turn);
  if (snapshot_ && finished_ && synced_ >= snapshot_->last_contained()) publish(turn);
  if (retry_at_) turn.wake_at(*retry_at_);
  mark_wanted.flush();
}

void SnapshotTask::read_mail() {
  inbox_.clear();
  progress.drain(inbox_);
  for (const LogProgress& mail : inbox_) {
    synced_ = std::max(synced_, mail.synced);
    if (!mail.snapshot_due) continue;
    if (snapshot_) {
      OKAPI_WARN(env_.log(), "Too busy to snap, skipping");
      metrics_.skipped.add();
    } else {
      due_ = true;
    }
  }
}

void SnapshotTask::begin(Turn& turn) {
  due_ = false;
  if (database_.tree().last_applied() == last_stamp_ && metrics_.written.get() > 0) return;
  lease_ = leases_.take();
  if (!lease_) return;  // the tree is about to be replaced: the new term snapshots when due
  auto snapshot = TreeSnapshot::begin(env_.disk(), database_, options_.snapshot, TreeIs::kInUse);
  if (!snapshot.ok()) {
    failed(turn, snapshot.error());
    return;
  }
  snapshot_.emplace(std::move(*snapshot));
  OKAPI_INFO(env_.log(), "Snapshotting: 0x{:x} to {}", snapshot_->stamp().value(),
             join_path(options_.snapshot.directory,
                       snapshot_name(snapshot_->stamp(), options_.snapshot.codec)));
  finished_ = false;
  synced_bytes_ = 0;
  begun_ = next_slice_ = turn.now();
}

void SnapshotTask::walk(Turn& turn) {
  if (turn.now() < next_slice_) {  // mail came during the pause
    turn.wake_at(next_slice_);
    return;
  }
  bool more = false;
  if (Status done = walk_slice(more); !done.ok()) {
    failed(turn, done.error());
    return;
  }
  if (!more) {
    finished_ = true;
    // Even if the log is synced that far: the hint must be too, or it would be older than the
    // snapshot and say nothing.
    mark_wanted.add(snapshot_->last_contained());
    synced_ = Zxid();
    return;
  }
  MonoTime now = env_.clock().now();
  Nanos pause = std::clamp<Nanos>((now - turn.now()) * options_.pause_per_work, options_.pause_min,
                                  options_.pause_max);
  next_slice_ = now + pause;
  turn.wake_at(next_slice_);
}

Status SnapshotTask::walk_slice(bool& more) {
  auto slice = snapshot_->next_slice(options_.slice_nodes);
  if (!slice.ok()) return slice.error();
  more = *slice;
  if (snapshot_->bytes_written() - synced_bytes_ >= options_.sync_bytes) {
    OKAPI_TRY(snapshot_->sync());
    synced_bytes_ = snapshot_->bytes_written();
  }
  return more ? Status() : snapshot_->finish();
}

void SnapshotTask::publish(Turn& turn) {
  auto path = snapshot_->publish();
  if (!path.ok()) {
    failed(turn, path.error());
    return;
  }
  Nanos took = env_.clock().now() - begun_;
  OKAPI_INFO(env_.log(), "Snapshot taken in {} ms: {}, {} nodes", to_ms(took), *path,
             snapshot_->nodes());
  metrics_.time_ms.record(to_ms(took));
  metrics_.written.add();
  last_stamp_ = snapshot_->stamp();
  failures_in_row_ = 0;
  drop();
}

void SnapshotTask::drop() {
  snapshot_.reset();
  lease_.reset();
  finished_ = false;
}

void SnapshotTask::failed(Turn& turn, const Error& error) {
  drop();
  metrics_.failures.add();
  ++failures_in_row_;
  OKAPI_WARN(env_.log(), "snapshot failed, tried again in {} ms: {}", to_ms(options_.retry_after),
             error.text);
  if (!has_valid_snapshot()) {
    // Compat: without a first snapshot no Java server could open this directory.
    env_.fatal(static_cast<int>(ExitCode::kSnapshotFailed),
               "no valid snapshot, and none can be written: " + error.text);
  }
  if (failures_in_row_ % options_.failures_before_alarm == 0) {
    metrics_.alarms.add();
    OKAPI_ERROR(env_.log(), "ALARM: {} snapshots failed in a row, the log grows: {}",
                failures_in_row_, error.text);
  }
  retry_at_ = turn.now() + options_.retry_after;
}

bool SnapshotTask::has_valid_snapshot() {
  auto snapshots = list_snapshots(env_.disk(), options_.snapshot.directory);
  if (!snapshots.ok()) return true;  // unknown: no reason to end the server
  return std::any_of(snapshots->begin(), snapshots->end(), [&](const StoredFile& file) {
    auto complete = looks_complete(env_.disk(), join_path(options_.snapshot.directory, file.name));
    return complete.ok() && *complete;
  });
}

}  // namespace okapi
