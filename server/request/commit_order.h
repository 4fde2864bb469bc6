// Which writes of this server's own clients wait for their commit (ordering rules O4, O5), and on a
// member which syncs wait for their answer. A commit
// is ours if session, xid and op equal the head of that session's queue, else it is another
// server's, or the server's own doing. A part of CommitProcessor: its thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <memory>
#include <optional>

#include "common/proto/learner_info.h"
#include "server/request/request.h"
#include "server/txn/txn_header.h"

namespace okapi {

class CommitOrder {
 public:
  void add_pending(const WriteTicket& write);
  // The write that this transaction answers, taken out; nothing if it is not ours.
  std::optional<WriteTicket> match(const TxnHeader& header);
  // The sync that has come back to this learner, taken out; nothing if it does not wait.
  std::optional<WriteTicket> match_sync(const SyncDone& done);
  size_t pending() const { return pending_; }
  // Sessions of which something is kept.
  size_t queues() const { return queues_.size(); }

 private:
  using Queue = std::deque<WriteTicket>;
  using Queues = boost::unordered_flat_map<SessionId, std::unique_ptr<Queue>, std::hash<SessionId>>;

  WriteTicket take_front(Queue& queue);
  // An empty queue stays for the next write, unless after this transaction none is likely, or its
  // session is local: then it goes, and so the queue of an ended session does, however it ended.
  void drop_if_idle(Queues::iterator it, int32_t txn_type, bool local);

  Queues queues_;
  size_t pending_ = 0;
};

}  // namespace okapi
