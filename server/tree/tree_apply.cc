#include "server/tree/tree_apply.h"

#include <algorithm>

#include "common/proto/path.h"
#include "server/tree/tree_plan.h"

namespace okapi {
namespace {

SubResult refused(ErrorCode err, ByteView path) { return {.err = err, .stat = {}, .path = path}; }

int64_t size_of(NullableView data) { return static_cast<int64_t>(data.value_or("").size()); }

}  // namespace

SubResult TxnApplier::run(const TxnBody& body, int32_t type) {
  SubResult result = std::visit([&](const auto& b) { return on(b); }, body);
  result.type = type;
  return result;
}

template <class Body>
SubResult TxnApplier::create_from(const Body& b) {
  return create({b.path, b.data, b.acl, owner_of(b, header_), b.parent_cversion});
}
SubResult TxnApplier::on(const CreateTxn& body) { return create_from(body); }
SubResult TxnApplier::on(const CreateContainerTxn& body) { return create_from(body); }
SubResult TxnApplier::on(const CreateTtlTxn& body) { return create_from(body); }
SubResult TxnApplier::on(const DeleteTxn& body) { return remove(body.path, false); }
SubResult TxnApplier::on(const CheckTxn& body) { return refused(ErrorCode::kOk, body.path); }
SubResult TxnApplier::on(const CreateSessionTxn&) {
  out_.session_created = true;
  return {};
}
SubResult TxnApplier::on(const ErrorTxn& body) {
  return refused(static_cast<ErrorCode>(body.err), {});
}
// run_multi has its own way in; within another there is none.
SubResult TxnApplier::on(const MultiTxn&) { return refused(ErrorCode::kMarshallingError, {}); }

void TxnApplier::run_multi(const MultiTxn& multi, const std::vector<TxnBody>& bodies) {
  OKAPI_ASSERT(multi.subs.items.size() == bodies.size());
  auto is_error = [](const TxnBody& body) { return std::holds_alternative<ErrorTxn>(body); };
  auto first_error = std::find_if(bodies.begin(), bodies.end(), is_error);
  if (first_error != bodies.end()) {
    // Compat: those before the failing one answer 0, those after it what their records say.
    for (const TxnBody& body : bodies) {
      const auto* error = std::get_if<ErrorTxn>(&body);
      out_.subs.push_back({.type = static_cast<int32_t>(OpCode::kError),
                           .err = static_cast<ErrorCode>(error == nullptr ? 0 : error->err),
                           .stat = {},
                           .path = {}});
    }
    out_.err = static_cast<ErrorCode>(std::get<ErrorTxn>(*first_error).err);
    return;
  }
  for (size_t i = 0; i < bodies.size(); ++i) {
    out_.subs.push_back(run(bodies[i], multi.subs.items[i].type));
    if (out_.err == ErrorCode::kOk) out_.err = out_.subs.back().err;
  }
}

SubResult TxnApplier::create(const NewNode& body) {
  if (TreeState::is_root(body.path)) return refused(ErrorCode::kNodeExists, body.path);
  if (!is_node_path(body.path)) return refused(ErrorCode::kBadArguments, body.path);
  ByteView parent_path = parent_of(body.path);
  Znode* parent = state_.find(parent_path);
  if (parent == nullptr) return refused(ErrorCode::kNoNode, body.path);
  PathHash hash = state_.hash_of(body.path);
  OKAPI_ASSERT(out_.lock.holds(hash.shard()) && out_.lock.holds(shard_of(*parent)));
  if (Znode* node = state_.find(hash, body.path); node != nullptr) {
    return create_existing(body, *parent, *node);
  }
  advance_parent(*parent, parent_path, body.parent_cversion);
  StatPersisted stat;
  stat.czxid = stat.mzxid = stat.pzxid = header_.zxid;
  stat.ctime = stat.mtime = header_.time_ms;
  stat.ephemeral_owner = body.owner;
  Znode* node = state_.link({.parent = parent,
                             .path = body.path,
                             .hash = hash,
                             .data = state_.block_of(body.data),
                             .acl = state_.acls.intern(body.acl),
                             .stat = stat});
  state_.digest_in(*node, body.path);
  SubResult result = done(body.path, *node);
  if (is_at_or_below(parent_path, kQuotaPath)) on_quota_node_created(*node, body.path);
  add_usage(body.path, 1, size_of(body.data));
  emit(EventType::kNodeCreated, body.path, *node);
  return result;
}

// In replay the node is this very creation's, or one of a later life: its parent may still be
// older than the creation, and its ACL is what the txn says until a later txn says otherwise.
SubResult TxnApplier::create_existing(const NewNode& body, Znode& parent, Znode& node) {
  if (replaying()) {
    advance_parent(parent, parent_of(body.path), body.parent_cversion);
    AclEntry* acl = state_.acls.intern(body.acl);
    state_.acls.release(node.acl);
    node.acl = acl;
  }
  return refused(ErrorCode::kNodeExists, body.path);
}

SubResult TxnApplier::remove(ByteView path, bool even_if_missing) {
  if (!is_node_path(path)) return refused(ErrorCode::kBadArguments, path);
  PathHash hash = state_.hash_of(path);
  Znode* node = state_.find(hash, path);
  if (node == nullptr) {
    ByteView parent_path = parent_of(path);
    Znode* parent = state_.find(parent_path);
    if (parent != nullptr && (replaying() || even_if_missing)) touch_parent(*parent, parent_path);
    return refused(ErrorCode::kNoNode, path);
  }
  OKAPI_ASSERT(out_.lock.holds(hash.shard()) && out_.lock.holds(shard_of(*node->parent)));
  if (node->child_count() > 0) {
    if (!replaying()) return refused(ErrorCode::kNotEmpty, path);
    remove_below(*node);
  }
  emit(EventType::kNodeDeleted, path, *node);
  remove_node(*node, path, hash);
  return refused(ErrorCode::kOk, path);
}

void TxnApplier::remove_node(Znode& node, ByteView path, PathHash hash) {
  ByteView limited = quota_prefix_of(path, kQuotaLimitsName);
  if (!limited.empty()) state_.quotas.remove(limited);
  int64_t size = static_cast<int64_t>(node.data.size());
  Znode& parent = *node.parent;
  state_.digest_out(node, path);
  state_.unlink(&node, path, hash);
  touch_parent(parent, parent_of(path));
  add_usage(path, -1, -size);
}

void TxnApplier::remove_below(Znode& top) {
  std::vector<Znode*> nodes;  // parents before children
  auto take_children = [&](const Znode& node) {
    if (node.children == nullptr) return;
    node.children->visit(0, ~size_t{0}, [&](Znode& child) { nodes.push_back(&child); });
  };
  take_children(top);
  for (size_t i = 0; i < nodes.size(); ++i) take_children(*nodes[i]);
  for (size_t i = nodes.size(); i-- > 0;) {
    std::string path = nodes[i]->path();
    remove_node(*nodes[i], path, state_.hash_of(path));
  }
}

SubResult TxnApplier::on(const SetDataTxn& body) {
  ByteView path = body.path.empty() ? kRootPath : body.path;
  Znode* node = state_.find(path);
  if (node == nullptr) return refused(ErrorCode::kNoNode, path);
  OKAPI_ASSERT(out_.lock.holds(shard_of(*node)));
  int64_t before = static_cast<int64_t>(node->data.size());
  state_.digest_out(*node, path);
  state_.set_data(node, state_.block_of(body.data));
  node->mzxid = header_.zxid;
  node->mtime = header_.time_ms;
  node->version = body.version;
  state_.refresh_prefix(node, path);
  state_.digest_in(*node, path);
  SubResult result = done(path, *node);
  add_usage(path, 0, size_of(body.data) - before);
  emit(EventType::kNodeDataChanged, path, *node);
  return result;
}

SubResult TxnApplier::on(const SetAclTxn& body) {
  ByteView path = body.path.empty() ? kRootPath : body.path;
  Znode* node = state_.find(path);
  if (node == nullptr) return refused(ErrorCode::kNoNode, path);
  OKAPI_ASSERT(out_.lock.holds(shard_of(*node)));
  AclEntry* acl = state_.acls.intern(body.acl);
  state_.acls.release(node->acl);
  node->acl = acl;
  state_.digest_out(*node, path);
  node->aversion = body.version;
  state_.digest_in(*node, path);
  return done(path, *node);
}

// The listed paths, whoever owns them by now, then what the list misses.
SubResult TxnApplier::on(const CloseSessionTxn& body) {
  out_.session_closed = true;
  for (ByteView path : body.paths.items) remove(path, true);
  remove_owned_by(header_.client_id);
  return {};
}

void TxnApplier::remove_owned_by(SessionId session) {
  const EphemeralIndex& index = state_.shards[state_.shard_of_owner(session.value())].ephemerals;
  while (const std::vector<Znode*>* nodes = index.of(session)) {
    out_.owned_paths.push_back(SharedBytes::copy_of(nodes->back()->path()));
    ByteView path = out_.owned_paths.back().view();
    // An ephemeral has no children, unless a replay has yet to take them away.
    if (remove(path, true).err != ErrorCode::kNotEmpty) continue;
    remove_below(*nodes->back());
    remove(path, true);
  }
}

void TxnApplier::advance_parent(Znode& parent, ByteView path, int32_t cversion) {
  // Compat: -1 in old logs stands for one more than what is there.
  if (cversion == -1) {
    cversion = static_cast<int32_t>(static_cast<uint32_t>(parent.cversion) + 1);
  }
  if (cversion <= parent.cversion) return;
  state_.digest_out(parent, path);
  parent.cversion = cversion;
  parent.pzxid = header_.zxid;
  state_.digest_in(parent, path);
}

void TxnApplier::touch_parent(Znode& parent, ByteView path) {
  if (parent.pzxid >= header_.zxid) return;
  OKAPI_ASSERT(out_.lock.holds(shard_of(parent)));
  state_.digest_out(parent, path);
  parent.pzxid = header_.zxid;
  state_.digest_in(parent, path);
}

void TxnApplier::emit(EventType type, ByteView path, const Znode& node) {
  TreeEvent& event = out_.events.emplace_back();
  event.type = type;
  event.path = path;
  event.acl = AclRef(node.acl);
  if (node.parent == nullptr) return;
  event.parent = parent_of(path);
  if (event.parent.empty()) event.parent = kRootPath;
  event.parent_acl = AclRef(node.parent->acl);
}

SubResult TxnApplier::done(ByteView path, const Znode& node) const {
  return {.err = ErrorCode::kOk, .stat = node.stat(state_.options), .path = path};
}

// Compat: the reference overwrites what was just written to a new stats node with the recount.
// A quota on the empty path registers nothing (client-protocol 11.7b).
void TxnApplier::on_quota_node_created(Znode& node, ByteView path) {
  OKAPI_ASSERT(node.parent != nullptr);
  ByteView limited = quota_prefix_of(path, kQuotaLimitsName);
  if (!limited.empty()) state_.quotas.add(limited);
  ByteView counted = quota_prefix_of(path, kQuotaStatsName);
  if (!counted.empty()) recount_quota(state_, counted);
}

void TxnApplier::add_usage(ByteView path, int64_t count, int64_t bytes) {
  ByteView prefix = state_.quotas.deepest(path);
  if (prefix.empty() || prefix == kRootPath) return;
  Znode* stats = state_.find(quota_stats_path(prefix));
  if (stats == nullptr) return;
  OKAPI_ASSERT(out_.lock.holds(shard_of(*stats)));
  QuotaText text = QuotaText::parse(stats->data_view().value_or(""));
  auto sum = [](int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  };
  text.set_count(sum(text.count(), count));
  text.set_bytes(sum(text.bytes(), bytes));
  state_.set_data(stats, state_.block_of(text.print()));
}

void recount_quota(TreeState& state, ByteView prefix) {
  Znode* stats = state.find(quota_stats_path(prefix));
  if (stats == nullptr) return;
  int64_t count = 0;
  int64_t bytes = 0;
  std::vector<const Znode*> todo;
  if (const Znode* top = state.find(prefix); top != nullptr) todo.push_back(top);
  while (!todo.empty()) {
    const Znode* node = todo.back();
    todo.pop_back();
    ++count;
    bytes += static_cast<int64_t>(node->data.size());
    if (node->children == nullptr) continue;
    node->children->visit(0, ~size_t{0}, [&](const Znode& child) { todo.push_back(&child); });
  }
  QuotaText text;
  text.set_count(count);
  text.set_bytes(bytes);
  state.set_data(stats, state.block_of(text.print()));
}

}  // namespace okapi
