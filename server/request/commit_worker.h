// The last station: runs reads, sends writes on, and brings answers and events to each connection
// in the promised order (ordering rules O3, O4, O7). A part of its Selector's stage; that thread
// only.
//
// Every reply, pings and errors too, passes one drain: reply stamped s is appended after every Feed
// item <= s and before every item > s. The drain marks Lanes runnable and never runs them.
#pragma once

#include "common/base/metrics.h"
#include "common/env/mailbox.h"
#include "server/auth/provider_registry.h"
#include "server/config/server_config.h"
#include "server/request/client_table.h"
#include "server/request/feed_item.h"
#include "server/request/op_table.h"
#include "server/request/prep_mail.h"
#include "server/session/session_tracker.h"

namespace okapi {

// What is in the pipeline over all workers, for back-pressure (client-protocol spec 10.1, 10.4).
struct Admission {
  std::atomic<int64_t> outstanding{0};  // requests
  std::atomic<int64_t> large_bytes{0};  // bodies of large requests
};

// What one worker counts; its own thread writes.
struct WorkerMetrics {
  Counter received, sent;
  Summary latency_ms;  // of srvr
  PercentileSummary read_latency_ms, update_latency_ms;
  Counter response_bytes, watch_bytes, auth_failed;
  Counter bytes_received, connection_requests, revalidations, large_rejected;
  Counter dropped;  // connections that the client ended, or that broke
  Counter silent;   // connections that were closed for saying nothing
  // -1 before any.
  std::atomic<int32_t> last_response_size{-1}, min_response_size{-1}, max_response_size{-1};

  void note_response(int32_t size);
  // srst: what no status board resets.
  void reset();
};

class CommitWorker {
 public:
  // What the term lends and what the Selector lends; all of it outlives the worker.
  struct Parts {
    const ServerConfig& config;
    const ProviderRegistry& registry;
    const DataTree& tree;
    WatchTables& watches;
    Admission& admission;
    ClientTable& clients;
    WorkerFeed& feed;
    WorkerMetrics& metrics;
    SyncGoes sync_goes = SyncGoes::kAnsweredHere;
    bool read_only = false;  // writes and syncs are refused
  };
  explicit CommitWorker(const Parts& parts);

  Sink<WriteTicket> to_commit;
  Sink<PrepMail> to_prep;  // on a learner: to the leader
  Sink<SessionMail> to_tracker;
  // Sessions whose creation was committed since the Selector looked: it answers their handshakes.
  std::vector<AttachResult> opened;

  // A request of `client`, in order of receipt.
  void submit(Client& client, const RequestView& request, MonoTime now);
  // Brings everything that is in the Feed to its connections, then runs what became runnable.
  void serve_feed(MonoTime now);
  // Posts what was sent on: CommitProcessor first, then Prep (O5), the tracker last. Once per step.
  void flush();
  // The connection ended: its watches go, its unanswered reads count as answered.
  void forget(Client& client);

  // Counts a request in, until it is answered or dropped. False: there is no room for one so large,
  // and it was not counted.
  bool admit(const RequestView& request);

  // A frame with this header and body, after everything in the Feed up to `stamp`.
  void reply(Client& client, int32_t xid, Zxid zxid, ErrorCode error, ByteView body);

 private:
  void place(Client& client, const RequestView& request);
  // Of a client whose session is local: says what `request` means for that, from here on.
  void mark_local(Client& client, RequestView& request) const;
  void send_upgrade(const RequestView& request);
  // Runs a read and appends its reply.
  void run_read(Client& client, const RequestView& request);
  void send_write(RequestPtr request);
  // Goes to Prep or the leader, and is answered through the Feed.
  bool is_ordered(const RequestView& request) const {
    return !parts_.read_only && Lane::is_ordered(request, parts_.sync_goes);
  }
  bool is_refused(const RequestView& request) const {
    return parts_.read_only && !request.ends_local_session() &&
           (is_write(request.op) || request.op == OpCode::kSync);
  }
  ErrorCode run(ReadContext& context, const RequestView& request) const;
  // Of a sync that came back.
  ErrorCode append_sync_body(const RequestView& request);
  void drain_until(Zxid stamp);
  void deliver(FeedItem& item);
  void deliver_reply(WriteReply& reply, Zxid zxid);
  void deliver_watch(WatchBatch& batch);
  void run_lanes();
  void answered(Client& client, const WriteTicket& request, Zxid zxid);
  void release(const WriteTicket& request);
  bool is_large(size_t body_bytes) const;

  const Parts parts_;
  MonoTime now_;
  Zxid delivered_;                      // the newest thing that came out of the Feed
  std::vector<ConnectionId> runnable_;  // Lanes whose head was answered
  std::string body_, events_, write_body_;
};

}  // namespace okapi
