#include "server/tree/tree_plan.h"

#include "common/proto/path.h"

namespace okapi {
namespace {

class Planner {
 public:
  Planner(const TreeState& state, const TxnHeader& header, ApplyMode mode)
      : state_(state), header_(header), mode_(mode) {}

  ShardMask mask() const { return mask_; }

  void operator()(const CreateTxn& body) { create(body); }
  void operator()(const CreateContainerTxn& body) { create(body); }
  void operator()(const CreateTtlTxn& body) { create(body); }
  void operator()(const DeleteTxn& body) { remove(body.path); }
  void operator()(const SetDataTxn& body) {
    add_path(body.path);
    add_usage(body.path);
  }
  void operator()(const SetAclTxn& body) { add_path(body.path); }
  void operator()(const CloseSessionTxn& body) {
    for (ByteView path : body.paths.items) {
      if (mask_ == kAllShards) return;
      remove(path);
    }
    mask_ |= plan_session_end(state_, header_.client_id);
  }
  void operator()(const CheckTxn&) {}
  void operator()(const CreateSessionTxn&) {}
  void operator()(const ErrorTxn&) {}
  void operator()(const MultiTxn&) {}

  void remove(ByteView path) {
    if (!is_node_path(path)) return;
    add_with_parent(path);
    const Znode* node = state_.find(path);
    if (node == nullptr) return;
    if (node_kind(node->owner, state_.options) == NodeKind::kEphemeral) add_owner(node->owner);
    if (mode_ == ApplyMode::kReplay && node->child_count() > 0) mask_ = kAllShards;
  }

 private:
  template <class Body>
  void create(const Body& body) {
    if (!is_node_path(body.path)) return;
    add_with_parent(body.path);
    int64_t owner = owner_of(body, header_);
    if (node_kind(owner, state_.options) == NodeKind::kEphemeral) add_owner(owner);
  }
  void add_path(ByteView path) { mask_ |= shard_bit(state_.shard_of_path(path)); }
  void add_owner(int64_t owner) { mask_ |= shard_bit(state_.shard_of_owner(owner)); }
  void add_with_parent(ByteView path) {
    if (is_at_or_below(path, kQuotaPath)) {
      mask_ = kAllShards;
      return;
    }
    add_path(path);
    add_path(parent_of(path));
    add_usage(path);
  }
  void add_usage(ByteView path) {
    ByteView prefix = state_.quotas.deepest(path);
    if (!prefix.empty()) add_path(quota_stats_path(prefix));
  }

  const TreeState& state_;
  const TxnHeader& header_;
  ApplyMode mode_;
  ShardMask mask_ = 0;
};

}  // namespace

bool is_node_path(ByteView path) {
  return path.size() >= 2 && path.front() == '/' && path.back() != '/' && path[1] != '/';
}

int64_t owner_of(const CreateTxn& body, const TxnHeader& header) {
  return body.ephemeral ? header.client_id.value() : 0;
}
int64_t owner_of(const CreateContainerTxn&, const TxnHeader&) { return kContainerOwner; }
int64_t owner_of(const CreateTtlTxn& body, const TxnHeader&) { return ttl_owner(body.ttl); }

ShardMask plan_shards(const TreeState& state, const Txn& txn, const std::vector<TxnBody>& subs,
                      ApplyMode mode) {
  Planner planner(state, txn.header, mode);
  std::visit(planner, txn.body);
  ShardMask mask = planner.mask();
  for (const TxnBody& sub : subs) {
    Planner part(state, txn.header, mode);
    std::visit(part, sub);
    mask |= part.mask();
  }
  return mask;
}

ShardMask plan_session_end(const TreeState& state, SessionId session) {
  uint32_t own = state.shard_of_owner(session.value());
  ShardMask mask = shard_bit(own);
  const std::vector<Znode*>* nodes = state.shards[own].ephemerals.of(session);
  if (nodes == nullptr) return mask;
  TxnHeader header;
  for (const Znode* node : *nodes) {
    if (mask == kAllShards) break;
    Planner planner(state, header, ApplyMode::kReplay);
    planner.remove(node->path());
    mask |= planner.mask();
  }
  return mask;
}

}  // namespace okapi
