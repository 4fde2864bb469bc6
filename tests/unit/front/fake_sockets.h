// Sockets that a test plays: a poller that says what it is told to say, a listener with a queue, a
// stream whose two ends are strings.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/env/net.h"

namespace okapi {

class FakePoller final : public Poller {
 public:
  void watch(Pollable& what, uint64_t token, Interest interest) override {
    watched[&what] = {token, interest};
  }
  void change(Pollable& what, uint64_t token, Interest interest) override {
    watched.at(&what) = {token, interest};
  }
  void forget(Pollable& what) override { watched.erase(&what); }
  std::span<const Readiness> ready() override { return found; }

  // All that is watched for reading is readable in the next step.
  void all_readable() {
    found.clear();
    for (const auto& [what, entry] : watched) {
      if (entry.second == Interest::kRead || entry.second == Interest::kBoth) {
        found.push_back({entry.first, true, false});
      }
    }
  }

  std::map<Pollable*, std::pair<uint64_t, Interest>> watched;
  std::vector<Readiness> found;
};

// What a client and the server wrote to each other; outlives the stream.
struct Wire {
  std::string to_server, to_client;
  bool open = true;
};

class FakeStream final : public Stream {
 public:
  FakeStream(std::string ip, std::shared_ptr<Wire> wire)
      : peer_{std::move(ip), 4000}, wire_(std::move(wire)) {}
  ~FakeStream() override { wire_->open = false; }
  int handle() const override { return -1; }
  IoResult read(std::span<char> to) override {
    size_t bytes = std::min(to.size(), wire_->to_server.size());
    if (bytes == 0) return {IoState::kWouldBlock, 0, 0};
    std::copy_n(wire_->to_server.begin(), bytes, to.begin());
    wire_->to_server.erase(0, bytes);
    return {IoState::kOk, bytes, 0};
  }
  IoResult write(std::span<const ByteView> parts) override {
    size_t bytes = 0;
    for (ByteView part : parts) {
      wire_->to_client += part;
      bytes += part.size();
    }
    return {IoState::kOk, bytes, 0};
  }
  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override { return local_; }
  void reset_on_close() override {}

 private:
  Endpoint peer_, local_;
  std::shared_ptr<Wire> wire_;
};

class FakeListener final : public Listener {
 public:
  explicit FakeListener(Endpoint local = {}) : local_(std::move(local)) {}
  int handle() const override { return -1; }
  Result<std::unique_ptr<Stream>> accept() override {
    if (waiting.empty()) return std::unique_ptr<Stream>();
    auto stream = std::make_unique<FakeStream>(waiting.front(), std::make_shared<Wire>());
    waiting.pop_front();
    return std::unique_ptr<Stream>(std::move(stream));
  }
  const Endpoint& local() const override { return local_; }

  std::deque<std::string> waiting;  // addresses

 private:
  Endpoint local_;
};

}  // namespace okapi
