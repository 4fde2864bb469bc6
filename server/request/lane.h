// The order of one session's requests (ordering rule O4): a read runs at once while nothing is in
// flight; behind a write it waits; writes behind writes are pipelined; a write behind an unanswered
// read waits. Of a member, a sync counts as a write. A part of the CommitWorker:
// its thread only.
#pragma once

#include <vector>

#include "server/request/request.h"
#include "server/request/sync_goes.h"

namespace okapi {

class Lane {
 public:
  // Whether the next request may run or be sent on at once.
  bool idle() const { return size() == 0; }
  // Whether a write may be sent on now: only writes in flight are before it.
  bool takes_write() const { return waiting_ == 0; }

  static bool is_ordered(const RequestView& request, SyncGoes sync_goes) {
    if (request.ends_local_session()) return false;
    return is_write(request.op) ||
           (request.op == OpCode::kSync && sync_goes == SyncGoes::kToLeader);
  }

  // A write was sent on; of a sync a copy was, and `kept` is what its answer is made of.
  void add_in_flight(const RequestView& write, RequestPtr kept = {}) {
    queue_.push_back({std::move(kept), write.xid, write.op, true});
  }
  // A request waits for those before it.
  void add_waiting(RequestPtr request, SyncGoes sync_goes = SyncGoes::kAnsweredHere) {
    int32_t xid = request->xid;
    OpCode op = request->op;
    bool ordered = is_ordered(*request, sync_goes);
    queue_.push_back({std::move(request), xid, op, ordered});
    ++waiting_;
  }

  // The oldest request in flight was answered.
  void pop_answered();
  // The oldest request in flight; there is one.
  int32_t front_xid() const { return queue_[head_].xid; }
  OpCode front_op() const { return queue_[head_].op; }
  // What was kept of it.
  const RequestPtr& front_request() const { return queue_[head_].request; }

  // The next request that waited and now may go: a read if it is at the head, a write if only
  // writes in flight are before it; else null. A read is taken out, a write stays in flight (of a
  // sync this is a copy then).
  RequestPtr next_runnable();
  // The connection is gone: takes out the oldest request that waits, whatever is before it; null if
  // none is left.
  RequestPtr take_waiting();

  size_t size() const { return queue_.size() - head_; }

 private:
  struct Entry {
    RequestPtr request;  // of a write in flight: null
    int32_t xid = 0;
    OpCode op = OpCode::kPing;
    bool ordered = false;  // a write, or like one
  };
  // A vector with a moving head: what an active connection needs stays allocated, an idle one has
  // nothing but this.
  std::vector<Entry> queue_;
  size_t head_ = 0;
  size_t waiting_ = 0;  // at the end of the queue; those before them are in flight
};

}  // namespace okapi
