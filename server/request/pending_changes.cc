#include "server/request/pending_changes.h"

#include <set>

#include "common/proto/path.h"
#include "server/tree/node_kind.h"

namespace okapi {
namespace {

// Compat: "" and "/" name one node; one key for both (client-protocol 11.9).
ByteView key_of(ByteView path) { return path.empty() ? kRootPath : path; }

uint64_t digest_of(ByteView path, const NodeState& state) {
  if (!state.exists || !counts_in_digest(path)) return 0;
  return node_digest(state.digest_prefix, state.stat);
}

int64_t bytes_in_close_session(ByteView path) {
  constexpr int64_t kLengthBytes = 4;
  return kLengthBytes + static_cast<int64_t>(path.size());
}

}  // namespace

PendingChanges::PendingChanges(const DataTree& tree) : tree_(tree), digest_(tree.digest()) {
  tree.for_each_session_with_ephemerals(
      [&](SessionId session, const std::vector<std::string>& paths) {
        int64_t& bytes = ephemeral_bytes_[session];
        for (const std::string& path : paths) bytes += bytes_in_close_session(path);
      });
}

void PendingChanges::prune() {
  Zxid applied = tree_.last_applied();
  while (!order_.empty() && order_.front().first <= applied) {
    // A later change of the same path stands further back in the order and removes it then.
    auto [zxid, index] = order_.front();
    if (table_.at(index).zxid == zxid) table_.erase(index);
    order_.pop_front();
  }
  while (!ephemerals_.empty() && ephemerals_.front().zxid <= applied) ephemerals_.pop_front();
}

NodeState PendingChanges::get(ByteView path) const {
  path = key_of(path);
  PathHash hash = tree_.hash_of(path);
  PendingTable::Index index = table_.find(path, hash);
  if (index != PendingTable::kNone) return table_.at(index).state;
  NodeState state;
  state.hash = hash;
  auto lock = tree_.read(path, hash);
  if (!lock.found()) return state;
  const NodeView& node = lock.node();
  state.exists = true;
  state.stat = node.stored_stat();
  state.child_count = node.child_count();
  state.data_length = static_cast<int32_t>(node.data_size());
  state.digest_prefix = node.digest_prefix();
  state.acl = node.acl();
  return state;
}

void PendingChanges::change(ByteView path, const NodeState& from, const NodeState& to, Zxid zxid) {
  path = key_of(path);
  PendingTable::Index index = table_.find(path, from.hash);
  EphemeralBytes bytes = ephemeral_bytes(path, from, to);
  add_bytes(bytes);
  bool existed = index != PendingTable::kNone;
  if (!existed) index = table_.insert(path, from.hash);
  PendingTable::Entry& entry = table_.at(index);
  if (in_multi_) undo_.push_back({index, existed, entry.state, entry.zxid, bytes});
  // Twice in one transaction (the parent of two creates in a multi) needs one place in the order.
  if (!existed || entry.zxid != zxid) order_.emplace_back(zxid, index);
  entry.state = to;
  entry.state.hash = from.hash;
  entry.zxid = zxid;
  digest_ += digest_of(path, to) - digest_of(path, from);
  bool ephemeral = to.exists && !from.exists && to.stat.ephemeral_owner != 0;
  if (ephemeral) {
    ephemerals_.push_back({zxid, SessionId(to.stat.ephemeral_owner), std::string(path)});
  }
}

PendingChanges::EphemeralBytes PendingChanges::ephemeral_bytes(ByteView path, const NodeState& from,
                                                               const NodeState& to) const {
  if (from.exists == to.exists) return {};
  int64_t owner = (to.exists ? to : from).stat.ephemeral_owner;
  if (node_kind(owner, tree_.options()) != NodeKind::kEphemeral) return {};
  int64_t bytes = bytes_in_close_session(path);
  return {SessionId(owner), to.exists ? bytes : -bytes};
}

void PendingChanges::add_bytes(const EphemeralBytes& bytes) {
  if (bytes.change == 0) return;
  int64_t& sum = ephemeral_bytes_[bytes.owner];
  sum += bytes.change;
  OKAPI_ASSERT(sum >= 0);
  if (sum == 0) ephemeral_bytes_.erase(bytes.owner);
}

int64_t PendingChanges::ephemeral_bytes_of(SessionId session) const {
  auto it = ephemeral_bytes_.find(session);
  return it == ephemeral_bytes_.end() ? 0 : it->second;
}

void PendingChanges::begin_multi() {
  in_multi_ = true;
  undo_.clear();
  order_before_ = order_.size();
  ephemerals_before_ = ephemerals_.size();
  digest_before_ = digest_;
}

void PendingChanges::roll_back_multi() {
  order_.resize(order_before_);
  ephemerals_.resize(ephemerals_before_);
  for (size_t i = undo_.size(); i-- > 0;) {
    const Undo& undo = undo_[i];
    add_bytes({undo.bytes.owner, -undo.bytes.change});
    if (undo.existed) {
      PendingTable::Entry& entry = table_.at(undo.index);
      entry.state = undo.before;
      entry.zxid = undo.zxid_before;
    } else {
      table_.erase(undo.index);
    }
  }
  undo_.clear();
  digest_ = digest_before_;
  in_multi_ = false;
}

std::vector<std::string> PendingChanges::ephemerals_of(SessionId session) const {
  std::set<std::string> paths;
  for (std::string& path : tree_.ephemerals_of(session)) paths.insert(std::move(path));
  for (const PendingEphemeral& pending : ephemerals_) {
    if (pending.owner == session) paths.insert(pending.path);
  }
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    NodeState state = get(path);
    if (state.exists && state.stat.ephemeral_owner == session.value()) out.push_back(path);
  }
  return out;
}

}  // namespace okapi
