#include "server/request/client_table.h"

#include "common/base/assert.h"

namespace okapi {

Client& ClientTable::open() {
  uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(slots_.size());
    OKAPI_ASSERT(slot < ConnectionId::kSlots);
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Slot& entry = slots_[slot];
  ++entry.generation;  // from 1: an id is never 0
  entry.client = std::make_unique<Client>();
  entry.client->id = ConnectionId::make(worker_, slot, entry.generation);
  ++open_;
  return *entry.client;
}

void ClientTable::close(ConnectionId id) {
  Client* client = find(id);
  OKAPI_ASSERT(client != nullptr);
  auto bound = by_session_.find(client->session);
  if (bound != by_session_.end() && bound->second == id) by_session_.erase(bound);
  slots_[id.slot()].client.reset();
  free_.push_back(id.slot());
  --open_;
}

Client* ClientTable::find(ConnectionId id) {
  if (id.slot() >= slots_.size()) return nullptr;
  Slot& entry = slots_[id.slot()];
  if (entry.generation != id.generation()) return nullptr;
  return entry.client.get();
}

Client* ClientTable::find(SessionId session) {
  auto it = by_session_.find(session);
  return it == by_session_.end() ? nullptr : find(it->second);
}

void ClientTable::bind(Client& client, SessionId session) {
  client.session = session;
  by_session_[session] = client.id;
}

}  // namespace okapi
