#include "server/txn/txn_digest.h"

#include <catch2/catch.hpp>

using namespace okapi;

TEST_CASE("empty_tree_has_the_digest_that_the_reference_prints") {
  // Storage spec section 7, observed on a Java server.
  uint64_t root = node_digest(digest_prefix("/", ""), {});
  uint64_t zookeeper = node_digest(digest_prefix("/zookeeper", ""), {});
  CHECK(root == 0x04128908);
  CHECK(zookeeper == 0x4db44d58);
  CHECK(root + zookeeper == 0x51c6d660);
}
