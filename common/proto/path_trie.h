// A map from paths to values that finds all prefixes of a path, by components, in one pass: it
// stops at the first component below which there is nothing. Nothing here recurses on depth.
// Paths begin with '/'. A plain value; its owner guards it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace okapi {

template <class T>
class PathTrie {
 public:
  // The value at `path` ("/" or "/a/b"), made if it is not there.
  T& operator[](ByteView path) {
    uint64_t at = kRoot;
    Branch* branch = &root_;
    for_components(path, [&](ByteView component, size_t) {
      auto it = branches_.lower_bound(KeyView{at, component});
      if (it == branches_.end() || it->first.parent != at || it->first.name != component) {
        it = branches_.emplace_hint(it, Key{at, std::string(component)}, Branch{});
        it->second.id = next_id_++;
        ++branch->children;
      }
      branch = &it->second;
      at = branch->id;
      return true;
    });
    if (!branch->used) {
      branch->used = true;
      ++size_;
    }
    return branch->value;
  }

  T* find(ByteView path) {
    Branch* found = &root_;
    uint64_t at = kRoot;
    for_components(path, [&](ByteView component, size_t) {
      auto it = branches_.find(KeyView{at, component});
      found = it == branches_.end() ? nullptr : &it->second;
      if (found != nullptr) at = found->id;
      return found != nullptr;
    });
    return found != nullptr && found->used ? &found->value : nullptr;
  }

  void erase(ByteView path) {
    // The way down, to remove what becomes empty on the way back.
    std::vector<KeyView> way;
    uint64_t at = kRoot;
    Branch* branch = &root_;
    bool there = true;
    for_components(path, [&](ByteView component, size_t) {
      auto it = branches_.find(KeyView{at, component});
      there = it != branches_.end();
      if (!there) return false;
      way.push_back(KeyView{at, component});
      branch = &it->second;
      at = branch->id;
      return true;
    });
    if (!there || !branch->used) return;
    branch->used = false;
    branch->value = T();
    --size_;
    drop_empty(way);
  }

  // Calls f(ByteView prefix, const T&) for each prefix of `path` in the map, `path` itself
  // included, from the root ("/") down.
  template <class F>
  void for_each_prefix(ByteView path, F&& f) const {
    if (root_.used) f(path.substr(0, 1), root_.value);
    uint64_t at = kRoot;
    for_components(path, [&](ByteView component, size_t end) {
      auto it = branches_.find(KeyView{at, component});
      if (it == branches_.end()) return false;
      at = it->second.id;
      if (it->second.used) f(path.substr(0, end), it->second.value);
      return it->second.children > 0;
    });
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { *this = PathTrie(); }

 private:
  static constexpr uint64_t kRoot = 0;

  struct Key {
    uint64_t parent;
    std::string name;
  };
  struct KeyView {
    uint64_t parent;
    ByteView name;
  };
  struct Less {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return a.parent != b.parent ? a.parent < b.parent : ByteView(a.name) < ByteView(b.name);
    }
  };
  struct Branch {
    uint64_t id = kRoot;
    uint32_t children = 0;
    bool used = false;
    T value{};
  };

  // Calls f(component, end of it in path) until it says false. "/" has no component; "/a/" has two,
  // the second empty, so it is another key than "/a".
  template <class F>
  static void for_components(ByteView path, F&& f) {
    if (path.size() <= 1) return;
    for (size_t begin = 1;;) {
      size_t end = path.find('/', begin);
      if (end == ByteView::npos) end = path.size();
      if (!f(path.substr(begin, end - begin), end) || end == path.size()) return;
      begin = end + 1;
    }
  }

  void drop_empty(const std::vector<KeyView>& way) {
    for (size_t i = way.size(); i-- > 0;) {
      auto it = branches_.find(way[i]);
      if (it->second.used || it->second.children > 0) return;
      branches_.erase(it);
      Branch& above = i == 0 ? root_ : branches_.find(way[i - 1])->second;
      --above.children;
    }
  }

  Branch root_;
  std::map<Key, Branch, Less> branches_;
  uint64_t next_id_ = 1;
  size_t size_ = 0;
};

}  // namespace okapi
