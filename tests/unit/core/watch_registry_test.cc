#include "client/core/watch_registry.h"

#include <catch2/catch.hpp>

using namespace okapi;

TEST_CASE("event_uses_up_one_shot_watches_only") {
  WatchRegistry watches;
  watches.add("/a", WatchKind::kData);
  watches.add("/a", WatchKind::kChild);
  watches.add("/a", WatchKind::kPersistent);
  watches.fired(EventType::kNodeDataChanged, "/a");
  CHECK_FALSE(watches.has("/a", WatchKind::kData));
  CHECK(watches.has("/a", WatchKind::kChild));
  watches.fired(EventType::kNodeDeleted, "/a");
  CHECK_FALSE(watches.has("/a", WatchKind::kChild));
  CHECK(watches.has("/a", WatchKind::kPersistent));
}

TEST_CASE("many_watches_are_armed_in_several_requests") {
  WatchRegistry watches;
  for (int i = 0; i < 10; ++i) watches.add("/" + std::string(96, char('a' + i)), WatchKind::kData);
  std::vector<size_t> sizes;
  watches.rearm(Zxid(3), 400, [&](const SetWatches2Request& request) {
    CHECK(request.relative_zxid == 3);
    sizes.push_back(request.data.items.size());
  });
  CHECK(sizes == std::vector<size_t>{4, 4, 2});
}

TEST_CASE("removing_by_type_leaves_the_others") {
  WatchRegistry watches;
  watches.add("/a", WatchKind::kExist);
  watches.add("/a", WatchKind::kRecursive);
  watches.remove("/a", WatcherType::kData);
  CHECK_FALSE(watches.has("/a", WatchKind::kExist));
  CHECK(watches.has("/a", WatchKind::kRecursive));
  watches.remove("/a", WatcherType::kAny);
  CHECK(watches.empty());
}
