// Which writes of this server's own clients wait for their commit (ordering rules O4, O5). A commit
// is ours if session, xid and op equal the head of that session's queue, else it is another
// server's, or the server's own doing. A part of CommitProcessor: its thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <memory>

#include "server/request/request.h"
#include "server/txn/txn_header.h"

namespace okapi {

class CommitOrder {
 public:
  void add_pending(RequestRef request);
  // The request that this transaction answers, taken out; null if it is not ours.
  RequestRef match(const TxnHeader& header);
  size_t pending() const { return pending_; }

 private:
  using Queue = std::deque<RequestRef>;
  // Queues are kept behind a pointer: a session without a pending write costs nothing.
  boost::unordered_flat_map<SessionId, std::unique_ptr<Queue>, std::hash<SessionId>> queues_;
  size_t pending_ = 0;
};

}  // namespace okapi
