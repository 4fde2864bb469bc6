#include "tests/sim/checkers/tree_model.h"

#include <spdlog/fmt/fmt.h>

#include <limits>

#include "common/base/assert.h"
#include "common/jute/record.h"
#include "common/proto/path.h"

namespace okapi::sim {
namespace {

constexpr int64_t kContainerOwner = std::numeric_limits<int64_t>::min();

std::string parent_path(const std::string& path) {
  std::string parent(parent_of(path));
  return parent.empty() ? "/" : parent;
}

bool is_special(const std::string& path) {
  return path == "/" || path == "/zookeeper" || path == "/zookeeper/quota" ||
         path == "/zookeeper/config";
}

bool has_slash_and_no_nul(const std::string& path) {
  return path.find('/') != std::string::npos && path.find('\0') == std::string::npos;
}

}  // namespace

TreeModel::TreeModel() {
  Node plain;
  plain.data = "";
  nodes_["/"] = plain;
  refresh("/");
  add_node("/zookeeper", plain);
  add_node("/zookeeper/quota", plain);
  Node config;
  config.data = "";
  config.perms = 1;
  config.stat.aversion = -1;
  add_node("/zookeeper/config", std::move(config));
}

void TreeModel::add_node(const std::string& path, Node node) {
  nodes_.at(parent_path(path)).children.insert(std::string(name_of_path(path)));
  nodes_[path] = std::move(node);
  refresh(path);
}

void TreeModel::refresh(const std::string& path) {
  Node& node = nodes_.at(path);
  if (!counts_in_digest(path)) return;
  NullableView data = node.data.has_value() ? NullableView(*node.data) : std::nullopt;
  uint64_t now = node_digest(digest_prefix(path, data), node.stat);
  digest_ += now - node.digest;
  node.digest = now;
}

Stat TreeModel::stat_of(const Node& node) const {
  const StatPersisted& s = node.stat;
  auto children = static_cast<int32_t>(node.children.size());
  return Stat{.czxid = s.czxid,
              .mzxid = s.mzxid,
              .ctime = s.ctime,
              .mtime = s.mtime,
              .version = s.version,
              .cversion = 2 * s.cversion - children,
              .aversion = s.aversion,
              .ephemeral_owner = s.ephemeral_owner == kContainerOwner ? 0 : s.ephemeral_owner,
              .data_length = static_cast<int32_t>(node.data.value_or("").size()),
              .num_children = children,
              .pzxid = s.pzxid};
}

// Single writes.

ErrorCode TreeModel::create(const Call& call, const Stamp& stamp, std::string& path,
                            std::vector<Trigger>& triggers) {
  path = call.path;
  if (!has_session(stamp.session)) return ErrorCode::kSessionExpired;
  if (!has_slash_and_no_nul(path)) return ErrorCode::kBadArguments;
  if (call.perms < 0) return ErrorCode::kInvalidAcl;  // stands for an empty list
  auto parent = nodes_.find(path == "/" ? "/" : parent_path(path));
  if (parent == nodes_.end()) return ErrorCode::kNoNode;
  if (!allowed(parent->second, 4)) return ErrorCode::kNoAuth;
  int32_t made = parent->second.stat.cversion;
  if (is_sequential(call.mode)) path += fmt::format("{:010}", made);
  if (!is_valid_path(path)) return ErrorCode::kBadArguments;
  if (nodes_.contains(path)) return ErrorCode::kNodeExists;
  if (parent->second.stat.ephemeral_owner > 0) return ErrorCode::kNoChildrenForEphemerals;

  Node node;
  node.data = call.data;
  node.perms = call.perms;
  node.stat.czxid = node.stat.mzxid = node.stat.pzxid = stamp.zxid;
  node.stat.ctime = node.stat.mtime = stamp.time_ms;
  if (is_ephemeral(call.mode)) node.stat.ephemeral_owner = stamp.session.value();
  if (call.mode == CreateMode::kContainer) node.stat.ephemeral_owner = kContainerOwner;
  bool readable = allowed(node, 1);
  parent->second.stat.cversion = made + 1;
  parent->second.stat.pzxid = stamp.zxid;
  bool parent_readable = allowed(parent->second, 1);
  std::string above = parent->first;
  add_node(path, std::move(node));
  refresh(above);
  triggers.push_back({.event = EventType::kNodeCreated, .path = path, .readable = readable});
  triggers.push_back({.child_table = true,
                      .event = EventType::kNodeChildrenChanged,
                      .path = above,
                      .readable = parent_readable});
  return ErrorCode::kOk;
}

void TreeModel::drop_node(const std::string& path, Zxid zxid, std::vector<Trigger>& triggers) {
  Node& node = nodes_.at(path);
  bool readable = allowed(node, 1);
  digest_ -= node.digest;
  nodes_.erase(path);
  std::string above = parent_path(path);
  Node& parent = nodes_.at(above);
  parent.children.erase(std::string(name_of_path(path)));
  if (parent.stat.pzxid < zxid) parent.stat.pzxid = zxid;
  refresh(above);
  bool parent_readable = allowed(parent, 1);
  triggers.push_back({.event = EventType::kNodeDeleted, .path = path, .readable = readable});
  triggers.push_back({.child_table = true,
                      .event = EventType::kNodeDeleted,
                      .path = path,
                      .skip_notified = true,
                      .readable = readable});
  triggers.push_back({.child_table = true,
                      .event = EventType::kNodeChildrenChanged,
                      .path = above,
                      .readable = parent_readable});
}

ErrorCode TreeModel::remove(const Call& call, const Stamp& stamp, std::vector<Trigger>& triggers) {
  const std::string& path = call.path;
  if (!has_session(stamp.session)) return ErrorCode::kSessionExpired;
  if (!has_slash_and_no_nul(path) || is_special(path)) return ErrorCode::kBadArguments;
  auto parent = nodes_.find(parent_path(path));
  if (parent == nodes_.end()) return ErrorCode::kNoNode;
  if (!allowed(parent->second, 8)) return ErrorCode::kNoAuth;
  auto node = nodes_.find(path);
  if (node == nodes_.end()) return ErrorCode::kNoNode;
  if (call.version != -1 && call.version != node->second.stat.version) {
    return ErrorCode::kBadVersion;
  }
  if (!node->second.children.empty()) return ErrorCode::kNotEmpty;
  drop_node(path, stamp.zxid, triggers);
  return ErrorCode::kOk;
}

ErrorCode TreeModel::set_data(const Call& call, const Stamp& stamp,
                              std::vector<Trigger>& triggers) {
  if (!has_session(stamp.session)) return ErrorCode::kSessionExpired;
  if (!is_valid_path(call.path)) return ErrorCode::kBadArguments;
  auto found = nodes_.find(call.path);
  if (found == nodes_.end()) return ErrorCode::kNoNode;
  Node& node = found->second;
  if (!allowed(node, 2)) return ErrorCode::kNoAuth;
  if (call.version != -1 && call.version != node.stat.version) return ErrorCode::kBadVersion;
  node.data = call.data;
  ++node.stat.version;
  node.stat.mzxid = stamp.zxid;
  node.stat.mtime = stamp.time_ms;
  refresh(call.path);
  triggers.push_back(
      {.event = EventType::kNodeDataChanged, .path = call.path, .readable = allowed(node, 1)});
  return ErrorCode::kOk;
}

ErrorCode TreeModel::set_acl(const Call& call) {
  if (!is_valid_path(call.path)) return ErrorCode::kBadArguments;
  if (call.perms < 0) return ErrorCode::kInvalidAcl;
  auto found = nodes_.find(call.path);
  if (found == nodes_.end()) return ErrorCode::kNoNode;
  Node& node = found->second;
  if (!allowed(node, 16)) return ErrorCode::kNoAuth;
  if (call.version != -1 && call.version != node.stat.aversion) return ErrorCode::kBadVersion;
  node.perms = call.perms;
  ++node.stat.aversion;
  refresh(call.path);
  return ErrorCode::kOk;
}

ErrorCode TreeModel::check(const Call& call) const {
  if (!is_valid_path(call.path)) return ErrorCode::kBadArguments;
  auto found = nodes_.find(call.path);
  if (found == nodes_.end()) return ErrorCode::kNoNode;
  if (!allowed(found->second, 1)) return ErrorCode::kNoAuth;
  bool fits = call.version == -1 || call.version == found->second.stat.version;
  return fits ? ErrorCode::kOk : ErrorCode::kBadVersion;
}

ErrorCode TreeModel::apply_one(const Call& call, const Stamp& stamp, std::string& created,
                               std::vector<Trigger>& triggers) {
  if (call.op == OpCode::kCreate || call.op == OpCode::kCreate2 ||
      call.op == OpCode::kCreateContainer) {
    return create(call, stamp, created, triggers);
  }
  if (call.op == OpCode::kDelete) return remove(call, stamp, triggers);
  if (call.op == OpCode::kSetData) return set_data(call, stamp, triggers);
  if (!has_session(stamp.session)) return ErrorCode::kSessionExpired;
  if (call.op == OpCode::kSetAcl) return set_acl(call);
  OKAPI_ASSERT(call.op == OpCode::kCheck);
  return check(call);
}

// The record that a write's reply carries.
void TreeModel::put_result(std::string& out, const Call& call, const std::string& created) const {
  if (call.op == OpCode::kCreate) {
    jute::OutputArchive(out).put_buffer(ByteView(created));
  } else if (call.op == OpCode::kCreate2 || call.op == OpCode::kCreateContainer) {
    jute::encode(out, Create2Response{.path = created, .stat = stat_of(nodes_.at(created))});
  } else if (call.op == OpCode::kSetData || call.op == OpCode::kSetAcl) {
    jute::encode(out, stat_of(nodes_.at(call.path)));
  }
}

ModelAnswer TreeModel::write(const Call& call, const Stamp& stamp) {
  if (call.op == OpCode::kMulti) return multi(call, stamp);
  ModelAnswer answer;
  std::string created;
  answer.err = apply_one(call, stamp, created, answer.triggers);
  if (answer.err == ErrorCode::kOk) put_result(answer.body, call, created);
  return answer;
}

ModelAnswer TreeModel::multi(const Call& call, const Stamp& stamp) {
  ModelAnswer answer;
  Nodes before = nodes_;
  uint64_t digest_before = digest_;
  std::vector<ErrorCode> errors;
  for (const Call& sub : call.subs) {
    std::string created;
    ErrorCode err = apply_one(sub, stamp, created, answer.triggers);
    errors.push_back(err);
    if (err != ErrorCode::kOk) break;
    OpCode type = sub.op == OpCode::kCreateContainer ? OpCode::kCreate2 : sub.op;
    jute::encode(answer.body, MultiHeader{static_cast<int32_t>(type), false, 0});
    put_result(answer.body, sub, created);
  }
  if (!errors.empty() && errors.back() != ErrorCode::kOk) {
    nodes_ = std::move(before);
    digest_ = digest_before;
    answer.triggers.clear();
    answer.body.clear();
    errors.resize(call.subs.size(), ErrorCode::kRuntimeInconsistency);
    for (ErrorCode err : errors) {
      auto number = static_cast<int32_t>(err);
      jute::encode(answer.body, MultiHeader{-1, false, number});
      jute::OutputArchive(answer.body).put_int(number);
    }
  }
  jute::encode(answer.body, MultiHeader{-1, true, -1});
  return answer;
}

// Sessions and containers.

std::set<std::string> TreeModel::ephemerals_of(SessionId session) const {
  std::set<std::string> out;
  for (const auto& [path, node] : nodes_) {
    if (node.stat.ephemeral_owner == session.value() && session.value() != 0) out.insert(path);
  }
  return out;
}

std::vector<Trigger> TreeModel::close_session(SessionId session, Zxid zxid,
                                              const std::vector<std::string>& order) {
  std::vector<Trigger> triggers;
  sessions_.erase(session);
  for (const std::string& path : order) {
    if (nodes_.contains(path)) drop_node(path, zxid, triggers);
  }
  for (const std::string& path : ephemerals_of(session)) drop_node(path, zxid, triggers);
  return triggers;
}

bool TreeModel::may_reap(const std::string& path) const {
  auto found = nodes_.find(path);
  return found != nodes_.end() && found->second.stat.ephemeral_owner == kContainerOwner &&
         found->second.children.empty() && found->second.stat.cversion > 0;
}

std::vector<Trigger> TreeModel::reap(const std::string& path, Zxid zxid) {
  std::vector<Trigger> triggers;
  drop_node(path, zxid, triggers);
  return triggers;
}

}  // namespace okapi::sim
