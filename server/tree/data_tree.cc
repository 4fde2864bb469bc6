#include "server/tree/data_tree.h"

#include "common/proto/path.h"
#include "server/tree/tree_cursor.h"
#include "server/tree/tree_state.h"
#include "server/tree/tree_writer.h"

namespace okapi {
namespace {

// Up to here a subtree is counted in one hold of all shards.
constexpr size_t kCountInOneHold = 10000;
constexpr size_t kCountSlice = 1000;

// Descendants, or nothing if there are more than kCountInOneHold. All shards are held.
std::optional<int64_t> count_in_one_hold(const Znode& top) {
  std::vector<const Znode*> nodes{&top};
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.size() + nodes[i]->child_count() > kCountInOneHold) return std::nullopt;
    if (nodes[i]->children == nullptr) continue;
    nodes[i]->children->visit(0, ~size_t{0}, [&](const Znode& child) { nodes.push_back(&child); });
  }
  return static_cast<int64_t>(nodes.size()) - 1;
}

}  // namespace

std::optional<NodeView> MultiReadLock::find(ByteView path) const {
  OKAPI_ASSERT(hold_.holds(state_->shard_of_path(path)));
  const Znode* node = state_->find(path);
  if (node == nullptr) return std::nullopt;
  return NodeView(*node, state_->options);
}

DataTree::DataTree(const TreeOptions& options) : state_(std::make_unique<TreeState>(options)) {}
DataTree::~DataTree() = default;

PathHash DataTree::hash_of(ByteView path) const {
  return state_->hash_of(TreeState::is_root(path) ? kRootPath : path);
}

ReadLock DataTree::read(ByteView path, PathHash hash) const {
  SharedHold hold(state_->locks, shard_bit(hash.shard()));
  const Znode* node = state_->find(hash, path);
  return ReadLock(std::move(hold), node, state_->options);
}

void DataTree::prefetch(PathHash hash, Fetch what) const {
  SharedHold hold(state_->locks, shard_bit(hash.shard()));
  const NodeTable& nodes = state_->shards[hash.shard()].nodes;
  if (what == Fetch::kSlots) {
    nodes.prefetch(hash);
  } else {
    nodes.prefetch_node(hash);
  }
}

MultiReadLock DataTree::read_all(std::span<const ByteView> paths) const {
  ShardMask mask = 0;
  for (ByteView path : paths) mask |= shard_mask_of(path);
  return read_all(mask);
}

MultiReadLock DataTree::read_all(ShardMask shards) const {
  return MultiReadLock(*state_, SharedHold(state_->locks, shards));
}

ShardMask DataTree::shard_mask_of(ByteView path) const {
  return shard_bit(state_->shard_of_path(path));
}

int64_t DataTree::node_count() const { return state_->node_count.load(std::memory_order_relaxed); }
int64_t DataTree::approximate_data_size() const {
  return state_->data_size.load(std::memory_order_relaxed);
}
int64_t DataTree::ephemerals_count() const {
  return state_->ephemeral_count.load(std::memory_order_relaxed);
}

std::vector<std::string> DataTree::ephemerals_of(SessionId session) const {
  std::vector<std::string> out;
  uint32_t shard = state_->shard_of_owner(session.value());
  SharedHold hold(state_->locks, shard_bit(shard));
  const std::vector<Znode*>* nodes = state_->shards[shard].ephemerals.of(session);
  if (nodes == nullptr) return out;
  out.reserve(nodes->size());
  for (const Znode* node : *nodes) out.push_back(node->path());
  return out;
}

void DataTree::for_each_session_with_ephemerals(
    const std::function<void(SessionId, const std::vector<std::string>&)>& f) const {
  for (uint32_t shard = 0; shard < kTreeShards; ++shard) {
    std::vector<std::pair<SessionId, std::vector<std::string>>> copied;
    {
      SharedHold hold(state_->locks, shard_bit(shard));
      for (const auto& [session, nodes] : state_->shards[shard].ephemerals.all()) {
        std::vector<std::string>& paths = copied.emplace_back(session, 0).second;
        for (const Znode* node : nodes) paths.push_back(node->path());
      }
    }
    for (const auto& [session, paths] : copied) f(session, paths);
  }
}

std::optional<int64_t> DataTree::count_descendants(ByteView path) const {
  if (TreeState::is_root(path)) return node_count() - 1;
  {
    SharedHold hold(state_->locks, kAllShards);
    const Znode* node = state_->find(path);
    if (node == nullptr) return std::nullopt;
    if (auto count = count_in_one_hold(*node); count.has_value()) return count;
  }
  int64_t count = -1;
  TreeCursor cursor(*this, last_applied(), path);
  while (cursor.next_slice(kCountSlice, [&](ByteView, const NodeView&) { ++count; })) {
  }
  // Gone meanwhile: it had descendants a moment ago, but now there is no such node.
  if (count < 0) return std::nullopt;
  return count;
}

std::vector<std::string> DataTree::reaper_candidates(const ReaperRule& rule,
                                                     ReaperPosition& position, size_t max) const {
  std::vector<std::string> out;
  while (max > 0 && !position.done) {
    SharedHold hold(state_->locks, shard_bit(position.shard));
    const std::vector<Znode*>& nodes = state_->shards[position.shard].expiring.all();
    for (; max > 0 && position.index < nodes.size(); ++position.index, --max) {
      const Znode& node = *nodes[position.index];
      if (node.child_count() > 0) continue;
      if (may_be_reaped(node.stored_stat(), state_->options, rule)) out.push_back(node.path());
    }
    if (position.index < nodes.size()) break;
    position.index = 0;
    position.done = ++position.shard == kTreeShards;
  }
  return out;
}

std::optional<QuotaViolation> DataTree::check_quota(ByteView path, int64_t count_diff,
                                                    int64_t bytes_diff) const {
  ByteView prefix = state_->quotas.deepest(path);
  if (prefix.empty() || prefix == kRootPath) return std::nullopt;
  auto text_at = [&](const std::string& at) -> std::optional<QuotaText> {
    ReadLock lock = read(at);
    if (!lock.found()) return std::nullopt;
    return QuotaText::parse(lock.node().data().value_or(""));
  };
  std::optional<QuotaText> limits = text_at(quota_limits_path(prefix));
  std::optional<QuotaText> stats = text_at(quota_stats_path(prefix));
  if (!limits.has_value() || !stats.has_value()) return std::nullopt;
  std::optional<QuotaViolation> found = okapi::check_quota(*limits, *stats, count_diff, bytes_diff);
  if (found.has_value()) found->prefix = prefix;
  return found;
}

std::vector<QuotaUsage> DataTree::quota_usage() const {
  std::vector<QuotaUsage> out;
  for (std::string& prefix : state_->quotas.list()) {
    QuotaUsage row;
    auto text_at = [&](const std::string& at) {
      ReadLock lock = read(at);
      return QuotaText::parse(lock.found() ? lock.node().data().value_or("") : "");
    };
    QuotaText limits = text_at(quota_limits_path(prefix));
    QuotaText stats = text_at(quota_stats_path(prefix));
    row.count_limit = limits.count_hard() > -1 ? limits.count_hard() : limits.count();
    row.bytes_limit = limits.bytes_hard() > -1 ? limits.bytes_hard() : limits.bytes();
    row.count = stats.count();
    row.bytes = stats.bytes();
    row.prefix = std::move(prefix);
    out.push_back(std::move(row));
  }
  return out;
}

const AclTable& DataTree::acls() const { return state_->acls; }
const TreeOptions& DataTree::options() const { return state_->options; }

Zxid DataTree::last_applied() const {
  return Zxid(state_->last_applied.load(std::memory_order_acquire));
}
void DataTree::set_last_applied(Zxid zxid) {
  state_->last_applied.store(zxid.value(), std::memory_order_release);
}

TreeWriter DataTree::take_writer() { return TreeWriter(*this); }

uint64_t DataTree::digest() const {
  return state_->options.digest_enabled ? state_->digest.value() : 0;
}

uint64_t DataTree::recompute_digest() const {
  if (!state_->options.digest_enabled) return 0;
  uint64_t sum = 0;
  SharedHold hold(state_->locks, kAllShards);
  auto add = [&](const Znode& node) {
    std::string path = node.path();
    if (!counts_in_digest(path)) return;
    sum += node_digest(digest_prefix(path, node.data_view()), node.stored_stat());
  };
  add(state_->root());
  for (const TreeShard& shard : state_->shards) {
    shard.nodes.for_each([&](const Znode* node) { add(*node); });
  }
  return sum;
}

}  // namespace okapi
