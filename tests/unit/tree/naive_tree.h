// The tree as a plain map from path to node: slow, and as close to the spec's words as can be.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/proto/path.h"
#include "server/tree/node_kind.h"
#include "server/txn/txn.h"
#include "server/txn/txn_digest.h"

namespace okapi {

struct NaiveNode {
  std::optional<std::string> data;
  StatPersisted stat;
  AclList acl;
};

class NaiveTree {
 public:
  std::map<std::string, NaiveNode> nodes;
  std::set<std::string> quotas;
  std::vector<std::pair<int, std::string>> events;  // of the last txn: type and path

  NaiveTree() {
    for (const char* path : {"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"}) {
      nodes[path] = {"", {}, open_acl()};
    }
    nodes["/zookeeper/config"].stat.aversion = -1;
    nodes["/zookeeper/config"].acl = {{1, "world", "anyone"}};
  }

  // Only txns that Prep would let pass.
  void apply(const TxnHeader& header, const TxnBody& body) {
    if (const auto* b = std::get_if<CreateTxn>(&body)) {
      create(header, *b, b->ephemeral ? header.client_id.value() : 0);
    } else if (const auto* c = std::get_if<CreateContainerTxn>(&body)) {
      create(header, *c, kContainerOwner);
    } else if (const auto* t = std::get_if<CreateTtlTxn>(&body)) {
      create(header, *t, ttl_owner(t->ttl));
    } else if (const auto* d = std::get_if<DeleteTxn>(&body)) {
      remove(header, std::string(d->path));
    } else if (const auto* s = std::get_if<SetDataTxn>(&body)) {
      set_data(header, *s);
    } else if (const auto* a = std::get_if<SetAclTxn>(&body)) {
      nodes[std::string(a->path)].acl = owned(a->acl);
      nodes[std::string(a->path)].stat.aversion = a->version;
    } else if (const auto* x = std::get_if<CloseSessionTxn>(&body)) {
      for (ByteView path : x->paths.items) remove(header, std::string(path));
      for (const std::string& path : ephemerals(header.client_id.value())) remove(header, path);
    } else if (const auto* m = std::get_if<MultiTxn>(&body)) {
      for (const SubTxn& sub : m->subs.items) {
        jute::InputArchive in(sub.body);
        TxnBody part;
        REQUIRE(decode_txn_body(sub.type, in, part).ok());
        apply(header, part);
      }
    }
  }

  std::vector<std::string> children(const std::string& path) const {
    std::vector<std::string> out;
    for (const auto& [other, node] : nodes) {
      if (other != "/" && parent(other) == path) out.emplace_back(name_of_path(other));
    }
    return out;
  }
  std::vector<std::string> ephemerals(int64_t session) const {
    std::vector<std::string> out;
    for (const auto& [path, node] : nodes) {
      if (session != 0 && node.stat.ephemeral_owner == session) out.push_back(path);
    }
    return out;
  }
  uint64_t digest() const {
    uint64_t sum = 0;
    for (const auto& [path, node] : nodes) {
      if (path.starts_with("/zookeeper/")) continue;
      NullableView data;
      if (node.data.has_value()) data = *node.data;
      sum += node_digest(digest_prefix(path, data), node.stat);
    }
    return sum;
  }
  int64_t data_size() const {
    size_t sum = 0;
    for (const auto& [path, node] : nodes) sum += path.size() + node.data.value_or("").size();
    return static_cast<int64_t>(sum);
  }
  static std::string parent(const std::string& path) {
    std::string out(parent_of(path));
    return out.empty() ? "/" : out;
  }

 private:
  static AclList owned(const jute::Vector<AclView>& acl) {
    AclList out;
    for (const AclView& a : acl.items) {
      out.push_back({a.perms, std::string(*a.scheme), std::string(*a.id)});
    }
    return out;
  }

  template <class Body>
  void create(const TxnHeader& header, const Body& body, int64_t owner) {
    std::string path(body.path);
    NaiveNode node;
    if (body.data.has_value()) node.data = std::string(*body.data);
    node.acl = owned(body.acl);
    node.stat.czxid = node.stat.mzxid = node.stat.pzxid = header.zxid;
    node.stat.ctime = node.stat.mtime = header.time_ms;
    node.stat.ephemeral_owner = owner;
    StatPersisted& above = nodes[parent(path)].stat;
    if (body.parent_cversion > above.cversion) {
      above.cversion = body.parent_cversion;
      above.pzxid = header.zxid;
    }
    int64_t size = static_cast<int64_t>(node.data.value_or("").size());
    nodes[path] = std::move(node);
    if (path.starts_with("/zookeeper/quota/")) {
      std::string prefix = parent(path).substr(kQuotaPath.size());
      if (name_of_path(path) == "zookeeper_limits") quotas.insert(prefix);
      if (name_of_path(path) == "zookeeper_stats") recount(prefix, path);
    }
    use(path, 1, size);
    events.emplace_back(1, path);
  }

  void remove(const TxnHeader& header, const std::string& path) {
    auto it = nodes.find(path);
    if (it == nodes.end()) return;
    int64_t size = static_cast<int64_t>(it->second.data.value_or("").size());
    nodes.erase(it);
    StatPersisted& above = nodes[parent(path)].stat;
    above.pzxid = std::max(above.pzxid, header.zxid);
    if (path.starts_with("/zookeeper/quota/") && name_of_path(path) == "zookeeper_limits") {
      quotas.erase(parent(path).substr(kQuotaPath.size()));
    }
    use(path, -1, -size);
    events.emplace_back(2, path);
  }

  void set_data(const TxnHeader& header, const SetDataTxn& body) {
    NaiveNode& node = nodes[std::string(body.path)];
    int64_t before = static_cast<int64_t>(node.data.value_or("").size());
    node.data.reset();
    if (body.data.has_value()) node.data = std::string(*body.data);
    node.stat.mzxid = header.zxid;
    node.stat.mtime = header.time_ms;
    node.stat.version = body.version;
    use(std::string(body.path), 0, static_cast<int64_t>(node.data.value_or("").size()) - before);
    events.emplace_back(3, body.path);
  }

  void recount(const std::string& prefix, const std::string& stats) {
    int64_t count = 0;
    int64_t bytes = 0;
    for (const auto& [path, node] : nodes) {
      if (path != prefix && !path.starts_with(prefix + "/")) continue;
      ++count;
      bytes += static_cast<int64_t>(node.data.value_or("").size());
    }
    nodes[stats].data = text(count, bytes);
  }

  // The stats text holds nothing but these two here.
  static std::string text(int64_t count, int64_t bytes) {
    return "count=" + std::to_string(count) + ",bytes=" + std::to_string(bytes);
  }

  void use(const std::string& path, int64_t count, int64_t bytes) {
    std::string best;
    for (const std::string& prefix : quotas) {
      bool below = path == prefix || path.starts_with(prefix + "/");
      if (below && prefix.size() > best.size()) best = prefix;
    }
    auto it = nodes.find("/zookeeper/quota" + best + "/zookeeper_stats");
    if (best.empty() || it == nodes.end()) return;
    std::string now = it->second.data.value_or("");
    int64_t had_count = -1;
    int64_t had_bytes = -1;
    if (now.starts_with("count=") && now.find(",bytes=") != std::string::npos) {
      had_count = std::atoll(now.c_str() + 6);
      had_bytes = std::atoll(now.c_str() + now.find(",bytes=") + 7);
    }
    it->second.data = text(had_count + count, had_bytes + bytes);
  }
};

}  // namespace okapi
