#include "server/request/commit_worker.h"

#include "common/proto/frame.h"
#include "server/auth/acl_check.h"
#include "server/request/multi_request.h"
#include "server/request/reply.h"

namespace okapi {

namespace {

// The one who asked for the end gets its reply, right behind this in the Feed. After an expiry
// nothing is answered any more, not even a closeSession on its way (client-protocol spec 7.3).
bool asked_for_end(const Client& client, const SessionEnded& ended) {
  return !client.lane.idle() && client.lane.front_op() == OpCode::kCloseSession &&
         client.lane.front_xid() == ended.cxid;
}

}  // namespace

CommitWorker::CommitWorker(const Parts& parts) : parts_(parts) {}

bool CommitWorker::is_large(size_t body_bytes) const {
  int32_t threshold = parts_.config.limits.large_request_threshold_bytes;
  return threshold > 0 && body_bytes > static_cast<size_t>(threshold);
}

bool CommitWorker::admit(const RequestView& request) {
  auto relaxed = std::memory_order_relaxed;
  if (is_large(request.body.size())) {
    auto bytes = static_cast<int64_t>(request.body.size());
    int64_t before = parts_.admission.large_bytes.fetch_add(bytes, relaxed);
    if (before + bytes > parts_.config.limits.large_request_bytes_max) {
      parts_.admission.large_bytes.fetch_sub(bytes, relaxed);
      return false;
    }
  }
  if (request.xid > 0) parts_.admission.outstanding.fetch_add(1, relaxed);
  return true;
}

void CommitWorker::release(const WriteTicket& request) {
  auto relaxed = std::memory_order_relaxed;
  if (request.xid > 0) parts_.admission.outstanding.fetch_sub(1, relaxed);
  if (is_large(request.body_bytes)) {
    parts_.admission.large_bytes.fetch_sub(request.body_bytes, relaxed);
  }
}

void CommitWorker::submit(Client& client, const RequestView& request, MonoTime now) {
  now_ = now;
  if (client.local_timeout_ms == 0) return place(client, request);
  RequestView marked = request;
  mark_local(client, marked);
  place(client, marked);
}

void CommitWorker::mark_local(Client& client, RequestView& request) const {
  request.local = LocalSession::kStays;
  auto ops_max = static_cast<size_t>(parts_.config.limits.multi_ops_max);
  if (parts_.read_only || !creates_ephemeral(request.op, request.body, ops_max)) return;
  if (!parts_.config.quorum.local_sessions_upgrading_enabled) {
    request.local = LocalSession::kMayNot;
    return;
  }
  request.local = LocalSession::kUpgrades;
  request.upgrade_timeout_ms = std::exchange(client.local_timeout_ms, 0);
}

void CommitWorker::place(Client& client, const RequestView& request) {
  if (!is_ordered(request) && client.lane.idle()) return run_read(client, request);
  RequestPtr kept = RequestPtr::make(request, client.identities);
  if (!is_ordered(request) || !client.lane.takes_write()) {
    client.lane.add_waiting(std::move(kept), parts_.sync_goes);
    return;
  }
  client.lane.add_in_flight(request, request.op == OpCode::kSync ? kept.copy() : RequestPtr());
  send_write(std::move(kept));
}

void CommitWorker::send_write(RequestPtr request) {
  if (request->local == LocalSession::kUpgrades) send_upgrade(*request);
  to_commit.add(WriteTicket::of(*request));
  to_prep.add(std::move(request));
}

// Nobody waits for its answer; a refusal ends the connection.
void CommitWorker::send_upgrade(const RequestView& request) {
  WriteTicket create;
  create.session = request.session;
  create.op = OpCode::kCreateSession;
  to_commit.add(std::move(create));
  to_prep.add(SessionRequest{SessionRequest::Kind::kCreate, request.session, request.connection,
                             request.upgrade_timeout_ms});
  to_tracker.add(SessionUpgrading{request.session});
}

void CommitWorker::flush() {
  to_commit.flush();
  to_prep.flush();
  to_tracker.flush();
}

void CommitWorker::run_read(Client& client, const RequestView& request) {
  body_.clear();
  events_.clear();
  ReadContext context{parts_.config, parts_.registry, parts_.tree, parts_.watches,
                      request,       Zxid(),          body_,       events_};
  ErrorCode error = run(context, request);
  if (context.stamp == Zxid()) context.stamp = parts_.tree.last_applied();
  // The answer to a write may come before last_applied is stored. The shards of that transaction
  // are locked until then, so what was read elsewhere is right at its zxid, too (O7).
  context.stamp = std::max(context.stamp, delivered_);
  drain_until(context.stamp);
  if (client.closing) {
    release(WriteTicket::of(request));
    return;
  }
  // Not an operation at all: answered in its turn, then the connection ends (spec 2.10 #9).
  if (request.op == OpCode::kError) {
    reply(client, request.xid, Zxid(-1), ErrorCode::kUnimplemented, ByteView());
    client.closing = true;
    release(WriteTicket::of(request));
    return;
  }
  if (!events_.empty()) client.out += events_;
  int32_t xid = request.op == OpCode::kPing ? kPingXid : request.xid;
  reply(client, xid, context.stamp, error, body_);
  answered(client, WriteTicket::of(request), context.stamp);
  if (!request.ends_local_session()) return;
  client.closing = true;
  to_tracker.add(LocalSessionClosed{request.session});
}

ErrorCode CommitWorker::run(ReadContext& context, const RequestView& request) const {
  if (request.op == OpCode::kError) return ErrorCode::kUnimplemented;
  if (is_refused(request)) return ErrorCode::kNotReadOnly;
  if (request.ends_local_session()) return ErrorCode::kOk;
  return op_row(request.op).read(context);
}

void CommitWorker::reply(Client& client, int32_t xid, Zxid zxid, ErrorCode error, ByteView body) {
  append_frame(client.out, [&](jute::OutputArchive& out) {
    put(out, ReplyHeader{xid, zxid, static_cast<int32_t>(error)});
    out.put_raw(body);
  });
  parts_.metrics.note_response(static_cast<int32_t>(body.size() + 16));
  ++client.replied;
  parts_.clients.mark_dirty(client);
}

void CommitWorker::answered(Client& client, const WriteTicket& request, Zxid zxid) {
  if (request.xid > 0) --client.outstanding;
  release(request);
  int64_t latency = to_ms(now_ - request.received);
  client.last_xid = request.xid;
  client.last_op = request.op;
  client.had_op = true;
  client.last_zxid = zxid;
  client.last_response = now_;
  client.last_latency_ms = latency;
  client.latency_sum_ms += latency;
  ++client.latency_count;
  if (client.min_latency_ms < 0 || latency < client.min_latency_ms) {
    client.min_latency_ms = latency;
  }
  client.max_latency_ms = std::max(client.max_latency_ms, latency);
  parts_.metrics.latency_ms.record(latency);
  if (is_write(request.op)) {
    parts_.metrics.update_latency_ms.record(latency);
  } else {
    parts_.metrics.read_latency_ms.record(latency);
  }
}

void CommitWorker::serve_feed(MonoTime now) {
  now_ = now;
  while (FeedItem* item = parts_.feed.front()) {
    delivered_ = item->zxid;
    deliver(*item);
    parts_.feed.pop();
  }
  run_lanes();
}

void CommitWorker::drain_until(Zxid stamp) {
  for (FeedItem* item = parts_.feed.front(); item != nullptr && item->zxid <= stamp;
       item = parts_.feed.front()) {
    delivered_ = item->zxid;
    deliver(*item);
    parts_.feed.pop();
  }
}

void CommitWorker::deliver(FeedItem& item) {
  if (auto* reply = std::get_if<WriteReply>(&item.what)) {
    deliver_reply(*reply, item.zxid);
  } else if (auto* batch = std::get_if<WatchBatch>(&item.what)) {
    deliver_watch(*batch);
  } else if (const auto* session = std::get_if<SessionOpened>(&item.what)) {
    opened.push_back({session->connection, session->session, session->timeout_ms});
  } else if (auto* ended = std::get_if<SessionEnded>(&item.what)) {
    Client* client = parts_.clients.find(ended->session);
    if (client == nullptr || client->closing || asked_for_end(*client, *ended)) return;
    client->closing = client->close_now = true;
    parts_.clients.mark_dirty(*client);
  }
}

void CommitWorker::deliver_reply(WriteReply& write, Zxid zxid) {
  const WriteTicket& request = write.write;
  Client* client = parts_.clients.find(request.connection);
  if (client == nullptr || client->closing) {
    release(request);
    return;
  }
  OKAPI_ASSERT(client->lane.front_xid() == request.xid);  // O4: answers in the order of requests
  write_body_.clear();
  if (request.op == OpCode::kSync) write.err = append_sync_body(*client->lane.front_request());
  client->lane.pop_answered();
  // Compat: no reply, the connection is closed (spec 2.8).
  if (write.err == ErrorCode::kSessionMoved) {
    release(request);
    client->closing = client->close_now = true;
    parts_.clients.mark_dirty(*client);
    return;
  }
  if (write.err == ErrorCode::kOk) append_write_body(write_body_, write);
  reply(*client, request.xid, zxid, write.err, write_body_);
  answered(*client, request, zxid);
  if (request.op == OpCode::kCloseSession) client->closing = true;
  if (!client->lane.idle()) runnable_.push_back(client->id);
}

ErrorCode CommitWorker::append_sync_body(const RequestView& request) {
  std::string no_events;
  ReadContext context{parts_.config, parts_.registry, parts_.tree, parts_.watches,
                      request,       Zxid(),          write_body_, no_events};
  return op_row(OpCode::kSync).read(context);
}

void CommitWorker::deliver_watch(WatchBatch& batch) {
  for (ConnectionId id : batch.watchers) {
    Client* client = parts_.clients.find(id);
    if (client == nullptr || client->closing) continue;
    // Compat: dropped without a word if the watcher may not read the node now (spec 6.4).
    if (!batch.acl.is_open() &&
        check_acl(batch.acl.list(), Perms::kRead, *client->identities, parts_.registry,
                  parts_.registry.skip_acl()) != ErrorCode::kOk) {
      continue;
    }
    client->out += batch.frame.view();
    parts_.metrics.watch_bytes.add(static_cast<int64_t>(batch.frame.size()));
    parts_.metrics.sent.add();
    parts_.clients.mark_dirty(*client);
  }
}

void CommitWorker::run_lanes() {
  // Reads that run here may drain more of the Feed and make further Lanes runnable.
  for (size_t i = 0; i < runnable_.size(); ++i) {
    ConnectionId id = runnable_[i];
    for (;;) {
      Client* client = parts_.clients.find(id);
      if (client == nullptr || client->closing) break;
      RequestPtr next = client->lane.next_runnable();
      if (!next) break;
      if (is_ordered(*next)) {
        send_write(std::move(next));
      } else {
        run_read(*client, *next);
      }
    }
  }
  runnable_.clear();
}

void CommitWorker::forget(Client& client) {
  parts_.watches.remove_watcher(client.id);
  // What was accepted still runs; what is in flight comes back through the Feed.
  while (RequestPtr waiting = client.lane.take_waiting()) {
    if (waiting->ends_local_session()) to_tracker.add(LocalSessionClosed{waiting->session});
    if (is_write(waiting->op) && !waiting->ends_local_session()) {
      send_write(std::move(waiting));
    } else {
      release(WriteTicket::of(*waiting));
    }
  }
}

}  // namespace okapi
