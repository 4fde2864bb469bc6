// The watch tables as plain maps, in the words of client-protocol 6.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "server/watch/watch_tables.h"

namespace okapi {

class NaiveWatches {
 public:
  using Table = std::map<std::string, std::map<uint64_t, int>>;
  using Event = std::tuple<int, std::string, uint64_t>;  // type, path, who
  Table data, child;

  void add(Table& table, const std::string& path, uint64_t who, int bits) {
    table[path][who] |= bits;
  }
  int bits(const Table& table, const std::string& path, uint64_t who) const {
    auto it = table.find(path);
    if (it == table.end() || !it->second.contains(who)) return 0;
    return it->second.at(who);
  }
  int clear(Table& table, const std::string& path, uint64_t who, int mask) {
    int had = bits(table, path, who);
    if (had == 0) return 0;
    table[path][who] &= ~mask;
    if (table[path][who] == 0) table[path].erase(who);
    if (table[path].empty()) table.erase(path);
    return had & mask;
  }
  void drop(uint64_t who) {
    for (Table* table : {&data, &child}) {
      for (auto it = table->begin(); it != table->end();) {
        it->second.erase(who);
        it = it->second.empty() ? table->erase(it) : std::next(it);
      }
    }
  }

  // Who gets what, in the order of the triggers; within one trigger by watcher.
  std::vector<Event> change(EventType type, const std::string& path, const std::string& parent) {
    std::vector<Event> out;
    std::set<uint64_t> told = trigger(data, path);
    note(out, type, path, told);
    if (type == EventType::kNodeDeleted) {
      std::set<uint64_t> more = trigger(child, path);
      for (uint64_t who : told) more.erase(who);
      note(out, type, path, more);
    }
    if (type != EventType::kNodeDataChanged) {
      note(out, EventType::kNodeChildrenChanged, parent, trigger(child, parent));
    }
    return out;
  }

 private:
  static constexpr int kStandard = 1;
  static constexpr int kRecursive = 4;

  static void note(std::vector<Event>& out, EventType type, const std::string& path,
                   const std::set<uint64_t>& who) {
    for (uint64_t each : who) out.emplace_back(static_cast<int>(type), path, each);
  }

  std::set<uint64_t> trigger(Table& table, const std::string& path) {
    std::set<uint64_t> out;
    std::vector<uint64_t> here;
    for (const auto& [who, mode] : table[path]) here.push_back(who);
    for (uint64_t who : here) {
      out.insert(who);
      clear(table, path, who, kStandard);
    }
    if (table.contains(path) && table[path].empty()) table.erase(path);
    for (std::string above = path; above != "/";) {
      size_t slash = above.rfind('/');
      above = slash == 0 ? "/" : above.substr(0, slash);
      if (!table.contains(above)) continue;
      for (const auto& [who, mode] : table[above]) {
        if ((mode & kRecursive) != 0) out.insert(who);
      }
    }
    return out;
  }
};

}  // namespace okapi
