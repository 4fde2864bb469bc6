#include "server/peer/log_stream.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "server/storage/snapshot_parser.h"

namespace okapi {
namespace {

// SNAP is no outcome of a walk.
PacketType type_of(SyncOp::Kind kind) {
  return kind == SyncOp::Kind::kDiff ? PacketType::kDiff : PacketType::kTrunc;
}

Error unusable(std::string why) { return {ErrorKind::kInvalid, std::move(why)}; }

}  // namespace

LogStream::LogStream(Disk& disk, const LogSource& source, const StreamLog& order, TreeLease lease)
    : disk_(disk),
      source_(source),
      log_to_(order.log_to),
      begin_(order.walk.reached()),
      opened_before_(order.walk.opened()),
      walk_(order.walk),
      lease_(std::move(lease)) {}

// A walk that goes on where another ended must not miss a record. One that begins looks at the
// record before the learner's last, too: only then is that one known to be ours.
Status LogStream::open() {
  TxnLogReadOptions options;
  options.decode_bodies = false;
  options.record_bytes_max = source_.record_bytes_max;
  if (opened_before_) {
    options.from = begin_.next();
    options.after = begin_;
  } else {
    auto logs = list_logs(disk_, source_.logs);
    if (!logs.ok()) return logs.error();
    std::vector<StoredFile> files = logs_from(*logs, begin_);
    if (files.empty()) return unusable("there is no log");
    auto snapshots = list_snapshots(disk_, source_.snapshots);
    if (!snapshots.ok()) return snapshots.error();
    OKAPI_TRY(check_size(*snapshots, files));
    OKAPI_TRY(note_stamps(*snapshots));
    // From the first file's second record on, or the reader would look into the file before it.
    Zxid first = files.front().zxid;
    options.from = first < begin_ ? first.next() : begin_;
  }
  auto reader = TxnLogReader::open(disk_, source_.logs, std::move(options));
  if (!reader.ok()) return reader.error();
  reader_.emplace(std::move(*reader));
  return {};
}

Status LogStream::check_size(const std::vector<StoredFile>& snapshots,
                             const std::vector<StoredFile>& files) {
  if (source_.snapshot_size_factor <= 0) return {};
  for (const StoredFile& snapshot : snapshots) {
    auto complete = looks_complete(disk_, join_path(source_.snapshots, snapshot.name));
    if (!complete.ok() || !*complete) continue;
    double bytes = 0;
    for (const StoredFile& file : files) bytes += static_cast<double>(file.bytes);
    double most = static_cast<double>(snapshot.bytes) * source_.snapshot_size_factor;
    if (bytes <= most) return {};
    return unusable(fmt::format("{} bytes of log beside a snapshot of {}", bytes, snapshot.bytes));
  }
  return unusable("there is no snapshot to compare the log with");
}

// A hole ends at the stamp of a leader's snapshot (ZOOKEEPER-2846), and cannot be told from a
// change of epoch once that snapshot is gone: so the oldest one is as far back as the log may be
// trusted.
Status LogStream::note_stamps(const std::vector<StoredFile>& snapshots) {
  if (snapshots.empty() || snapshots.back().zxid > begin_) {
    return unusable("no snapshot is as old as the learner's end");
  }
  for (const StoredFile& snapshot : snapshots) {
    if (snapshot.zxid > begin_ && snapshot.zxid <= log_to_) stamps_.push_back(snapshot.zxid);
  }
  return {};
}

Status LogStream::check_stamp() {
  auto logged = log_has_record(disk_, source_.logs, stamps_.back(), source_.record_bytes_max);
  if (!logged.ok()) return logged.error();
  if (!*logged) return unusable("a leader's snapshot stands in a hole of the log");
  stamps_.pop_back();
  return {};
}

Result<LogStream::State> LogStream::advance(PacketLink& link, size_t outbox_bytes) {
  if (lease_.recalled()) return Error{ErrorKind::kBusy, "the log is about to change"};
  Result<State> result = State::kMore;
  if (!reader_ || !stamps_.empty()) {
    Status looked = reader_ ? check_stamp() : open();
    if (!looked.ok()) result = looked.error();
  } else {
    result = walk_on(link, outbox_bytes);
  }
  // Before the opening packet the learner knows nothing of it.
  if (!result.ok() && !walk_.opened()) return State::kUnusable;
  return result;
}

Result<LogStream::State> LogStream::walk_on(PacketLink& link, size_t outbox_bytes) {
  LogRecord record;
  for (int i = 0; i < kRecordsPerStep && link.outbox_bytes() < outbox_bytes; ++i) {
    auto more = reader_->next(record);
    if (!more.ok()) return more.error();
    if (!*more || record.txn.header.zxid > log_to_) return finish(link);
    auto state = take(record, link);
    if (!state.ok() || *state != State::kMore) return state;
    if (record.txn.header.zxid == log_to_) return finish(link);
  }
  return State::kMore;
}

Result<LogStream::State> LogStream::take(const LogRecord& record, PacketLink& link) {
  Zxid zxid = record.txn.header.zxid;
  // The log begins behind the learner's end: what is missing nobody knows.
  if (!any_ && !opened_before_ && zxid > begin_) return State::kUnusable;
  any_ = true;
  CommittedWalk::Step step = walk_.next(zxid);
  if (step.stop) return State::kUnusable;
  if (step.op) OKAPI_TRY(link.put(encode_packet(type_of(step.op->kind), step.op->zxid)));
  if (step.send) {
    OKAPI_TRY(link.put(encode_packet(PacketType::kProposal, zxid, record.payload)));
    OKAPI_TRY(link.put(encode_packet(PacketType::kCommit, zxid)));
  }
  return State::kMore;
}

Result<LogStream::State> LogStream::finish(PacketLink& link) {
  if (!any_ && !opened_before_) return State::kUnusable;
  if (auto op = walk_.finish()) {
    OKAPI_TRY(link.put(encode_packet(type_of(op->kind), op->zxid)));
  }
  return walk_.opened() ? State::kSent : State::kUnusable;
}

}  // namespace okapi
