#include "client/bench/request_source.h"

#include <catch2/catch.hpp>
#include <map>

using namespace okapi;
using namespace okapi::bench;

namespace {

// The ops of `count` requests of a workload, counted.
std::map<OpCode, int> ops_of(Workload workload, int count) {
  BenchOptions options;
  options.workload = workload;
  options.keys = 10;
  RequestSource source(options, 0, 1);
  ClientSession session({.keep_watches = false});
  for (int i = 0; i < count; ++i) source.issue(session, 7);
  CHECK(session.in_flight() == static_cast<size_t>(count));
  std::map<OpCode, int> out;
  jute::InputArchive in(session.output());
  while (!in.rest().empty()) {
    jute::InputArchive frame(in.get_buffer().value());
    frame.get_int();
    ++out[static_cast<OpCode>(frame.get_int())];
  }
  return out;
}

}  // namespace

TEST_CASE("each_workload_asks_its_op") {
  CHECK(ops_of(Workload::kGet, 5) == std::map<OpCode, int>{{OpCode::kGetData, 5}});
  CHECK(ops_of(Workload::kExists, 5) == std::map<OpCode, int>{{OpCode::kExists, 5}});
  CHECK(ops_of(Workload::kChildren, 5) == std::map<OpCode, int>{{OpCode::kGetChildren, 5}});
  CHECK(ops_of(Workload::kSet, 5) == std::map<OpCode, int>{{OpCode::kSetData, 5}});
  CHECK(ops_of(Workload::kCreate, 5) == std::map<OpCode, int>{{OpCode::kCreate, 5}});
  CHECK(ops_of(Workload::kMulti, 5) == std::map<OpCode, int>{{OpCode::kMulti, 5}});
}

TEST_CASE("one_request_in_ten_of_the_mix_writes") {
  auto ops = ops_of(Workload::kMixed, 10'000);
  CHECK(ops[OpCode::kSetData] > 850);
  CHECK(ops[OpCode::kSetData] < 1'150);
}
