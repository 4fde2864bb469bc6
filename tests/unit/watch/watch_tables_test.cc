#include "server/watch/watch_tables.h"

#include <catch2/catch.hpp>
#include <deque>

#include "server/watch/watch_report.h"

namespace okapi {
namespace {

const ConnectionId kMe = ConnectionId::make(1, 2, 3);
const ConnectionId kOther = ConnectionId::make(0, 9, 1);

// Changes of a tree, and what one connection hears of them, as "type(path)".
class Scene {
 public:
  WatchTables tables;

  std::string create(std::string path) { return change(EventType::kNodeCreated, path); }
  std::string remove(std::string path) { return change(EventType::kNodeDeleted, path); }
  std::string set(std::string path) { return change(EventType::kNodeDataChanged, path); }

  std::vector<WatchNotification> fire(EventType type, const std::string& path) {
    const std::string& kept = paths_.emplace_back(path);
    size_t slash = kept.rfind('/');
    ByteView parent = slash == 0 ? ByteView("/") : ByteView(kept).substr(0, slash);
    std::vector<WatchNotification> out;
    WatchTables::TxnGuard guard(tables);
    tables.trigger({type, kept, parent}, Zxid(++zxid_), out);
    return out;
  }

 private:
  std::string change(EventType type, const std::string& path) {
    std::string heard;
    for (const WatchNotification& n : fire(type, path)) {
      if (std::find(n.watchers.begin(), n.watchers.end(), kMe) == n.watchers.end()) continue;
      if (!heard.empty()) heard += " ";
      heard += std::to_string(static_cast<int>(n.type)) + "(" + std::string(n.path) + ")";
    }
    return heard;
  }
  std::deque<std::string> paths_;
  int64_t zxid_ = 0;
};

}  // namespace

TEST_CASE("a watcher's handle keeps its parts") {
  REQUIRE(kMe.worker() == 1);
  REQUIRE(kMe.slot() == 2);
  REQUIRE(kMe.generation() == 3);
  ConnectionId last = ConnectionId::make(255, (1u << 24) - 1, 0xffffffff);
  REQUIRE(last.worker() == 255);
  REQUIRE(last.slot() == (1u << 24) - 1);
  REQUIRE(last.generation() == 0xffffffff);
  REQUIRE(kOther < kMe);
}

// The rows of client-protocol 6.2.
TEST_CASE("data and child watch on X, X deleted: one event") {
  Scene s;
  s.tables.add_data("/X", kMe);
  s.tables.add_child("/X", kMe);
  REQUIRE(s.remove("/X") == "2(/X)");
  REQUIRE(s.tables.total_count() == 0);
  REQUIRE(s.create("/X") == "");
}

TEST_CASE("child watches on X and its parent, X deleted: both events") {
  Scene s;
  s.tables.add_child("/P/X", kMe);
  s.tables.add_child("/P", kMe);
  REQUIRE(s.remove("/P/X") == "2(/P/X) 4(/P)");
}

TEST_CASE("a persistent watch hears of its own path for ever") {
  Scene s;
  s.tables.add_persistent("/X", kMe);
  REQUIRE(s.create("/X/k") == "4(/X)");
  REQUIRE(s.set("/X") == "3(/X)");
  REQUIRE(s.set("/X/k") == "");
  REQUIRE(s.remove("/X/k") == "4(/X)");
  REQUIRE(s.remove("/X") == "2(/X)");
  REQUIRE(s.create("/X") == "1(/X)");
}

TEST_CASE("zk_4475: a recursive watch hears of all below and never of children") {
  Scene s;
  s.tables.add_recursive("/X", kMe);
  REQUIRE(s.create("/X/k") == "1(/X/k)");
  REQUIRE(s.create("/X/k/j") == "1(/X/k/j)");
  REQUIRE(s.set("/X") == "3(/X)");
  REQUIRE(s.set("/X/k") == "3(/X/k)");
  REQUIRE(s.remove("/X/k") == "2(/X/k)");
  REQUIRE(s.remove("/X") == "2(/X)");
  REQUIRE(s.create("/X") == "1(/X)");
  REQUIRE(s.create("/Xk") == "");
}

TEST_CASE("zk_4466: recursive, persistent and standard on X are independent") {
  Scene s;
  s.tables.add_recursive("/X", kMe);
  s.tables.add_persistent("/X", kMe);
  s.tables.add_data("/X", kMe);
  REQUIRE(s.create("/X/k") == "1(/X/k) 4(/X)");
  REQUIRE(s.set("/X") == "3(/X)");
  REQUIRE_FALSE(s.tables.check("/X", kMe, WatcherType::kData));
  REQUIRE(s.tables.check("/X", kMe, WatcherType::kPersistent));
  REQUIRE(s.tables.check("/X", kMe, WatcherType::kPersistentRecursive));
}

TEST_CASE("recursive and child watch on the root, a child of it made") {
  Scene s;
  s.tables.add_recursive("/", kMe);
  s.tables.add_child("/", kMe);
  REQUIRE(s.create("/r") == "1(/r) 4(/)");
}

TEST_CASE("a child watch whose event is told already is consumed") {
  Scene s;
  s.tables.add_recursive("/", kMe);
  s.tables.add_child("/r", kMe);
  REQUIRE(s.remove("/r") == "2(/r)");
  REQUIRE_FALSE(s.tables.check("/r", kMe, WatcherType::kChildren));
}

TEST_CASE("notifications name the ACL that rules their delivery, and each watcher once") {
  Scene s;
  s.tables.add_data("/P/X", kMe);
  s.tables.add_data("/P/X", kMe);
  s.tables.add_recursive("/P", kMe);
  s.tables.add_recursive("/", kMe);
  s.tables.add_data("/P/X", kOther);
  s.tables.add_child("/P", kOther);
  auto fired = s.fire(EventType::kNodeCreated, "/P/X");
  REQUIRE(fired.size() == 2);
  REQUIRE(fired[0].acl == AclOf::kNode);
  REQUIRE(fired[0].watchers == std::vector<ConnectionId>{kOther, kMe});
  REQUIRE(fired[1].acl == AclOf::kParent);
  REQUIRE(fired[1].type == EventType::kNodeChildrenChanged);
  REQUIRE(fired[1].watchers == std::vector<ConnectionId>{kOther});
}

TEST_CASE("paths are literals: what names no node never fires") {
  Scene s;
  for (ByteView odd : {"", "X", "/X/", "//X"}) {
    s.tables.add_data(odd, kMe);
    s.tables.add_recursive(odd, kMe);
    s.tables.add_child(odd, kMe);
  }
  REQUIRE(s.create("/X") == "");
  REQUIRE(s.create("/X/y") == "");
  REQUIRE(s.remove("/X") == "");
  REQUIRE(s.tables.total_count() == 8);
  s.tables.remove_watcher(kMe);
  REQUIRE(s.tables.total_count() == 0);
}

TEST_CASE("check and remove by type") {
  WatchTables tables;
  auto all = {WatcherType::kChildren, WatcherType::kData, WatcherType::kPersistent,
              WatcherType::kPersistentRecursive};
  auto add = [&](WatcherType type) {
    switch (type) {
      case WatcherType::kChildren:
        return tables.add_child("/X", kMe);
      case WatcherType::kData:
        return tables.add_data("/X", kMe);
      case WatcherType::kPersistent:
        return tables.add_persistent("/X", kMe);
      case WatcherType::kPersistentRecursive:
      case WatcherType::kAny:
        break;
    }
    return tables.add_recursive("/X", kMe);
  };
  for (WatcherType held : all) {
    REQUIRE(add(held));
    for (WatcherType asked : all) {
      REQUIRE(tables.check("/X", kMe, asked) == (asked == held));
      REQUIRE_FALSE(tables.check("/X", kOther, asked));
      REQUIRE_FALSE(tables.remove("/X", kOther, asked));
      if (asked != held) REQUIRE_FALSE(tables.remove("/X", kMe, asked));
    }
    REQUIRE(tables.check("/X", kMe, WatcherType::kAny));
    REQUIRE(tables.remove("/X", kMe, held));
    REQUIRE(tables.total_count() == 0);
  }
  for (WatcherType held : all) add(held);
  REQUIRE(tables.remove("/X", kMe, WatcherType::kAny));
  REQUIRE_FALSE(tables.remove("/X", kMe, WatcherType::kAny));
  REQUIRE(tables.total_count() == 0);
  std::vector<WatchNotification> out;
  tables.trigger({EventType::kNodeCreated, "/X/y", "/X"}, Zxid(1), out);
  REQUIRE(out.empty());
}

TEST_CASE("a closed connection leaves nothing, others stay") {
  Scene s;
  for (int i = 0; i < 500; ++i) {
    std::string path = "/n" + std::to_string(i);
    for (ConnectionId who : {kMe, kOther}) {
      s.tables.add_data(path, who);
      s.tables.add_child(path, who);
      if (i % 5 == 0) s.tables.add_recursive(path, who);
    }
  }
  REQUIRE(s.tables.total_count() == 2000);
  s.tables.remove_watcher(kMe);
  REQUIRE(s.tables.total_count() == 1000);
  auto fired = s.fire(EventType::kNodeDeleted, "/n10");
  REQUIRE(fired.size() == 1);
  REQUIRE(fired[0].watchers == std::vector<ConnectionId>{kOther});
  REQUIRE(s.fire(EventType::kNodeCreated, "/n10/x")[0].watchers ==
          std::vector<ConnectionId>{kOther});
  s.tables.remove_watcher(kOther);
  REQUIRE(s.tables.total_count() == 0);
}

TEST_CASE("a connection has no more watches than it may") {
  WatchTables tables(WatchOptions{.per_connection_max = 3});
  REQUIRE(tables.add_data("/a", kMe));
  REQUIRE(tables.add_child("/a", kMe));
  REQUIRE(tables.add_persistent("/b", kMe));
  REQUIRE(tables.add_recursive("/c", kMe));
  REQUIRE_FALSE(tables.add_data("/d", kMe));
  REQUIRE_FALSE(tables.add_recursive("/e", kMe));
  REQUIRE(tables.add_recursive("/a", kMe));
  REQUIRE(tables.add_data("/d", kOther));
  REQUIRE(tables.remove("/b", kMe, WatcherType::kAny));
  REQUIRE(tables.add_data("/d", kMe));
  REQUIRE_FALSE(tables.add_data("/e", kMe));
  std::vector<WatchNotification> out;
  tables.trigger({EventType::kNodeDataChanged, "/d", "/"}, Zxid(1), out);
  REQUIRE(tables.add_data("/e", kMe));
  REQUIRE_FALSE(tables.add_data("/f", kMe));
  tables.remove_watcher(kMe);
  REQUIRE(tables.add_data("/f", kMe));
}

TEST_CASE("reports cover the data table only") {
  WatchTables tables;
  tables.add_data("/a", kMe);
  tables.add_data("/a", kOther);
  tables.add_recursive("/b", kMe);
  tables.add_persistent("/c", kMe);
  tables.add_child("/d", kMe);
  WatchSummary summary = summarize_watches(tables);
  REQUIRE(summary.connections == 2);
  REQUIRE(summary.paths == 3);
  REQUIRE(summary.watches == 4);
  REQUIRE(tables.total_count() == 6);
  REQUIRE(watchers_by_path(tables).size() == 3);
  REQUIRE(watchers_by_path(tables)["/a"].size() == 2);
  REQUIRE(paths_by_watcher(tables)[kOther] == std::vector<std::string>{"/a"});
  REQUIRE(paths_by_watcher(tables)[kMe].size() == 3);
}

TEST_CASE("the shared frame is the wire's") {
  SharedBytes frame = encode_watch_event(Zxid(0x77), EventType::kNodeDeleted, "/ab");
  const char expected[] =
      "\0\0\0\x1f\xff\xff\xff\xff\0\0\0\0\0\0\0\x77\0\0\0\0\0\0\0\x02\0\0\0\x03\0\0\0\x03/ab";
  REQUIRE(frame.view() == ByteView(expected, sizeof expected - 1));
}

TEST_CASE("a deep path is matched without regard to its depth") {
  Scene s;
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "/d";
  s.tables.add_recursive("/d/d", kMe);
  s.tables.add_recursive(deep, kMe);
  REQUIRE(s.fire(EventType::kNodeDataChanged, deep).size() == 1);
  s.tables.remove_watcher(kMe);
  REQUIRE(s.fire(EventType::kNodeDataChanged, deep).empty());
}

}  // namespace okapi
