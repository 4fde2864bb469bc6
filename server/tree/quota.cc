#include "server/tree/quota.h"

#include <charconv>

#include "common/proto/path.h"

namespace okapi {
namespace {

// Nobody writes longer ones but to make us work.
constexpr size_t kTextMax = 4096;
constexpr ByteView kCount = "count";
constexpr ByteView kBytes = "bytes";

std::optional<int64_t> number_of(ByteView text) {
  if (text.empty()) return -1;
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int64_t plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

}  // namespace

QuotaText QuotaText::parse(ByteView text) {
  QuotaText out;
  if (text.size() > kTextMax) return out;
  while (!text.empty()) {
    size_t end = text.find_first_of(",;");
    ByteView pair = text.substr(0, end);
    text = end == ByteView::npos ? ByteView() : text.substr(end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    if (equals == ByteView::npos) return QuotaText();
    ByteView value = pair.substr(equals + 1);
    // Compat: the reference's own writer leaves a stray '=' after bytes.
    value = value.substr(0, value.find('='));
    std::optional<int64_t> number = number_of(value);
    if (!number.has_value()) return QuotaText();
    out.values_.insert_or_assign(std::string(pair.substr(0, equals)), *number);
  }
  return out;
}

std::string QuotaText::print() const {
  std::string out = "count=" + std::to_string(count()) + ",bytes=" + std::to_string(bytes());
  std::string others;
  for (const auto& [key, value] : values_) {
    if (key == kCount || key == kBytes) continue;
    others += ";" + key + "=" + std::to_string(value);
  }
  return others.empty() ? out : out + "=" + others;
}

int64_t QuotaText::get(ByteView key) const {
  auto it = values_.find(key);
  return it == values_.end() ? -1 : it->second;
}

std::optional<QuotaViolation> check_quota(const QuotaText& limits, const QuotaText& stats,
                                          int64_t count_diff, int64_t bytes_diff) {
  std::optional<QuotaViolation> soft;
  if (count_diff != 0) {
    bool hard = limits.count_hard() > -1;
    int64_t limit = hard ? limits.count_hard() : limits.count();
    int64_t usage = plus(stats.count(), count_diff);
    if (limit > -1 && usage > limit) {
      QuotaViolation found{hard ? QuotaKind::kCountHard : QuotaKind::kCountSoft, "", limit, usage};
      if (hard) return found;
      soft = found;
    }
  }
  if (bytes_diff != 0) {
    bool hard = limits.bytes_hard() > -1;
    int64_t limit = hard ? limits.bytes_hard() : limits.bytes();
    int64_t usage = plus(stats.bytes(), bytes_diff);
    if (limit > -1 && usage > limit) {
      QuotaViolation found{hard ? QuotaKind::kBytesHard : QuotaKind::kBytesSoft, "", limit, usage};
      if (hard || !soft.has_value()) return found;
    }
  }
  return soft;
}

std::string quota_limits_path(ByteView prefix) {
  std::string out(kQuotaPath);
  return out.append(prefix).append("/").append(kQuotaLimitsName);
}

std::string quota_stats_path(ByteView prefix) {
  std::string out(kQuotaPath);
  return out.append(prefix).append("/").append(kQuotaStatsName);
}

ByteView quota_prefix_of(ByteView path, ByteView name) {
  if (name_of_path(path) != name) return ByteView();
  ByteView parent = parent_of(path);
  return is_at_or_below(parent, kQuotaPath) ? parent.substr(kQuotaPath.size()) : ByteView();
}

void QuotaPrefixes::add(ByteView prefix) {
  MutexLock lock(mutex_);
  trie_[prefix];
  all_.emplace(prefix);
  count_.store(trie_.size(), std::memory_order_release);
}

void QuotaPrefixes::remove(ByteView prefix) {
  MutexLock lock(mutex_);
  trie_.erase(prefix);
  if (auto it = all_.find(prefix); it != all_.end()) all_.erase(it);
  count_.store(trie_.size(), std::memory_order_release);
}

void QuotaPrefixes::clear() {
  MutexLock lock(mutex_);
  trie_.clear();
  all_.clear();
  count_.store(0, std::memory_order_release);
}

ByteView QuotaPrefixes::deepest(ByteView path) const {
  if (count_.load(std::memory_order_acquire) == 0) return ByteView();
  ByteView found;
  MutexLock lock(mutex_);
  trie_.for_each_prefix(path, [&](ByteView prefix, const Mark&) { found = prefix; });
  return found;
}

std::vector<std::string> QuotaPrefixes::list() const {
  MutexLock lock(mutex_);
  return {all_.begin(), all_.end()};
}

}  // namespace okapi
