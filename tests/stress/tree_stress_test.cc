// One writer, many readers, a walking cursor, watches: for ThreadSanitizer, and for the promises
// that readers have (architecture, section 7: no half txns, exact stamps, no lost watch).
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <set>
#include <thread>

#include "common/base/random.h"
#include "server/tree/tree_cursor.h"
#include "server/tree/tree_loader.h"
#include "server/tree/tree_writer.h"
#include "server/watch/watch_report.h"

namespace okapi {
namespace {

constexpr int kPaths = 300;
constexpr int64_t kTxns = 40000;

jute::Vector<AclView> random_acl(Rng& rng) {
  jute::Vector<AclView> acl;
  acl.items.push_back({static_cast<int32_t>(rng.below(40)), "world", "anyone"});
  return acl;
}

std::string path_of(uint64_t i) {
  return i % 3 == 0 ? "/n" + std::to_string(i)
                    : "/n" + std::to_string(i - i % 3) + "/c" + std::to_string(i);
}

struct Registration {
  std::string path;
  Zxid seen;  // the node's mzxid, or 0 if absent
};

class Arena {
 public:
  Arena() : writer(tree.take_writer()) { TreeLoader::initialize_empty(writer); }

  void apply(const Txn& txn) {
    Applied done = writer.apply(txn, ApplyMode::kLive);
    {
      WatchTables::TxnGuard guard(watches);
      notifications.clear();
      for (const TreeEvent& event : done.events) {
        watches.trigger({event.type, event.path, event.parent}, txn.header.zxid, notifications);
      }
      for (const WatchNotification& n : notifications) {
        for (ConnectionId who : n.watchers) {
          if (who.worker() != 255) fired.insert(who.value());
        }
      }
      tree.set_last_applied(txn.header.zxid);
    }
    writer.recycle(std::move(done));
  }

  DataTree tree;
  TreeWriter writer;
  WatchTables watches;
  std::set<uint64_t> fired;  // the writer's
  std::vector<WatchNotification> notifications;
  std::atomic<bool> stop{false};
  std::atomic<int64_t> broken{0};
};

Txn random_txn(Rng& rng, int64_t zxid, std::deque<std::string>& kept) {
  Txn txn;
  txn.header.zxid = Zxid(zxid);
  txn.header.time_ms = zxid;
  auto session = static_cast<int64_t>(1 + rng.below(5));
  txn.header.client_id = SessionId(session);
  kept.clear();
  ByteView path = kept.emplace_back(path_of(rng.below(kPaths)));
  ByteView data = kept.emplace_back(std::to_string(zxid));
  switch (rng.below(12)) {
    case 0:
    case 1:
    case 2:
      txn.body = CreateTxn{path, data, random_acl(rng),
                           rng.chance(1, 3) && path.find("/c") != ByteView::npos, -1};
      break;
    case 3:
    case 4:
      txn.body = DeleteTxn{path};
      break;
    case 5:
      txn.body = SetAclTxn{path, random_acl(rng), static_cast<int32_t>(zxid)};
      break;
    case 6:
      txn.body = rng.chance(1, 10) ? TxnBody(CloseSessionTxn{}) : TxnBody(CheckTxn{path, -1});
      break;
    case 7: {
      // Two nodes that always change together.
      MultiTxn multi;
      for (const char* twin : {"/twin1", "/twin2"}) {
        std::string& body = kept.emplace_back();
        jute::encode(body, SetDataTxn{twin, data, static_cast<int32_t>(zxid)});
        multi.subs.items.push_back({static_cast<int32_t>(OpCode::kSetData), body});
      }
      txn.body = multi;
      break;
    }
    default:
      txn.body = SetDataTxn{path, data, static_cast<int32_t>(zxid)};
  }
  return txn;
}

void read_on(Arena& arena, uint32_t worker, std::vector<Registration>& registered) {
  Rng rng(worker + 100);
  while (!arena.stop) {
    std::string path = path_of(rng.below(kPaths));
    {
      ReadLock lock = arena.tree.read(path);
      Zxid stamp = arena.tree.last_applied();
      if (lock.found()) {
        Stat stat = lock.node().stat();
        if (lock.node().data() != NullableView(std::to_string(stat.mzxid.value()))) ++arena.broken;
        if (stat.mzxid > stamp || stat.pzxid > stamp) ++arena.broken;
        if (lock.node().acl().list().size() != 1) ++arena.broken;
        lock.node().for_each_child([&](ByteView name) {
          if (name.front() != 'c') ++arena.broken;
        });
      }
      if (registered.size() < 20000) {
        arena.watches.add_data(
            path, ConnectionId::make(worker, static_cast<uint32_t>(registered.size()), 0));
        registered.push_back({path, lock.found() ? lock.node().stat().mzxid : Zxid(0)});
      }
    }
    std::vector<ByteView> twins = {"/twin1", "/twin2"};
    MultiReadLock both = arena.tree.read_all(twins);
    if (both.find("/twin1")->data() != both.find("/twin2")->data()) ++arena.broken;
  }
}

void walk_on(Arena& arena) {
  while (!arena.stop) {
    std::set<std::string> met;
    Zxid stamp = arena.tree.last_applied();
    TreeCursor cursor(arena.tree, stamp);
    auto note = [&](ByteView path, const NodeView& node) {
      if (!met.insert(std::string(path)).second) ++arena.broken;
      if (node.stored_stat().czxid > stamp) ++arena.broken;
    };
    while (cursor.next_slice(16, note)) {
    }
    if (!met.contains("/twin1")) ++arena.broken;
    arena.tree.count_descendants("/n0");
    arena.tree.acls().list_all();
    arena.tree.check_quota("/n0", 1, 1);
    for (int64_t session = 1; session <= 5; ++session) {
      for (const std::string& path : arena.tree.ephemerals_of(SessionId(session))) {
        if (path.find("/c") == std::string::npos) ++arena.broken;
      }
    }
    summarize_watches(arena.watches);
  }
}

void recurse_on(Arena& arena) {
  Rng rng(5);
  for (uint32_t slot = 0; !arena.stop; slot = (slot + 1) % 50) {
    ConnectionId who = ConnectionId::make(255, slot, 1);
    Zxid stamp;
    arena.watches.add_recursive(path_of(rng.below(kPaths)), who,
                                [&] { stamp = arena.tree.last_applied(); });
    if (rng.chance(1, 2)) arena.watches.remove_watcher(who);
  }
}

}  // namespace

TEST_CASE("readers, a walk and watches beside a writer") {
  Arena arena;
  std::deque<std::string> kept;
  int64_t zxid = 0;
  for (const char* twin : {"/twin1", "/twin2"}) {
    Txn txn;
    txn.header.zxid = Zxid(++zxid);
    jute::Vector<AclView> acl;
    acl.items.push_back({31, "world", "anyone"});
    txn.body = CreateTxn{twin, "0", acl, false, -1};
    arena.apply(txn);
  }
  std::vector<Registration> registered[2];
  std::vector<std::thread> threads;
  threads.emplace_back([&] { read_on(arena, 0, registered[0]); });
  threads.emplace_back([&] { read_on(arena, 1, registered[1]); });
  threads.emplace_back([&] { walk_on(arena); });
  threads.emplace_back([&] { recurse_on(arena); });
  Rng rng(1);
  for (int64_t i = 0; i < kTxns; ++i) {
    arena.apply(random_txn(rng, ++zxid, kept));
  }
  arena.stop = true;
  for (std::thread& thread : threads) thread.join();
  REQUIRE(arena.broken == 0);
  REQUIRE(arena.tree.digest() == arena.tree.recompute_digest());

  // Each one-shot watch has fired once or is still there; it is there only if nothing changed.
  std::set<uint64_t> waiting;
  for (const auto& [path, who] : watchers_by_path(arena.watches)) {
    for (ConnectionId each : who) waiting.insert(each.value());
  }
  for (uint32_t worker = 0; worker < 2; ++worker) {
    for (uint32_t slot = 0; slot < registered[worker].size(); ++slot) {
      const Registration& reg = registered[worker][slot];
      uint64_t who = ConnectionId::make(worker, slot, 0).value();
      bool is_waiting = waiting.contains(who);
      REQUIRE(arena.fired.contains(who) != is_waiting);
      if (!is_waiting) continue;
      ReadLock lock = arena.tree.read(reg.path);
      REQUIRE(reg.seen == (lock.found() ? lock.node().stat().mzxid : Zxid(0)));
    }
  }
}

}  // namespace okapi
