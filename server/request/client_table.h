// The clients of one worker: what request handling knows of a connection. The Selector keeps the
// socket beside it under the same slot number. The worker's thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "server/request/lane.h"

namespace okapi {

struct Client {
  ConnectionId id;
  SessionId session;             // 0 until the handshake is through
  int32_t local_timeout_ms = 0;  // of a local session, for an upgrade; else 0
  Identities identities;
  Lane lane;
  std::string out;         // frames that were not sent yet
  size_t sent = 0;         // of `out`
  bool dirty = false;      // is in the table's dirty list
  bool closing = false;    // close once `out` is flushed; nothing more is read or answered
  bool close_now = false;  // close without waiting for the flush
  int32_t outstanding = 0;

  // For `cons` and `stat`.
  int64_t received = 0, replied = 0;
  int32_t last_xid = -1;
  OpCode last_op = OpCode::kPing;
  bool had_op = false;
  Zxid last_zxid{-1};
  MonoTime last_response;
  int64_t last_latency_ms = 0, min_latency_ms = -1, max_latency_ms = 0;
  int64_t latency_sum_ms = 0, latency_count = 0;

  // crst.
  void reset_counts() {
    received = replied = 0;
    min_latency_ms = -1;
    last_latency_ms = max_latency_ms = latency_sum_ms = latency_count = 0;
  }
};

class ClientTable {
 public:
  explicit ClientTable(uint8_t worker) : worker_(worker) {}

  Client& open();
  // The slot is free for another one afterwards; ids of this one find nothing.
  void close(ConnectionId id);
  // Null if that connection is gone.
  Client* find(ConnectionId id);
  Client* find(SessionId session);
  void bind(Client& client, SessionId session);

  // Something waits to be sent, or the client is to be closed.
  void mark_dirty(Client& client) {
    if (client.dirty) return;
    client.dirty = true;
    dirty_.push_back(client.id);
  }
  // Ids marked since the last call.
  std::vector<ConnectionId> take_dirty() { return std::exchange(dirty_, {}); }
  bool has_dirty() const { return !dirty_.empty(); }

  size_t size() const { return open_; }
  template <class F>
  void for_each(F&& f) {
    for (auto& slot : slots_) {
      if (slot.client != nullptr) f(*slot.client);
    }
  }
  template <class F>
  void for_each(F&& f) const {
    for (const auto& slot : slots_) {
      if (slot.client != nullptr) f(std::as_const(*slot.client));
    }
  }

 private:
  struct Slot {
    std::unique_ptr<Client> client;
    uint32_t generation = 0;
  };
  uint8_t worker_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<ConnectionId> dirty_;
  boost::unordered_flat_map<SessionId, ConnectionId, std::hash<SessionId>> by_session_;
  size_t open_ = 0;
};

}  // namespace okapi
