#include "common/os/epoll_poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

#include "common/base/assert.h"

namespace okapi {
namespace {

constexpr uint64_t kInterruptToken = ~uint64_t{0};

uint32_t events_of(Interest interest) {
  uint32_t events = 0;
  if ((static_cast<uint8_t>(interest) & static_cast<uint8_t>(Interest::kRead)) != 0) {
    events |= EPOLLIN;
  }
  if ((static_cast<uint8_t>(interest) & static_cast<uint8_t>(Interest::kWrite)) != 0) {
    events |= EPOLLOUT;
  }
  return events;
}

}  // namespace

EpollPoller::EpollPoller()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  OKAPI_ASSERT(epoll_fd_ >= 0 && event_fd_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kInterruptToken;
  OKAPI_ASSERT(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, event_fd_, &event) == 0);
}

EpollPoller::~EpollPoller() {
  close(event_fd_);
  close(epoll_fd_);
}

void EpollPoller::control(int op, Pollable& what, uint64_t token, Interest interest) {
  epoll_event event{};
  event.events = events_of(interest);
  event.data.u64 = token;
  OKAPI_ASSERT(epoll_ctl(epoll_fd_, op, what.handle(), &event) == 0);
}

void EpollPoller::watch(Pollable& what, uint64_t token, Interest interest) {
  control(EPOLL_CTL_ADD, what, token, interest);
}
void EpollPoller::change(Pollable& what, uint64_t token, Interest interest) {
  control(EPOLL_CTL_MOD, what, token, interest);
}
void EpollPoller::forget(Pollable& what) { control(EPOLL_CTL_DEL, what, 0, Interest::kNone); }

std::span<const Readiness> EpollPoller::ready() {
  shown_.swap(gathered_);
  gathered_.clear();
  return shown_;
}

// epoll_pwait2 came with Linux 5.11; before, and under some sandboxes, sleeps end on whole
// milliseconds.
int EpollPoller::wait_for_events(Nanos timeout) {
  auto room = static_cast<int>(events_.size());
  bool forever = timeout.count() < 0;
  if (has_nanos_) {
    timespec limit{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
    int count = epoll_pwait2(epoll_fd_, events_.data(), room, forever ? nullptr : &limit, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    has_nanos_ = false;
  }
  auto ms = std::min<int64_t>((timeout.count() + 999'999) / 1'000'000, INT_MAX);
  return epoll_wait(epoll_fd_, events_.data(), room, forever ? -1 : static_cast<int>(ms));
}

void EpollPoller::wait(Nanos timeout) {
  int count = wait_for_events(timeout);
  OKAPI_ASSERT(count >= 0 || errno == EINTR);
  gathered_.clear();  // level-triggered: what the stage has not seen is reported again
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<size_t>(i)];
    if (event.data.u64 == kInterruptToken) continue;
    bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    gathered_.push_back(
        {event.data.u64, broken || (event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0});
  }
}

void EpollPoller::interrupt() {
  uint64_t one = 1;
  ssize_t written = write(event_fd_, &one, sizeof one);
  static_cast<void>(written);  // full counter: an interrupt is already under way
}

}  // namespace okapi
