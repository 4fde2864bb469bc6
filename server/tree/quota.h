// Quotas: the text of limits and usage, the registered prefixes, and the check that Prep makes
// (client-protocol spec 3.18, 11.7). Text that cannot be parsed means no limit, no usage: clients
// may write these nodes, so nothing here ever fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/mutex.h"
#include "common/proto/path_trie.h"

namespace okapi {

// The key=number pairs of a limits or a stats node. -1: not there.
class QuotaText {
 public:
  static QuotaText parse(ByteView text);
  // As the reference writes it: count=5,bytes=100=;byteHardLimit=200
  std::string print() const;

  int64_t count() const { return get("count"); }
  int64_t bytes() const { return get("bytes"); }
  int64_t count_hard() const { return get("countHardLimit"); }
  int64_t bytes_hard() const { return get("byteHardLimit"); }
  void set_count(int64_t value) { values_["count"] = value; }
  void set_bytes(int64_t value) { values_["bytes"] = value; }

 private:
  int64_t get(ByteView key) const;
  std::map<std::string, int64_t, std::less<>> values_;
};

enum class QuotaKind { kCountHard, kCountSoft, kBytesHard, kBytesSoft };

// A hard one refuses the request (-125), a soft one is logged.
struct QuotaViolation {
  QuotaKind kind = QuotaKind::kCountHard;
  std::string prefix;
  int64_t limit = 0;
  int64_t usage = 0;  // what it would be
  bool hard() const { return kind == QuotaKind::kCountHard || kind == QuotaKind::kBytesHard; }
};

std::optional<QuotaViolation> check_quota(const QuotaText& limits, const QuotaText& stats,
                                          int64_t count_diff, int64_t bytes_diff);

// One row of the metrics per namespace (the first component of the prefix).
struct QuotaUsage {
  std::string prefix;
  int64_t count_limit = -1, bytes_limit = -1;  // the hard one if there is one
  int64_t count = -1, bytes = -1;
};

std::string quota_limits_path(ByteView prefix);
std::string quota_stats_path(ByteView prefix);
// The prefix P that a limits or stats node at `path` (/zookeeper/quota/P/name) is about; "" if it
// is neither or P is the empty path.
ByteView quota_prefix_of(ByteView path, ByteView name);

// The prefixes that have a limits node. Changed by the tree's writer; asked by any thread.
class QuotaPrefixes {
 public:
  void add(ByteView prefix);
  void remove(ByteView prefix);
  void clear();
  // The deepest prefix that `path` is at or below, by components; "" if none. A view of `path`.
  ByteView deepest(ByteView path) const;
  std::vector<std::string> list() const;  // ascending

 private:
  struct Mark {};
  mutable Mutex mutex_;
  PathTrie<Mark> trie_ GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> all_ GUARDED_BY(mutex_);
  std::atomic<size_t> count_{0};
};

}  // namespace okapi
