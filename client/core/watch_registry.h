// The watches that a client believes the server holds for it, kept so that a new connection can
// arm them again: the server forgets a connection's watches with the connection. One thread at a
// time. Walked in path order, so that runs repeat.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "common/base/bytes.h"
#include "common/proto/requests.h"
#include "common/proto/responses.h"
#include "common/proto/watch_modes.h"

namespace okapi {

enum class WatchKind : uint8_t {
  kNone = 0,
  kData = 1,        // getData, or exists on a node that was there
  kExist = 2,       // exists on a node that was not there
  kChild = 4,       // getChildren
  kPersistent = 8,  // addWatch mode 0
  kRecursive = 16,  // addWatch mode 1
};

class WatchRegistry {
 public:
  void add(ByteView path, WatchKind kind);
  // After a removeWatches that the server granted.
  void remove(ByteView path, WatcherType type);
  // An event uses up the one-shot watches that it answers.
  void fired(EventType event, ByteView path);

  bool empty() const { return kinds_.empty(); }
  size_t size() const { return kinds_.size(); }
  bool has(ByteView path, WatchKind kind) const;

  // Hands out everything as setWatches2 records of about `bytes_max` of paths each, because a
  // server refuses frames above its jute.maxbuffer.
  void rearm(Zxid last_seen, size_t bytes_max,
             const std::function<void(const SetWatches2Request&)>& send) const;

 private:
  void drop(ByteView path, uint8_t kinds);

  std::map<std::string, uint8_t, std::less<>> kinds_;  // path to a set of WatchKind bits
};

}  // namespace okapi
