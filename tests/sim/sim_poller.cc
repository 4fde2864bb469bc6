#include "tests/sim/sim_poller.h"

#include <algorithm>

#include "common/base/assert.h"
#include "tests/sim/sim_scheduler.h"
#include "tests/sim/sim_world.h"

namespace okapi::sim {

SimSocket::~SimSocket() {
  if (poller_ != nullptr) poller_->drop(*this);
}

void SimSocket::notify() {
  if (poller_ != nullptr) poller_->wake();
}

SimPoller::~SimPoller() {
  for (auto& [number, one] : watched_) one.socket->poller_ = nullptr;
}

void SimPoller::watch(Pollable& what, uint64_t token, Interest interest) {
  auto* socket = dynamic_cast<SimSocket*>(&what);
  OKAPI_ASSERT(socket != nullptr);
  // A socket that two stages watch is a mistake that epoll would not tell.
  OKAPI_ASSERT(socket->poller_ == nullptr);
  socket->poller_ = this;
  watched_[socket->socket_number()] = Watched{socket, token, interest};
  wake();
}

void SimPoller::change(Pollable& what, uint64_t token, Interest interest) {
  auto found = watched_.find(what.handle());
  OKAPI_ASSERT(found != watched_.end());
  found->second.token = token;
  found->second.interest = interest;
  wake();
}

void SimPoller::forget(Pollable& what) {
  auto* socket = dynamic_cast<SimSocket*>(&what);
  OKAPI_ASSERT(socket != nullptr && socket->poller_ == this);
  drop(*socket);
}

void SimPoller::drop(SimSocket& socket) {
  // By pointer: the socket may be half destroyed, so its number is not asked for.
  std::erase_if(watched_, [&](const auto& entry) { return entry.second.socket == &socket; });
  socket.poller_ = nullptr;
}

void SimPoller::unbind(uint64_t id) {
  std::erase_if(owners_, [&](const auto& owner) { return owner.second == id; });
}

bool SimPoller::wants(Interest have, Interest bit) {
  return (static_cast<uint8_t>(have) & static_cast<uint8_t>(bit)) != 0;
}

bool SimPoller::is_ready(const Watched& one) {
  return (wants(one.interest, Interest::kRead) && one.socket->readable()) ||
         (wants(one.interest, Interest::kWrite) && one.socket->writable());
}

void SimPoller::gather() {
  ready_.clear();
  for (const auto& [number, one] : watched_) {
    Readiness found{.token = one.token};
    found.readable = wants(one.interest, Interest::kRead) && one.socket->readable();
    found.writable = wants(one.interest, Interest::kWrite) && one.socket->writable();
    if (found.readable || found.writable) ready_.push_back(found);
  }
  Rng& dice = world_.rng();
  if (ready_.size() > 1) {
    size_t first = dice.below(ready_.size());
    std::rotate(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(first), ready_.end());
    if (dice.chance(1, 8)) ready_.resize(1 + dice.below(ready_.size()));
  }
}

bool SimPoller::anything_ready() const {
  for (const auto& [number, one] : watched_) {
    if (is_ready(one)) return true;
  }
  return false;
}

void SimPoller::wake() {
  // Looked at again in gather(): an empty step is legal, a missed one is not.
  if (!anything_ready()) return;
  for (auto [scheduler, id] : owners_) scheduler->make_ready(id);
}

}  // namespace okapi::sim
