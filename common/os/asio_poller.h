// The general poller, on Boost.Asio: for stages with few sockets (acceptors, peers, admin). Level-
// triggered like the other one: a descriptor is armed again at the start of each wait. Home thread,
// but for interrupt().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <memory>
#include <vector>

#include "common/os/os_poller.h"

namespace okapi {

class AsioPoller final : public OsPoller {
 public:
  ~AsioPoller() override;
  void watch(Pollable& what, uint64_t token, Interest interest) override;
  void change(Pollable& what, uint64_t token, Interest interest) override;
  void forget(Pollable& what) override;
  std::span<const Readiness> ready() override;
  void wait(Nanos timeout) override;
  void interrupt() override;
  bool has_news() const override { return !gathered_.empty(); }

 private:
  struct Watched;
  void arm(const std::shared_ptr<Watched>& watched);

  boost::asio::io_context context_{1};
  std::map<int, std::shared_ptr<Watched>> watched_;  // by descriptor
  std::vector<Readiness> gathered_, shown_;
};

}  // namespace okapi
