#include "server/request/commit_processor.h"

#include <algorithm>

#include "server/config/exit_code.h"

namespace okapi {
namespace {

bool answers_with_path(OpCode op) {
  return op == OpCode::kCreate || op == OpCode::kCreate2 || op == OpCode::kCreateContainer ||
         op == OpCode::kCreateTtl;
}

}  // namespace

CommitProcessor::CommitProcessor(Env& env, ZkDatabase& database, TreeWriter writer,
                                 WatchTables& watches, std::vector<WorkerPort> workers,
                                 bool digest_mismatch_fatal)
    : env_(env),
      database_(database),
      writer_(std::move(writer)),
      watches_(watches),
      workers_(std::move(workers)),
      digest_mismatch_fatal_(digest_mismatch_fatal),
      fed_(workers_.size()),
      digest_check_(env.log(), database.tree(), std::nullopt, Zxid()) {}

void CommitProcessor::step(Turn&) {
  inbox_.clear();
  committed.drain(inbox_);
  // After the commits were taken: what they answer was posted before them, so it is here now.
  take_pending();
  if (inbox_.empty()) return;
  take_committed();
  to_tracker.flush();
  ring_workers();
}

TreeWriter CommitProcessor::finish() {
  inbox_.clear();
  committed.drain(inbox_);
  take_committed();
  return std::move(writer_);
}

void CommitProcessor::take_committed() {
  int64_t commits = 0;
  for (const CommitMail& mail : inbox_) {
    commits += std::holds_alternative<EncodedTxn>(mail) ? 1 : 0;
    std::visit([&](const auto& kind) { take(kind); }, mail);
  }
  commits_.add(commits);
}

void CommitProcessor::take_pending() {
  pending_inbox_.clear();
  session_inbox_.clear();
  pending.drain(pending_inbox_);
  pending_sessions.drain(session_inbox_);
  for (const WriteTicket& write : pending_inbox_) order_.add_pending(write);
  for (const SessionRequest& request : session_inbox_) {
    WriteTicket write;
    write.session = request.session;
    write.connection = request.owner.connection();
    write.op = OpCode::kCreateSession;
    order_.add_pending(write);
  }
}

void CommitProcessor::take(const EncodedTxn& encoded) {
  if (Status decoded = decode_txn(encoded.bytes.view(), txn_); !decoded.ok()) {
    env_.fatal(static_cast<int>(ExitCode::kUnexpectedError),
               fmt::format("committed transaction 0x{:x}: {}", encoded.zxid.value(),
                           decoded.error().text));
  }
  const Txn& txn = txn_;
  OKAPI_ASSERT(txn.header.zxid > database_.tree().last_applied());  // O1
  std::optional<WriteTicket> write = order_.match(txn.header);
  Applied applied = database_.apply(writer_, txn, encoded, ApplyMode::kLive);
  {
    // Under the shard locks still: events, then the answer, then last_applied (O2).
    WatchTables::TxnGuard guard(watches_);
    fire_watches(txn.header.zxid, applied);
    tell_session(txn);
    if (write.has_value()) answer(txn, applied, *write);
    database_.tree().set_last_applied(txn.header.zxid);
  }
  writer_.recycle(std::move(applied));
  check_digest(txn);
}

// Everything that the leader had committed when it answered is applied (G08).
void CommitProcessor::take(const SyncDone& done) {
  std::optional<WriteTicket> sync = order_.match_sync(done);
  if (!sync.has_value()) {
    OKAPI_WARN(env_.log(), "a sync of session 0x{:x} came back that does not wait",
               static_cast<uint64_t>(done.session.value()));
    return;
  }
  uint8_t worker = sync->connection.worker();
  WriteReply& reply = claim(worker, database_.tree().last_applied()).what.emplace<WriteReply>();
  reply.write = std::move(*sync);
  publish(worker);
}

// What Prep foretold against what came out: the tree's own check of its history (safety X-QUO-12).
void CommitProcessor::check_digest(const Txn& txn) {
  digest_check_.after(txn.header.zxid, txn.digest);
  int64_t found = digest_check_.mismatches() - digest_mismatches_.get();
  if (found == 0) return;
  digest_mismatches_.add(found);
  if (digest_mismatch_fatal_) {
    env_.fatal(static_cast<int>(ExitCode::kUnexpectedError),
               fmt::format("digests differ at zxid 0x{:x}, and digestMismatchFatal is set",
                           txn.header.zxid.value()));
  }
}

void CommitProcessor::fire_watches(Zxid zxid, const Applied& applied) {
  for (const TreeEvent& event : applied.events) {
    notifications_.clear();
    watches_.trigger({event.type, event.path, event.parent}, zxid, notifications_);
    for (const WatchNotification& found : notifications_) {
      SharedBytes frame = encode_watch_event(zxid, found.type, found.path);
      watchers_told(found.type).record(static_cast<int64_t>(found.watchers.size()));
      const AclRef& acl = found.acl == AclOf::kParent ? event.parent_acl : event.acl;
      // Watchers are in ascending order: those of one worker stand together.
      auto end = found.watchers.end();
      for (auto first = found.watchers.begin(); first != end;) {
        auto worker = static_cast<uint8_t>(first->worker());
        auto last = std::find_if(first, end, [&](auto id) { return id.worker() != worker; });
        claim(worker, zxid).what = WatchBatch{found.type, frame, acl, {first, last}};
        publish(worker);
        first = last;
      }
    }
  }
}

Summary& CommitProcessor::watchers_told(EventType type) {
  switch (type) {
    case EventType::kNodeCreated:
      return created_told_;
    case EventType::kNodeDeleted:
      return deleted_told_;
    case EventType::kNodeDataChanged:
      return data_told_;
    case EventType::kNodeChildrenChanged:
      return children_told_;
  }
  assertion_failed("an event has a type", __FILE__, __LINE__);
}

void CommitProcessor::tell_session(const Txn& txn) {
  if (const auto* created = std::get_if<CreateSessionTxn>(&txn.body)) {
    to_tracker.add(SessionCreated{txn.header.client_id, created->timeout_ms});
  }
  if (!std::holds_alternative<CloseSessionTxn>(txn.body)) return;
  end_session(txn.header.client_id, txn.header.cxid, txn.header.zxid);
}

void CommitProcessor::end_session(SessionId session, int32_t cxid, Zxid zxid) {
  to_tracker.add(SessionClosed{session});
  // Only a worker knows whose connection it was.
  for (uint8_t worker = 0; worker < workers_.size(); ++worker) {
    claim(worker, zxid).what = SessionEnded{session, cxid};
    publish(worker);
  }
}

void CommitProcessor::answer(const Txn& txn, const Applied& applied, const WriteTicket& write) {
  if (write.op == OpCode::kCreateSession) return answer_create(txn, write);
  uint8_t worker = write.connection.worker();
  WriteReply& reply = claim(worker, txn.header.zxid).what.emplace<WriteReply>();
  reply.write = write;
  reply.err = applied.err;
  // Compat: a leader finds no such session; the server that has it knows why (spec 7.6).
  if (write.local == LocalSession::kMayNot && std::holds_alternative<ErrorTxn>(txn.body)) {
    reply.err = ErrorCode::kEphemeralOnLocalSession;
  }
  reply.stat = applied.stat;
  if (answers_with_path(write.op)) reply.text = applied.path;
  if (const auto* set = std::get_if<SetDataTxn>(&txn.body); set && write.op == OpCode::kReconfig) {
    reply.text = set->data.value_or("");
  }
  if (write.op == OpCode::kMulti && std::holds_alternative<MultiTxn>(txn.body)) {
    reply.err = ErrorCode::kOk;  // a refused multi says so per operation
    reply.subs = std::make_unique<std::vector<SubReply>>();
    for (const SubResult& sub : applied.subs) {
      reply.subs->push_back({sub.err, sub.stat, std::string(sub.path)});
    }
  }
  publish(worker);
}

void CommitProcessor::answer_create(const Txn& txn, const WriteTicket& write) {
  // An upgrade: its client waits for what comes behind, in vain if the leader refused.
  if (!write.connection) {
    if (std::holds_alternative<ErrorTxn>(txn.body)) end_session(write.session, 0, txn.header.zxid);
    return;
  }
  SessionOpened opened{write.connection, SessionId(), 0};
  if (const auto* created = std::get_if<CreateSessionTxn>(&txn.body)) {
    opened.session = write.session;
    opened.timeout_ms = created->timeout_ms;
  } else {
    // The leader refused it: there is no such session.
    to_tracker.add(SessionClosed{write.session});
  }
  uint8_t worker = write.connection.worker();
  claim(worker, txn.header.zxid).what = opened;
  publish(worker);
}

FeedItem& CommitProcessor::claim(uint8_t worker, Zxid zxid) {
  FeedItem& item = workers_[worker].feed->claim();
  item.zxid = zxid;
  return item;
}

void CommitProcessor::publish(uint8_t worker) {
  workers_[worker].feed->publish();
  fed_[worker] = true;
}

void CommitProcessor::ring_workers() {
  for (size_t worker = 0; worker < workers_.size(); ++worker) {
    if (!fed_[worker]) continue;
    fed_[worker] = false;
    workers_[worker].bell->ring(false);
  }
}

}  // namespace okapi
