// Which follower an observer goes to.
#include "server/peer/master_choice.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;

TEST_CASE("an observer goes from one follower to the next, never to the leader") {
  std::set<ServerId> first;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    MasterChoice choice(seed);
    for (int round = 0; round < 3; ++round) {
      std::set<ServerId> seen;
      for (int i = 0; i < 4; ++i) seen.insert(*choice.next(*voters(1, 5), ServerId(3)));
      CHECK(seen == std::set{ServerId(1), ServerId(2), ServerId(4), ServerId(5)});
    }
    first.insert(*choice.next(*voters(1, 5), ServerId(3)));
  }
  CHECK(first.size() == 4);  // by dice
}

TEST_CASE("who became leader or left in the middle of a round is passed over") {
  MasterChoice choice(1);
  choice.next(*voters(1, 5), ServerId(3));
  for (int i = 0; i < 4; ++i) CHECK(choice.next(*voters(1, 2), ServerId(1)) == ServerId(2));
  CHECK_FALSE(choice.next(*voters(1, 1), ServerId(1)).has_value());
}
