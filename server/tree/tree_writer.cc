#include "server/tree/tree_writer.h"

#include <algorithm>
#include <array>

#include "common/proto/path.h"
#include "server/tree/tree_apply.h"
#include "server/tree/tree_plan.h"
#include "server/tree/tree_state.h"

namespace okapi {
namespace {

// Compat: what a multi may hold (storage spec 2); the rest is no transaction of ours or theirs.
constexpr std::array kSubTypes = {
    OpCode::kCreate,          OpCode::kCreate2, OpCode::kCreateTtl,
    OpCode::kCreateContainer, OpCode::kDelete,  OpCode::kDeleteContainer,
    OpCode::kSetData,         OpCode::kCheck,   OpCode::kError,
};

bool may_be_sub(int32_t type) {
  return std::find(kSubTypes.begin(), kSubTypes.end(), static_cast<OpCode>(type)) !=
         kSubTypes.end();
}

bool decode_subs(const MultiTxn& multi, std::vector<TxnBody>& bodies) {
  for (const SubTxn& sub : multi.subs.items) {
    if (!may_be_sub(sub.type)) return false;
    jute::InputArchive in(sub.body);
    if (!decode_txn_body(sub.type, in, bodies.emplace_back()).ok()) return false;
  }
  return true;
}

}  // namespace

TreeWriter::TreeWriter(DataTree& tree) : tree_(&tree) {
  OKAPI_ASSERT(!tree.state().writer_taken);
  tree.state().writer_taken = true;
}

TreeWriter::TreeWriter(TreeWriter&& other) noexcept
    : tree_(std::exchange(other.tree_, nullptr)),
      sub_bodies_(std::move(other.sub_bodies_)),
      spare_(std::move(other.spare_)) {}

TreeWriter& TreeWriter::operator=(TreeWriter&& other) noexcept {
  std::swap(tree_, other.tree_);
  std::swap(sub_bodies_, other.sub_bodies_);
  std::swap(spare_, other.spare_);
  return *this;
}

TreeWriter::~TreeWriter() {
  if (tree_ != nullptr) tree_->state().writer_taken = false;
}

Applied TreeWriter::apply(const Txn& txn, ApplyMode mode) {
  OKAPI_ASSERT(tree_ != nullptr);
  TreeState& state = tree_->state();
  Applied out = std::move(spare_);
  sub_bodies_.clear();
  const auto* multi = std::get_if<MultiTxn>(&txn.body);
  if (multi != nullptr && !decode_subs(*multi, sub_bodies_)) {
    out.err = ErrorCode::kMarshallingError;
    return out;
  }
  out.lock = WriteLock(state.locks, plan_shards(state, txn, sub_bodies_, mode));
  TxnApplier applier(state, txn.header, mode, out);
  if (multi != nullptr) {
    applier.run_multi(*multi, sub_bodies_);
    return out;
  }
  SubResult result = applier.run(txn.body, txn.header.type);
  out.err = result.err;
  out.path = result.path;
  out.stat = result.stat;
  return out;
}

void TreeWriter::recycle(Applied&& done) {
  done.lock.release();
  spare_.subs = std::move(done.subs);
  spare_.events = std::move(done.events);
  spare_.owned_paths = std::move(done.owned_paths);
  spare_.subs.clear();
  spare_.events.clear();
  spare_.owned_paths.clear();
}

Applied TreeWriter::kill_session(SessionId session, Zxid zxid) {
  TreeState& state = tree_->state();
  TxnHeader header;
  header.client_id = session;
  header.zxid = zxid;
  Applied out;
  out.session_closed = true;
  out.lock = WriteLock(state.locks, plan_session_end(state, session));
  TxnApplier(state, header, ApplyMode::kReplay, out).remove_owned_by(session);
  return out;
}

std::vector<TreeWriter::Orphan> TreeWriter::ephemerals_without(
    const std::function<bool(SessionId)>& is_alive) const {
  std::vector<Orphan> out;
  for (const TreeShard& shard : tree_->state().shards) {
    for (const auto& [session, nodes] : shard.ephemerals.all()) {
      if (is_alive(session)) continue;
      for (const Znode* node : nodes) out.push_back({session, node->path()});
    }
  }
  return out;
}

void TreeWriter::put_config(NullableView data, Zxid version, int64_t now_ms) {
  TreeState& state = tree_->state();
  WriteLock lock(state.locks, kAllShards);
  Znode* parent = &state.root();
  for (ByteView path : {kZooKeeperPath, kConfigPath}) {
    Znode* node = state.find(path);
    if (node == nullptr) {
      node = state.link({.parent = parent,
                         .path = path,
                         .hash = state.hash_of(path),
                         .data = state.block_of(""),
                         .acl = path == kConfigPath
                                    ? state.acls.intern({{Perms::kRead, "world", "anyone"}})
                                    : nullptr,
                         .stat = {}});
      state.digest_in(*node, path);
    }
    parent = node;
  }
  Znode* config = parent;
  state.set_data(config, state.block_of(data));
  config->version = -1;
  config->mzxid = version;
  config->mtime = now_ms;
}

}  // namespace okapi
