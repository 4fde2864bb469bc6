#include "client/bench/link_group.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/assert.h"

namespace okapi::bench {

namespace {

constexpr Millis kTickInterval{500};
constexpr Millis kOpenMax{60'000};
// More at once overflow the listen backlog of a usual server (50), and the kernel's first retry
// comes after a second. The `handshakes` workload does that on purpose.
constexpr size_t kOpenAtOnce = 32;
constexpr Millis kCloseMax{5'000};

}  // namespace

LinkGroup::LinkGroup(const Address& address, size_t count, const ClientSession::Options& options)
    : address_(address),
      options_(options),
      buffer_(new char[kReceiveBytes]),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  OKAPI_ASSERT(epoll_ >= 0);
  links_.reserve(count);
  for (size_t i = 0; i < count; ++i) links_.push_back(std::make_unique<Link>(options));
}

LinkGroup::~LinkGroup() {
  links_.clear();
  ::close(epoll_);
}

Status LinkGroup::dial(size_t index) {
  return links_[index]->dial(address_, epoll_, static_cast<uint32_t>(index));
}

Status LinkGroup::redial(size_t index) {
  links_[index] = std::make_unique<Link>(options_);
  return dial(index);
}

Status LinkGroup::open() {
  MonoTime limit = now() + kOpenMax;
  size_t dialed = 0;
  size_t connected = 0;
  while (connected < links_.size() && !has_failed()) {
    for (; dialed < links_.size() && dialed < connected + kOpenAtOnce; ++dialed) {
      OKAPI_TRY(dial(dialed));
    }
    if (now() >= limit) return Error{ErrorKind::kBusy, "sessions not open after a minute"};
    turn(limit, [&](size_t, const Delivery& delivery, MonoTime) {
      if (delivery.kind == Delivery::Kind::kConnected) ++connected;
    });
  }
  if (has_failed()) return Error{ErrorKind::kClosed, failure_};
  return {};
}

void LinkGroup::close() {
  closing_ = true;
  size_t open = 0;
  for (size_t i = 0; i < links_.size(); ++i) {
    if (!links_[i]->is_open()) continue;
    if (session(i).state() != ClientSession::State::kConnected) continue;
    session(i).close();
    mark(i);
    ++open;
  }
  flush_marked(now());
  MonoTime limit = now() + kCloseMax;
  while (open > 0 && now() < limit) {
    turn(limit, [&](size_t, const Delivery& delivery, MonoTime) {
      if (delivery.kind == Delivery::Kind::kClosed) --open;
    });
  }
  for (auto& link : links_) link->hang_up();
}

void LinkGroup::flush_marked(MonoTime time) {
  for (uint32_t index : marked_) {
    links_[index]->marked = false;
    if (links_[index]->is_open() && !links_[index]->flush(time)) failed(index, "cannot send");
  }
  marked_.clear();
}

int LinkGroup::wait(MonoTime until) {
  MonoTime time = now();
  if (time >= next_tick_) tick_all(time);
  Nanos span = std::max(std::min(until, next_tick_) - time, Nanos(0));
  timespec timeout{};
  timeout.tv_sec = span.count() / 1'000'000'000;
  timeout.tv_nsec = span.count() % 1'000'000'000;
  int count = epoll_pwait2(epoll_, events_, static_cast<int>(kEventsMax), &timeout, nullptr);
  OKAPI_ASSERT(count >= 0 || errno == EINTR);
  return std::max(count, 0);
}

void LinkGroup::tick_all(MonoTime time) {
  next_tick_ = time + kTickInterval;
  for (uint32_t i = 0; i < links_.size(); ++i) {
    if (!links_[i]->is_open()) continue;
    if (!links_[i]->session.tick(time)) {
      failed(i, "server is silent");
    } else {
      mark(i);
    }
  }
  flush_marked(time);
}

bool LinkGroup::receive(uint32_t index) {
  Link& link = *links_[index];
  if (!link.is_open()) return false;
  ssize_t bytes = recv(link.fd(), buffer_.get(), kReceiveBytes, 0);
  received_at_ = now();
  if (bytes > 0) {
    link.session.receive(ByteView(buffer_.get(), static_cast<size_t>(bytes)), received_at_);
    return true;
  }
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  failed(index, bytes == 0 ? "server hung up" : strerror(errno));
  return false;
}

void LinkGroup::failed(uint32_t index, const char* why) {
  Link& link = *links_[index];
  link.hang_up();
  // A server hangs up after it answered close: that is no failure.
  if (!link.session.is_dead() && !closing_ && failure_.empty()) failure_ = why;
}

}  // namespace okapi::bench
