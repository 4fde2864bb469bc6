// Ordering rule O5: a local write is pending before it is proposed, and comes back exactly once.
#include "server/request/commit_order.h"

#include <catch2/catch.hpp>

using namespace okapi;

namespace {

WriteTicket request(int64_t session, int32_t xid, OpCode op = OpCode::kSetData) {
  WriteTicket write;
  write.session = SessionId(session);
  write.xid = xid;
  write.op = op;
  return write;
}

TxnHeader commit(int64_t session, int32_t xid, OpCode op = OpCode::kSetData) {
  TxnHeader header;
  header.client_id = SessionId(session);
  header.cxid = xid;
  header.type = static_cast<int32_t>(op);
  return header;
}

}  // namespace

TEST_CASE("o5_a_commit_is_ours_if_session_xid_and_op_equal_the_head_of_the_queue") {
  CommitOrder order;
  order.add_pending(request(1, 10));
  order.add_pending(request(1, 11));
  CHECK_FALSE(order.match(commit(2, 10)));
  CHECK_FALSE(order.match(commit(1, 11)));
  CHECK_FALSE(order.match(commit(1, 10, OpCode::kDelete)));
  CHECK(order.match(commit(1, 10))->xid == 10);
  CHECK_FALSE(order.match(commit(1, 10)));
  CHECK(order.match(commit(1, 11))->xid == 11);
  CHECK(order.pending() == 0);
}

TEST_CASE("o5_a_refused_write_comes_back_as_an_error") {
  CommitOrder order;
  order.add_pending(request(1, 10, OpCode::kCreate));
  CHECK(order.match(commit(1, 10, OpCode::kError)));
  CHECK(order.pending() == 0);
}

TEST_CASE("an_xid_that_a_client_uses_twice_is_answered_twice_in_order") {
  CommitOrder order;
  order.add_pending(request(1, 5, OpCode::kCreate));
  order.add_pending(request(1, 5, OpCode::kDelete));
  CHECK(order.match(commit(1, 5, OpCode::kError))->op == OpCode::kCreate);
  CHECK(order.match(commit(1, 5, OpCode::kDelete))->op == OpCode::kDelete);
}

TEST_CASE("an_expiry_does_not_answer_a_client_and_what_it_overtook_is_still_answered") {
  CommitOrder order;
  order.add_pending(request(1, 10));
  CHECK_FALSE(order.match(commit(1, 0, OpCode::kCloseSession)));
  CHECK(order.match(commit(1, 10, OpCode::kError)));
}

TEST_CASE("a_sync_is_answered_by_its_sync_alone_and_in_its_place") {
  CommitOrder order;
  order.add_pending(request(1, 9));
  order.add_pending(request(1, 10, OpCode::kSync));
  CHECK_FALSE(order.match_sync({SessionId(1), 10}));  // the write is before it
  CHECK(order.match(commit(1, 9)));
  CHECK_FALSE(order.match_sync({SessionId(1), 11}));
  CHECK_FALSE(order.match_sync({SessionId(2), 10}));
  // Refused to the same client at another server, where it has counted as far.
  CHECK_FALSE(order.match(commit(1, 10, OpCode::kError)));
  CHECK(order.match_sync({SessionId(1), 10})->xid == 10);
  CHECK_FALSE(order.match_sync({SessionId(1), 10}));
  CHECK(order.pending() == 0);
  order.add_pending(request(1, 11));
  CHECK_FALSE(order.match_sync({SessionId(1), 11}));
  CHECK(order.match(commit(1, 11)));
}

TEST_CASE("of_a_local_session_that_only_syncs_nothing_is_kept") {
  CommitOrder order;
  WriteTicket sync = request(1, 10, OpCode::kSync);
  sync.local = LocalSession::kStays;
  order.add_pending(sync);
  CHECK(order.match_sync({SessionId(1), 10}));
  CHECK(order.queues() == 0);
}

TEST_CASE("o5_a_session_that_was_asked_for_is_known_by_its_id_and_xid_0_granted_or_refused") {
  OpCode answer = GENERATE(OpCode::kCreateSession, OpCode::kError);
  CommitOrder order;
  order.add_pending(request(1, 0, OpCode::kCreateSession));
  CHECK_FALSE(order.match(commit(2, 0, OpCode::kCreateSession)));
  CHECK(order.match(commit(1, 0, answer))->op == OpCode::kCreateSession);
  CHECK(order.queues() == 0);
}

TEST_CASE("no_session_leaves_anything_behind") {
  CommitOrder order;
  for (int64_t session = 1; session <= 3; ++session) {
    order.add_pending(request(session, 0, OpCode::kCreateSession));
    CHECK(order.match(commit(session, 0, OpCode::kCreateSession)));
    CHECK(order.queues() ==
          static_cast<size_t>(session - 1));  // one that never writes costs nothing
    order.add_pending(request(session, 1));
    CHECK(order.match(commit(session, 1)));
  }
  // Closed by its client, by expiry, and by expiry before a late write.
  order.add_pending(request(1, 2, OpCode::kCloseSession));
  CHECK(order.match(commit(1, 2, OpCode::kCloseSession)));
  CHECK_FALSE(order.match(commit(2, 0, OpCode::kCloseSession)));
  order.add_pending(request(3, 2));
  CHECK_FALSE(order.match(commit(3, 0, OpCode::kCloseSession)));
  CHECK(order.match(commit(3, 2, OpCode::kError)));
  CHECK(order.queues() == 0);
}
