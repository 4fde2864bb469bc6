#include "client/core/watch_registry.h"

namespace okapi {

namespace {

constexpr uint8_t bit(WatchKind kind) { return static_cast<uint8_t>(kind); }
constexpr uint8_t kDataKinds = bit(WatchKind::kData) | bit(WatchKind::kExist);
constexpr uint8_t kOneShotKinds = kDataKinds | bit(WatchKind::kChild);

uint8_t kinds_removed_by(WatcherType type) {
  switch (type) {
    case WatcherType::kChildren:
      return bit(WatchKind::kChild);
    case WatcherType::kData:
      return kDataKinds;
    case WatcherType::kAny:
      return 0xff;
    case WatcherType::kPersistent:
      return bit(WatchKind::kPersistent);
    case WatcherType::kPersistentRecursive:
      return bit(WatchKind::kRecursive);
  }
  return 0;
}

uint8_t kinds_used_up_by(EventType event) {
  switch (event) {
    case EventType::kNodeCreated:
    case EventType::kNodeDataChanged:
      return kDataKinds;
    case EventType::kNodeDeleted:
      return kOneShotKinds;
    case EventType::kNodeChildrenChanged:
      return bit(WatchKind::kChild);
  }
  return 0;
}

}  // namespace

void WatchRegistry::add(ByteView path, WatchKind kind) {
  if (kind == WatchKind::kNone) return;
  auto at = kinds_.find(path);
  if (at == kinds_.end()) at = kinds_.emplace(std::string(path), uint8_t{0}).first;
  at->second = static_cast<uint8_t>(at->second | bit(kind));
}

void WatchRegistry::remove(ByteView path, WatcherType type) { drop(path, kinds_removed_by(type)); }

void WatchRegistry::fired(EventType event, ByteView path) { drop(path, kinds_used_up_by(event)); }

void WatchRegistry::drop(ByteView path, uint8_t kinds) {
  auto at = kinds_.find(path);
  if (at == kinds_.end()) return;
  at->second = static_cast<uint8_t>(at->second & ~kinds);
  if (at->second == 0) kinds_.erase(at);
}

bool WatchRegistry::has(ByteView path, WatchKind kind) const {
  auto at = kinds_.find(path);
  return at != kinds_.end() && (at->second & bit(kind)) != 0;
}

void WatchRegistry::rearm(Zxid last_seen, size_t bytes_max,
                          const std::function<void(const SetWatches2Request&)>& send) const {
  SetWatches2Request request;
  request.relative_zxid = last_seen.value();
  size_t bytes = 0;
  for (const auto& [path, kinds] : kinds_) {
    auto list = [&, path = ByteView(path), kinds = kinds](WatchKind kind,
                                                          jute::Vector<ByteView>& paths) {
      if ((kinds & bit(kind)) == 0) return;
      paths.items.push_back(path);
      bytes += path.size() + 4;
    };
    list(WatchKind::kData, request.data);
    list(WatchKind::kExist, request.exist);
    list(WatchKind::kChild, request.child);
    list(WatchKind::kPersistent, request.persistent);
    list(WatchKind::kRecursive, request.recursive);
    if (bytes < bytes_max) continue;
    send(request);
    request = SetWatches2Request();
    request.relative_zxid = last_seen.value();
    bytes = 0;
  }
  if (bytes > 0) send(request);
}

}  // namespace okapi
