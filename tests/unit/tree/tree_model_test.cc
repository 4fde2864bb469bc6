// Random transactions of all kinds on the tree and on a plain map: after each step both must tell
// the same of every node.
#include <algorithm>
#include <catch2/catch.hpp>

#include "common/base/random.h"
#include "tests/unit/tree/naive_tree.h"
#include "tests/unit/tree/tree_fixture.h"

namespace okapi {
namespace {

const TreeOptions kOptions{.extended_types = true, .hash_seed = 99};

class Generator {
 public:
  Generator(uint64_t seed, const NaiveTree& model) : rng_(seed), model_(model) {}

  // A txn that Prep would let pass; often a multi. Views live as long as this.
  Txn next(int64_t zxid) {
    auto session = static_cast<int64_t>(1 + rng_.below(4));
    if (rng_.chance(1, 40)) return make_txn(zxid, OpCode::kCloseSession, close(session), session);
    if (!rng_.chance(1, 4)) {
      auto [type, body] = one(model_, session);
      return make_txn(zxid, type, body, session);
    }
    MultiTxn multi;
    NaiveTree ahead = model_;
    TxnHeader header = make_txn(zxid, OpCode::kMulti, MultiTxn{}, session).header;
    for (uint64_t n = rng_.below(6); n > 0; --n) {
      auto [type, body] = one(ahead, session);
      if (type == OpCode::kSetAcl) continue;
      std::string& encoded = kept_.emplace_back();
      std::visit([&](const auto& b) { jute::encode(encoded, b); }, body);
      ahead.apply(header, body);
      multi.subs.items.push_back({static_cast<int32_t>(type), encoded});
    }
    return make_txn(zxid, OpCode::kMulti, multi, session);
  }

 private:
  std::pair<OpCode, TxnBody> one(const NaiveTree& model, int64_t session) {
    for (;;) {
      ByteView path = keep(random_path());
      auto it = model.nodes.find(std::string(path));
      if (it == model.nodes.end()) {
        auto above = model.nodes.find(NaiveTree::parent(std::string(path)));
        if (above == model.nodes.end() || is_ephemeral(above->second)) continue;
        return create(path, above->second.stat.cversion + 1, session);
      }
      switch (rng_.below(6)) {
        case 0:
        case 1:
          if (path == "/" || path == "/zookeeper" || path == kQuotaPath ||
              !model.children(std::string(path)).empty()) {
            continue;
          }
          return {OpCode::kDelete, DeleteTxn{path}};
        case 2:
          return {OpCode::kSetAcl,
                  SetAclTxn{path, acl_views(random_acl()), it->second.stat.aversion + 1}};
        case 3:
          return {OpCode::kCheck, CheckTxn{path, -1}};
        default:
          if (name_of_path(path) == kQuotaStatsName) continue;
          return {OpCode::kSetData, SetDataTxn{path, random_data(), it->second.stat.version + 1}};
      }
    }
  }

  std::pair<OpCode, TxnBody> create(ByteView path, int32_t cversion, int64_t) {
    jute::Vector<AclView> acl = acl_views(random_acl());
    switch (rng_.below(8)) {
      case 0:
        return {OpCode::kCreateContainer, CreateContainerTxn{path, random_data(), acl, cversion}};
      case 1:
        return {OpCode::kCreateTtl, CreateTtlTxn{path, random_data(), acl, cversion,
                                                 static_cast<int64_t>(1 + rng_.below(1000))}};
      default: {
        bool ephemeral = rng_.chance(1, 3) && !path.starts_with("/zookeeper");
        return {OpCode::kCreate2, CreateTxn{path, random_data(), acl, ephemeral, cversion}};
      }
    }
  }

  CloseSessionTxn close(int64_t session) {
    CloseSessionTxn body;
    for (const std::string& path : model_.ephemerals(session)) {
      if (rng_.chance(3, 4)) body.paths.items.push_back(keep(path));
    }
    body.paths.null = rng_.chance(1, 4) && body.paths.items.empty();
    return body;
  }

  static bool is_ephemeral(const NaiveNode& node) {
    return node_kind(node.stat.ephemeral_owner, kOptions) == NodeKind::kEphemeral;
  }
  ByteView keep(std::string text) { return kept_.emplace_back(std::move(text)); }
  NullableView random_data() {
    if (rng_.chance(1, 10)) return std::nullopt;
    return keep(std::string(rng_.below(30), 'd'));
  }
  const AclList& random_acl() { return acls_[rng_.below(acls_.size())]; }
  std::string random_path() {
    if (rng_.chance(1, 6)) {
      static const std::vector<std::string> kSpecial = {"/",
                                                        "/zookeeper",
                                                        "/zookeeper/quota",
                                                        "/zookeeper/quota/a",
                                                        "/zookeeper/quota/a/zookeeper_limits",
                                                        "/zookeeper/quota/a/zookeeper_stats",
                                                        "/zookeeper/quota/a/b",
                                                        "/zookeeper/quota/a/b/zookeeper_limits",
                                                        "/zookeeper/quota/a/b/zookeeper_stats"};
      return kSpecial[rng_.below(kSpecial.size())];
    }
    std::string path;
    for (uint64_t depth = 1 + rng_.below(4); depth > 0; --depth) {
      path += "/" + std::string(1, static_cast<char>('a' + rng_.below(4)));
    }
    return path;
  }

  Rng rng_;
  const NaiveTree& model_;
  std::deque<std::string> kept_;
  std::vector<AclList> acls_ = {open_acl(),
                                {{1, "world", "anyone"}},
                                {{31, "digest", "u:h"}, {1, "world", "anyone"}},
                                {{4, "ip", "10.0.0.0/8"}}};
};

Stat reported(const NaiveNode& node, size_t children) {
  Stat out;
  out.czxid = node.stat.czxid;
  out.mzxid = node.stat.mzxid;
  out.pzxid = node.stat.pzxid;
  out.ctime = node.stat.ctime;
  out.mtime = node.stat.mtime;
  out.version = node.stat.version;
  out.cversion = 2 * node.stat.cversion - static_cast<int32_t>(children);
  out.aversion = node.stat.aversion;
  bool ordinary = node_kind(node.stat.ephemeral_owner, kOptions) == NodeKind::kEphemeral;
  out.ephemeral_owner = ordinary ? node.stat.ephemeral_owner : 0;
  out.data_length = static_cast<int32_t>(node.data.value_or("").size());
  out.num_children = static_cast<int32_t>(children);
  return out;
}

void require_equal(const TreeFixture& f, const NaiveTree& model) {
  REQUIRE(f.tree.node_count() == static_cast<int64_t>(model.nodes.size()));
  REQUIRE(f.tree.approximate_data_size() == model.data_size());
  REQUIRE(f.tree.digest() == model.digest());
  for (const auto& [path, node] : model.nodes) {
    INFO(path);
    ReadLock lock = f.tree.read(path);
    REQUIRE(lock.found());
    std::vector<std::string> children;
    lock.node().for_each_child([&](ByteView name) { children.emplace_back(name); });
    std::sort(children.begin(), children.end());
    REQUIRE(children == model.children(path));
    NullableView data;
    if (node.data.has_value()) data = *node.data;
    REQUIRE(lock.node().data() == data);
    REQUIRE(lock.node().stored_stat() == node.stat);
    REQUIRE(lock.node().stat() == reported(node, children.size()));
    REQUIRE(lock.node().acl().list() == node.acl);
  }
  int64_t ephemerals = 0;
  for (int64_t session = 1; session <= 4; ++session) {
    std::vector<std::string> mine = f.tree.ephemerals_of(SessionId(session));
    std::sort(mine.begin(), mine.end());
    REQUIRE(mine == model.ephemerals(session));
    ephemerals += static_cast<int64_t>(mine.size());
  }
  REQUIRE(f.tree.ephemerals_count() == ephemerals);
  std::vector<std::string> prefixes;
  for (const QuotaUsage& row : f.tree.quota_usage()) prefixes.push_back(row.prefix);
  REQUIRE(prefixes == std::vector<std::string>(model.quotas.begin(), model.quotas.end()));
}

}  // namespace

TEST_CASE("random transactions do to the tree what they do to a map") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    TreeFixture f(kOptions);
    NaiveTree model;
    Generator generator(seed, model);
    for (int64_t zxid = 1; zxid <= 1500; ++zxid) {
      Txn txn = generator.next(zxid);
      INFO("seed " << seed << " zxid " << zxid << " type " << txn.header.type);
      Applied done = f.apply(txn);
      done.lock.release();
      REQUIRE(done.err == ErrorCode::kOk);
      model.events.clear();
      model.apply(txn.header, txn.body);
      std::vector<std::pair<int, std::string>> events;
      for (const TreeEvent& event : done.events) {
        events.emplace_back(static_cast<int>(event.type), event.path);
      }
      // What a session owns beyond the list goes in no given order.
      bool closed = txn.header.type == static_cast<int32_t>(OpCode::kCloseSession);
      if (closed) std::sort(events.begin(), events.end());
      if (closed) std::sort(model.events.begin(), model.events.end());
      REQUIRE(events == model.events);
      if (zxid % 10 == 0 || closed) require_equal(f, model);
      f.writer.recycle(std::move(done));
    }
    require_equal(f, model);
    REQUIRE(f.tree.digest() == f.tree.recompute_digest());
  }
}

}  // namespace okapi
