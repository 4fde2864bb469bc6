// Ordering rule O4: how one session's requests wait for each other.
#include "server/request/lane.h"

#include <catch2/catch.hpp>
#include <deque>

#include "common/base/random.h"

using namespace okapi;

namespace {

RequestPtr request(OpCode op, int32_t xid) {
  RequestView view;
  view.op = op;
  view.xid = xid;
  return RequestPtr::make(view, nullptr);
}
RequestPtr read(int32_t xid) { return request(OpCode::kGetData, xid); }
RequestPtr write(int32_t xid) { return request(OpCode::kSetData, xid); }
int32_t xid_of(const RequestPtr& request) { return request ? request->xid : -1; }

}  // namespace

TEST_CASE("o4_a_read_behind_a_write_waits_for_its_answer") {
  Lane lane;
  CHECK(lane.idle());
  lane.add_in_flight(*write(1));
  CHECK_FALSE(lane.idle());
  lane.add_waiting(read(2));
  CHECK_FALSE(lane.next_runnable());
  lane.pop_answered();
  CHECK(xid_of(lane.next_runnable()) == 2);
  CHECK(lane.idle());
}

TEST_CASE("o4_writes_behind_writes_are_pipelined_and_one_behind_a_read_waits") {
  Lane lane;
  lane.add_in_flight(*write(1));
  CHECK(lane.takes_write());
  lane.add_in_flight(*write(2));
  lane.add_waiting(read(3));
  CHECK_FALSE(lane.takes_write());
  lane.add_waiting(write(4));
  lane.add_waiting(write(5));
  CHECK_FALSE(lane.next_runnable());
  lane.pop_answered();
  CHECK_FALSE(lane.next_runnable());
  lane.pop_answered();
  CHECK(xid_of(lane.next_runnable()) == 3);
  CHECK(xid_of(lane.next_runnable()) == 4);
  CHECK(xid_of(lane.next_runnable()) == 5);
  CHECK_FALSE(lane.next_runnable());
  CHECK(lane.front_xid() == 4);
  CHECK(lane.size() == 2);
}

TEST_CASE("o4_what_waits_on_a_dead_connection_comes_out_in_order_and_what_is_in_flight_stays") {
  Lane lane;
  lane.add_in_flight(*write(1));
  lane.add_waiting(read(2));
  lane.add_waiting(write(3));
  CHECK(xid_of(lane.take_waiting()) == 2);
  CHECK(xid_of(lane.take_waiting()) == 3);
  CHECK_FALSE(lane.take_waiting());
  CHECK(lane.size() == 1);
  CHECK(lane.front_xid() == 1);
}

// One lane against the plain statement of the rule, over long runs that move its head often.
TEST_CASE("zk_1863_o4_every_request_runs_once_and_in_its_place") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    Lane lane;
    int32_t next_xid = 0, answered = 0;
    std::vector<int32_t> sent_writes;
    auto sent = [&](const RequestPtr& one) {
      if (is_write(one->op)) {
        sent_writes.push_back(one->xid);
      } else {
        REQUIRE(one->xid == ++answered);  // a read runs when all before it are answered
      }
    };
    for (int step = 0; step < 3000; ++step) {
      if (rng.chance(1, 2)) {
        RequestPtr one = rng.chance(2, 3) ? write(++next_xid) : read(++next_xid);
        if (is_write(one->op) && lane.takes_write()) {
          lane.add_in_flight(*one);
          sent(one);
        } else if (!is_write(one->op) && lane.idle()) {
          sent(one);
        } else {
          lane.add_waiting(std::move(one));
        }
      } else if (!sent_writes.empty()) {
        REQUIRE(lane.front_xid() == sent_writes.front());
        REQUIRE(sent_writes.front() == ++answered);
        sent_writes.erase(sent_writes.begin());
        lane.pop_answered();
        while (RequestPtr one = lane.next_runnable()) sent(one);
      }
      REQUIRE(lane.size() == static_cast<size_t>(next_xid - answered));
    }
  }
}

TEST_CASE("a_request_owns_its_bytes_and_keeps_its_identities") {
  std::string body = "the body";
  auto identities = std::make_shared<IdentityList>(IdentityList{{"ip", "1.2.3.4"}});
  RequestView view;
  view.op = OpCode::kSetData;
  view.body = body;
  RequestPtr kept = RequestPtr::make(view, identities);
  body.assign(body.size(), '#');
  identities.reset();
  RequestPtr next = std::move(kept);
  CHECK(next->body == "the body");
  CHECK(next->identities->front().id == "1.2.3.4");
}

TEST_CASE(
    "where_a_sync_goes_to_the_leader_it_counts_as_a_write_and_what_was_kept_stays_for_its_answer") {
  Lane lane;
  RequestPtr sync = request(OpCode::kSync, 1);
  lane.add_in_flight(*sync, sync.copy());
  lane.add_waiting(request(OpCode::kSync, 2), SyncGoes::kToLeader);
  lane.add_waiting(read(3), SyncGoes::kToLeader);
  CHECK(xid_of(lane.next_runnable()) == 2);  // pipelined
  CHECK_FALSE(lane.next_runnable());
  for (int32_t xid : {1, 2}) {
    CHECK(lane.front_op() == OpCode::kSync);
    CHECK(xid_of(lane.front_request()) == xid);
    lane.pop_answered();
  }
  CHECK(xid_of(lane.next_runnable()) == 3);
  CHECK(lane.idle());
}

TEST_CASE("where_a_sync_is_answered_here_it_counts_as_a_read") {
  Lane lane;
  lane.add_in_flight(*write(1));
  lane.add_waiting(request(OpCode::kSync, 2));
  CHECK_FALSE(lane.next_runnable());
  lane.pop_answered();
  CHECK(xid_of(lane.next_runnable()) == 2);
  CHECK(lane.idle());
}
