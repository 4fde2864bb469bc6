// Level-triggered readiness of one stage's simulated sockets. What is ready is gathered when the
// stage's step begins; by dice only a part of it is shown, as an epoll call with few slots would.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "common/env/net.h"

namespace okapi::sim {

class SimPoller;
class SimScheduler;
class SimWorld;

// What a SimPoller can watch: streams and listeners of the simulated net.
class SimSocket {
 public:
  virtual ~SimSocket();
  virtual int socket_number() const = 0;
  virtual bool readable() const = 0;
  virtual bool writable() const = 0;
  // Something changed: whoever watches should look.
  void notify();

 private:
  friend class SimPoller;
  SimPoller* poller_ = nullptr;
};

class SimPoller final : public Poller {
 public:
  explicit SimPoller(SimWorld& world) : world_(world) {}
  ~SimPoller() override;

  void watch(Pollable& what, uint64_t token, Interest interest) override;
  void change(Pollable& what, uint64_t token, Interest interest) override;
  void forget(Pollable& what) override;
  std::span<const Readiness> ready() override { return ready_; }

  // For the scheduler.
  void bind(SimScheduler& scheduler, uint64_t id) { owners_.push_back({&scheduler, id}); }
  void unbind(uint64_t id);
  void gather();
  bool anything_ready() const;

 private:
  friend class SimSocket;
  struct Watched {
    SimSocket* socket;
    uint64_t token;
    Interest interest;
  };
  static bool wants(Interest have, Interest bit);
  static bool is_ready(const Watched& one);
  void wake();
  void drop(SimSocket& socket);

  SimWorld& world_;
  std::vector<std::pair<SimScheduler*, uint64_t>> owners_;
  std::map<int, Watched> watched_;  // by socket number
  std::vector<Readiness> ready_;
};

}  // namespace okapi::sim
