#include "server/admin/status_board.h"

#include <algorithm>

#include "common/base/assert.h"
#include "server/admin/metric_names.h"

namespace okapi {
namespace {

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "x" or, of a set's member, "<key>_x".
std::string full_name(std::string_view name, std::string_view key) {
  return key.empty() ? std::string(name) : std::string(key) + "_" + std::string(name);
}

void append_summary(MetricLines& out, const std::string& name, const Summary& summary) {
  out.emplace_back("avg_" + name, rounded_to_4_decimals(summary.average()));
  out.emplace_back("min_" + name, summary.min());
  out.emplace_back("max_" + name, summary.max());
  out.emplace_back("cnt_" + name, summary.count());
  out.emplace_back("sum_" + name, summary.sum());
}

void append_percentile_lines(MetricLines& out, const std::string& name,
                             const PercentileSummary& summary) {
  append_summary(out, name, summary.summary());
  out.emplace_back("p50_" + name, summary.percentile(0.5));
  out.emplace_back("p95_" + name, summary.percentile(0.95));
  out.emplace_back("p99_" + name, summary.percentile(0.99));
  out.emplace_back("p999_" + name, summary.percentile(0.999));
}

// Walks `names` and hands the merged number of each to `line`; names nobody registered give a
// fresh one, members of sets exist only when registered.
template <class T, class Table, class Names, class Line>
void walk(const Table& table, const Names& names, bool sets, Line&& line) {
  for (std::string_view name : names) {
    auto at = table.lower_bound({std::string(name), std::string()});
    bool found = false;
    for (; at != table.end() && at->first.first == name; ++at) {
      auto merged = std::make_unique<T>();
      for (const auto& [id, part] : at->second.parts) part->add_to(*merged);
      line(full_name(name, at->first.second), *merged);
      found = true;
    }
    if (!found && !sets) line(std::string(name), *std::make_unique<T>());
  }
}

}  // namespace

Registration::~Registration() {
  if (board_ != nullptr) board_->remove(id_);
}

int64_t StatusBoard::CounterEntry::sum() const {
  int64_t total = retired;
  for (const auto& [id, counter] : parts) total += counter->get();
  return total;
}

Registration StatusBoard::add_counter(std::string_view name, const Counter& counter,
                                      std::string_view key) {
  OKAPI_ASSERT(key.empty() ? contains(kCounterNames, name) : contains(kCounterSetNames, name));
  MutexLock lock(mutex_);
  counters_[{std::string(name), std::string(key)}].parts[++last_id_] = &counter;
  return Registration(*this, last_id_);
}

Registration StatusBoard::add_summary(std::string_view name, Summary& summary,
                                      std::string_view key) {
  OKAPI_ASSERT(key.empty() ? contains(kSummaryNames, name) : contains(kSummarySetNames, name));
  MutexLock lock(mutex_);
  summaries_[{std::string(name), std::string(key)}].parts[++last_id_] = &summary;
  return Registration(*this, last_id_);
}

Registration StatusBoard::add_percentiles(std::string_view name, PercentileSummary& summary,
                                          std::string_view key) {
  OKAPI_ASSERT(key.empty() ? contains(kPercentileNames, name)
                           : contains(kPercentileSetNames, name));
  MutexLock lock(mutex_);
  percentiles_[{std::string(name), std::string(key)}].parts[++last_id_] = &summary;
  return Registration(*this, last_id_);
}

Registration StatusBoard::add_gauge(std::string_view name, Gauge gauge) {
  OKAPI_ASSERT(std::any_of(kGaugeNames.begin(), kGaugeNames.end(),
                           [&](const GaugeName& row) { return row.name == name; }));
  MutexLock lock(mutex_);
  gauges_[std::string(name)][++last_id_] = std::move(gauge);
  return Registration(*this, last_id_);
}

Registration StatusBoard::add_gauge_set(std::string_view name, GaugeSet gauges) {
  OKAPI_ASSERT(contains(kGaugeSetNames, name));
  MutexLock lock(mutex_);
  gauge_sets_[std::string(name)][++last_id_] = std::move(gauges);
  return Registration(*this, last_id_);
}

void StatusBoard::remove(uint64_t id) {
  MutexLock lock(mutex_);
  for (auto& [key, entry] : counters_) {
    auto part = entry.parts.find(id);
    if (part == entry.parts.end()) continue;
    entry.retired += part->second->get();
    entry.parts.erase(part);
    return;
  }
  auto drop = [id](auto& table) {
    for (auto at = table.begin(); at != table.end(); ++at) {
      auto& parts = at->second.parts;
      if (parts.erase(id) == 0) continue;
      if (parts.empty()) table.erase(at);
      return;
    }
  };
  drop(summaries_);
  drop(percentiles_);
  for (auto& [name, gauges] : gauges_) gauges.erase(id);
  for (auto& [name, gauges] : gauge_sets_) gauges.erase(id);
}

void StatusBoard::append_gauges(MetricLines& out) const {
  for (const GaugeName& row : kGaugeNames) {
    std::optional<MetricValue> value;
    auto found = gauges_.find(row.name);
    if (found != gauges_.end() && !found->second.empty()) value = found->second.rbegin()->second();
    if (!value && row.always) value = row.initial;
    if (value) out.emplace_back(row.name, *value);
  }
  for (std::string_view name : kGaugeSetNames) {
    auto found = gauge_sets_.find(name);
    if (found == gauge_sets_.end() || found->second.empty()) continue;
    for (const auto& [key, value] : found->second.rbegin()->second()) {
      out.emplace_back(full_name(name, key), value);
    }
  }
}

void StatusBoard::append_counters(MetricLines& out) const {
  for (std::string_view name : kCounterNames) {
    auto found = counters_.find({std::string(name), std::string()});
    int64_t value = found == counters_.end() ? 0 : found->second.sum() - found->second.baseline;
    out.emplace_back(name, value);
  }
  for (const auto& [key, entry] : counters_) {
    if (key.second.empty()) continue;
    out.emplace_back(full_name(key.first, key.second), entry.sum() - entry.baseline);
  }
}

void StatusBoard::append_summaries(MetricLines& out, bool sets) const {
  auto line = [&](const std::string& name, const Summary& summary) {
    append_summary(out, name, summary);
  };
  if (sets) {
    walk<Summary>(summaries_, kSummarySetNames, true, line);
  } else {
    walk<Summary>(summaries_, kSummaryNames, false, line);
  }
}

void StatusBoard::append_percentiles(MetricLines& out, bool sets) const {
  auto line = [&](const std::string& name, const PercentileSummary& summary) {
    append_percentile_lines(out, name, summary);
  };
  if (sets) {
    walk<PercentileSummary>(percentiles_, kPercentileSetNames, true, line);
  } else {
    walk<PercentileSummary>(percentiles_, kPercentileNames, false, line);
  }
}

MetricLines StatusBoard::collect() const {
  MetricLines out;
  MutexLock lock(mutex_);
  append_gauges(out);
  append_counters(out);
  append_summaries(out, false);
  append_percentiles(out, false);
  append_summaries(out, true);
  append_percentiles(out, true);
  return out;
}

void StatusBoard::reset() {
  MutexLock lock(mutex_);
  for (auto& [key, entry] : counters_) entry.baseline = entry.sum();
  for (auto& [key, entry] : summaries_) {
    for (auto& [id, part] : entry.parts) part->reset();
  }
  for (auto& [key, entry] : percentiles_) {
    for (auto& [id, part] : entry.parts) part->reset();
  }
}

}  // namespace okapi
