#include "common/os/asio_poller.h"

#include <boost/asio/post.hpp>

#include "common/base/assert.h"

namespace okapi {

namespace asio = boost::asio;

struct AsioPoller::Watched {
  Watched(asio::io_context& context, int fd) : descriptor(context, fd) {}
  asio::posix::stream_descriptor descriptor;
  uint64_t token = 0;
  Interest interest = Interest::kNone;
  bool read_armed = false, write_armed = false;
  bool forgotten = false;
};

AsioPoller::~AsioPoller() {
  // The descriptors belong to their streams and listeners.
  for (auto& [fd, watched] : watched_) watched->descriptor.release();
}

void AsioPoller::watch(Pollable& what, uint64_t token, Interest interest) {
  auto watched = std::make_shared<Watched>(context_, what.handle());
  watched->token = token;
  watched->interest = interest;
  OKAPI_ASSERT(watched_.emplace(what.handle(), std::move(watched)).second);
}

void AsioPoller::change(Pollable& what, uint64_t token, Interest interest) {
  auto found = watched_.find(what.handle());
  OKAPI_ASSERT(found != watched_.end());
  found->second->token = token;
  found->second->interest = interest;
}

void AsioPoller::forget(Pollable& what) {
  auto found = watched_.find(what.handle());
  OKAPI_ASSERT(found != watched_.end());
  found->second->forgotten = true;
  found->second->descriptor.release();
  watched_.erase(found);
}

std::span<const Readiness> AsioPoller::ready() {
  shown_.swap(gathered_);
  gathered_.clear();
  return shown_;
}

void AsioPoller::arm(const std::shared_ptr<Watched>& watched) {
  auto wants = [&](Interest side) {
    return (static_cast<uint8_t>(watched->interest) & static_cast<uint8_t>(side)) != 0;
  };
  using Descriptor = asio::posix::descriptor_base;
  if (wants(Interest::kRead) && !watched->read_armed) {
    watched->read_armed = true;
    watched->descriptor.async_wait(Descriptor::wait_read, [this, watched](auto) {
      watched->read_armed = false;
      if (!watched->forgotten) gathered_.push_back({watched->token, true, false});
    });
  }
  if (wants(Interest::kWrite) && !watched->write_armed) {
    watched->write_armed = true;
    watched->descriptor.async_wait(Descriptor::wait_write, [this, watched](auto) {
      watched->write_armed = false;
      if (!watched->forgotten) gathered_.push_back({watched->token, false, true});
    });
  }
}

void AsioPoller::wait(Nanos timeout) {
  for (auto& [fd, watched] : watched_) arm(watched);
  context_.restart();
  auto work = asio::make_work_guard(context_);
  if (timeout.count() < 0) {
    context_.run_one();
  } else if (timeout.count() > 0) {
    context_.run_one_for(timeout);
  }
  context_.poll();
}

void AsioPoller::interrupt() {
  asio::post(context_, [] {});
}

}  // namespace okapi
