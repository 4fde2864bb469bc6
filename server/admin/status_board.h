// Where a server's numbers meet: parts that count register what they own under the names of
// metric_names.h; `mntr` and its kin collect all of it.
//
// Any thread: a mutex guards the register, the numbers themselves are relaxed atomics of their
// owners. A part keeps its Registration for as long as the number lives; the count of a counter
// that goes (a pipeline's at the end of a term) stays in the sum. Several parts may register under
// one name: counters add up, summaries are merged, of gauges the last one counts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/metrics.h"
#include "common/base/mutex.h"
#include "server/admin/reports.h"

namespace okapi {

class StatusBoard;

// Takes a number off the board when it goes. Must not outlive the board.
class [[nodiscard]] Registration {
 public:
  Registration() = default;
  Registration(StatusBoard& board, uint64_t id) : board_(&board), id_(id) {}
  Registration(Registration&& other) noexcept
      : board_(std::exchange(other.board_, nullptr)), id_(other.id_) {}
  Registration& operator=(Registration&& other) noexcept {
    std::swap(board_, other.board_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~Registration();

 private:
  StatusBoard* board_ = nullptr;
  uint64_t id_ = 0;
};

class StatusBoard {
 public:
  // Called by whoever collects, under the board's lock: reads atomics, does nothing else. Without
  // a value there is no line (or the name's default).
  using Gauge = std::function<std::optional<MetricValue>()>;
  // Values by namespace.
  using GaugeSet = std::function<std::vector<std::pair<std::string, int64_t>>()>;

  StatusBoard() = default;
  StatusBoard(const StatusBoard&) = delete;
  StatusBoard& operator=(const StatusBoard&) = delete;

  // `name` must be in the table of its kind. With a `key` the number is a member of that set:
  // a namespace, a learner's id.
  Registration add_counter(std::string_view name, const Counter& counter,
                           std::string_view key = {});
  Registration add_summary(std::string_view name, Summary& summary, std::string_view key = {});
  Registration add_percentiles(std::string_view name, PercentileSummary& summary,
                               std::string_view key = {});
  Registration add_gauge(std::string_view name, Gauge gauge);
  Registration add_gauge_set(std::string_view name, GaugeSet gauges);

  // All lines of `mntr` below the plain values, without "zk_", in the reference's order of groups.
  MetricLines collect() const;

  // `srst`: counters begin at 0 again for who collects (the owners' own counts go on); summaries
  // are cleared, and a record made in that very moment may be lost.
  void reset();

 private:
  friend class Registration;
  using Key = std::pair<std::string, std::string>;  // name, member of a set or ""

  struct CounterEntry {
    std::map<uint64_t, const Counter*> parts;
    int64_t retired = 0;   // of parts that are gone
    int64_t baseline = 0;  // the sum at the last reset
    int64_t sum() const;
  };
  template <class T>
  struct MergedEntry {
    std::map<uint64_t, T*> parts;
  };
  template <class T>
  using Table = std::map<Key, T>;

  void remove(uint64_t id);
  void append_gauges(MetricLines& out) const REQUIRES(mutex_);
  void append_counters(MetricLines& out) const REQUIRES(mutex_);
  void append_summaries(MetricLines& out, bool sets) const REQUIRES(mutex_);
  void append_percentiles(MetricLines& out, bool sets) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  uint64_t last_id_ GUARDED_BY(mutex_) = 0;
  Table<CounterEntry> counters_ GUARDED_BY(mutex_);
  Table<MergedEntry<Summary>> summaries_ GUARDED_BY(mutex_);
  Table<MergedEntry<PercentileSummary>> percentiles_ GUARDED_BY(mutex_);
  std::map<std::string, std::map<uint64_t, Gauge>, std::less<>> gauges_ GUARDED_BY(mutex_);
  std::map<std::string, std::map<uint64_t, GaugeSet>, std::less<>> gauge_sets_ GUARDED_BY(mutex_);
};

}  // namespace okapi
