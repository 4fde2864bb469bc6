// CommitProcessor and a CommitWorker with one client; Prep, log and ledger are played by the test.
#pragma once

#include <catch2/catch.hpp>

#include "server/request/commit_processor.h"
#include "server/request/commit_worker.h"
#include "tests/unit/request/prep_world.h"

namespace okapi {

// A pipeline of one worker without log and ledger: what is prepared is committed when the test
// says so.
class CommitWorld {
 public:
  explicit CommitWorld(SyncGoes sync_goes = SyncGoes::kAnsweredHere, bool read_only = false)
      : commit(prep.env, prep.database, std::move(prep.writer), watches,
               std::vector<WorkerPort>{{&feed, &worker_bell}}, true),
        worker({prep.config, prep.registry, prep.database.tree(), watches, admission, clients, feed,
                metrics, sync_goes, read_only}) {
    commit.pending.attach(bell);
    commit.pending_sessions.attach(bell);
    commit.committed.attach(bell);
    commit.to_tracker = tracker.sink();
    worker.to_commit = Sink<WriteTicket>(commit.pending);
    worker.to_prep = Sink<PrepMail>(prep.prep->requests);
    worker.to_tracker = ended.sink();
    Client& opened = clients.open();
    REQUIRE(opened.id == kClient);
    id = opened.id;
    opened.identities = std::make_shared<IdentityList>();
    clients.bind(opened, kSession);
  }

  Client& client() { return *clients.find(id); }
  template <jute::Record Body>
  void send(OpCode op, const Body& body) {
    std::string bytes = jute::encoded(body);
    RequestView view;
    view.session = kSession;
    view.connection = id;
    view.xid = ++xid;
    view.op = op;
    view.body = bytes;
    view.identities = client().identities.get();
    REQUIRE(worker.admit(view));
    ++client().outstanding;
    worker.submit(client(), view, MonoTime());
    worker.flush();
  }
  // Prepares and commits all that was sent on; the worker has not looked at its Feed yet.
  void commit_all() {
    prep.run();
    while (!prep.waiting.empty()) {
      commit.committed.post(prep.waiting.front());
      prep.waiting.pop_front();
    }
    step(commit, prep.env);
  }
  // What the leader says, behind all it had committed.
  void commit_behind(CommitMail mail) {
    commit.committed.post(std::move(mail));
    step(commit, prep.env);
  }
  void serve() { worker.serve_feed(MonoTime()); }

  // Frames sent since the last look: "3" is the answer to xid 3, "3:-101" with an error, "event".
  std::vector<std::string> frames() {
    std::vector<std::string> out;
    jute::InputArchive in(client().out);
    while (!in.rest().empty()) {
      ByteView frame = in.get_buffer().value();
      ReplyHeader header = *jute::decode<ReplyHeader>(frame);
      if (header.xid == kNotificationXid) {
        out.push_back("event");
        continue;
      }
      CHECK(header.zxid >= last_zxid);  // O7
      last_zxid = header.zxid;
      out.push_back(std::to_string(header.xid) +
                    (header.err == 0 ? "" : ":" + std::to_string(header.err)));
    }
    client().out.clear();
    return out;
  }

  PrepWorld prep;
  WatchTables watches{WatchOptions{}};
  WorkerFeed feed;
  FakeBell bell, worker_bell;
  Outlet<SessionMail> tracker;  // of CommitProcessor
  Outlet<SessionMail> ended;    // of the worker
  CommitProcessor commit;
  Admission admission;
  ClientTable clients{0};
  WorkerMetrics metrics;
  CommitWorker worker;
  ConnectionId id;
  int32_t xid = 0;
  Zxid last_zxid{-1};
};

using Frames = std::vector<std::string>;

}  // namespace okapi
