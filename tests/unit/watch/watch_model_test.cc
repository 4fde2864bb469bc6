// Random registrations, removals and changes on the tables and on plain maps.
#include <catch2/catch.hpp>
#include <deque>

#include "common/base/random.h"
#include "common/proto/path.h"
#include "server/watch/watch_report.h"
#include "tests/unit/watch/naive_watches.h"

namespace okapi {
namespace {

std::string random_path(Rng& rng) {
  std::string path;
  for (uint64_t depth = rng.below(4); depth > 0; --depth) {
    path += "/" + std::string(1, static_cast<char>('a' + rng.below(3)));
  }
  return path.empty() ? "/" : path;
}

void compare(const WatchTables& tables, const NaiveWatches& model) {
  int64_t data = 0;
  int64_t all = 0;
  for (const auto& [path, who] : model.data) data += static_cast<int64_t>(who.size());
  for (const auto& [path, who] : model.child) all += static_cast<int64_t>(who.size());
  all += data;
  REQUIRE(tables.total_count() == all);
  WatchSummary summary = summarize_watches(tables);
  REQUIRE(summary.watches == data);
  REQUIRE(summary.paths == static_cast<int64_t>(model.data.size()));
}

constexpr int kBitsOf[] = {0, 1, 1, 7, 2, 4};  // by WatcherType

class Step {
 public:
  Step(WatchTables& tables, NaiveWatches& model, Rng& rng)
      : tables_(tables), model_(model), rng_(rng) {}

  void add(const std::string& path, ConnectionId who) {
    switch (rng_.below(4)) {
      case 0:
        model_.add(model_.data, path, who.value(), 1);
        tables_.add_data(path, who);
        break;
      case 1:
        model_.add(model_.child, path, who.value(), 1);
        tables_.add_child(path, who);
        break;
      case 2:
        model_.add(model_.data, path, who.value(), 2);
        model_.add(model_.child, path, who.value(), 2);
        tables_.add_persistent(path, who);
        break;
      default:
        model_.add(model_.data, path, who.value(), 4);
        tables_.add_recursive(path, who);
    }
  }

  void remove(const std::string& path, ConnectionId who) {
    auto type = static_cast<int32_t>(1 + rng_.below(5));
    bool in_data = type != 1;
    bool in_child = type == 1 || type == 3 || type == 4;
    int bits = kBitsOf[type];
    int there = in_data ? model_.bits(model_.data, path, who.value()) & bits : 0;
    // Compat: a check for a persistent watch asks the data table only; the tables agree on it.
    if (in_child) there |= model_.bits(model_.child, path, who.value()) & bits;
    REQUIRE(tables_.check(path, who, *watcher_type_of(type)) == (there != 0));
    if (rng_.chance(1, 2)) return;
    int removed = in_data ? model_.clear(model_.data, path, who.value(), bits) : 0;
    if (in_child) removed |= model_.clear(model_.child, path, who.value(), bits);
    REQUIRE(tables_.remove(path, who, *watcher_type_of(type)) == (removed != 0));
  }

  void change(const std::string& path, int64_t zxid) {
    auto type = static_cast<EventType>(1 + rng_.below(3));
    std::string parent(parent_of(path));
    if (parent.empty()) parent = "/";
    std::vector<WatchNotification> out;
    tables_.trigger({type, path, parent}, Zxid(zxid), out);
    std::vector<NaiveWatches::Event> heard;
    for (const WatchNotification& n : out) {
      for (ConnectionId who : n.watchers) {
        heard.emplace_back(static_cast<int>(n.type), n.path, who.value());
      }
    }
    // The two triggers of a deletion come as one notification.
    std::vector<NaiveWatches::Event> expected = model_.change(type, path, parent);
    auto rank = [&](const NaiveWatches::Event& e) { return std::get<0>(e) == 4; };
    std::stable_sort(expected.begin(), expected.end(), [&](const auto& a, const auto& b) {
      if (rank(a) != rank(b)) return rank(a) < rank(b);
      return std::get<2>(a) < std::get<2>(b);
    });
    REQUIRE(heard == expected);
  }

 private:
  WatchTables& tables_;
  NaiveWatches& model_;
  Rng& rng_;
};

}  // namespace

TEST_CASE("random watches and changes: the tables say what plain maps say") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng(seed);
    WatchTables tables;
    NaiveWatches model;
    Step step(tables, model, rng);
    for (int64_t i = 1; i <= 3000; ++i) {
      INFO("seed " << seed << " step " << i);
      ConnectionId who = ConnectionId::make(static_cast<uint32_t>(rng.below(3)),
                                            static_cast<uint32_t>(rng.below(8)), 1);
      std::string path = random_path(rng);
      uint64_t dice = rng.below(100);
      if (dice < 55) {
        step.add(path, who);
      } else if (dice < 70) {
        step.remove(path, who);
      } else if (dice < 72) {
        tables.remove_watcher(who);
        model.drop(who.value());
      } else if (path != "/") {
        step.change(path, i);
      }
      if (i % 50 == 0) compare(tables, model);
    }
    for (uint32_t worker = 0; worker < 3; ++worker) {
      for (uint32_t slot = 0; slot < 8; ++slot) {
        tables.remove_watcher(ConnectionId::make(worker, slot, 1));
      }
    }
    REQUIRE(tables.total_count() == 0);
  }
}

}  // namespace okapi
