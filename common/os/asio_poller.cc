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
  bool wants(Interest side) const {
    return (static_cast<uint8_t>(interest) & static_cast<uint8_t>(side)) != 0;
  }
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
  using Descriptor = asio::posix::descriptor_base;
  auto arm_side = [&](Interest side, Descriptor::wait_type type, bool Watched::*armed) {
    if (!watched->wants(side) || watched.get()->*armed) return;
    watched.get()->*armed = true;
    watched->descriptor.async_wait(type, [this, watched, side, armed](auto) {
      watched.get()->*armed = false;
      // The stage may have lost interest since.
      if (watched->forgotten || !watched->wants(side)) return;
      gathered_.push_back({watched->token, side == Interest::kRead, side == Interest::kWrite});
    });
  };
  arm_side(Interest::kRead, Descriptor::wait_read, &Watched::read_armed);
  arm_side(Interest::kWrite, Descriptor::wait_write, &Watched::write_armed);
}

void AsioPoller::wait(Nanos timeout) {
  gathered_.clear();  // level-triggered: what the stage has not seen is reported again
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
