#include "client/bench/link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>

#include "client/core/host_list.h"

namespace okapi::bench {

namespace {

Error io_error(const char* what) {
  return Error{ErrorKind::kIo, std::string(what) + ": " + strerror(errno)};
}

}  // namespace

MonoTime now() { return MonoTime(std::chrono::steady_clock::now().time_since_epoch()); }

Result<Address> resolve(const std::string& host_and_port) {
  auto parsed = parse_connect_string(host_and_port);
  if (!parsed.ok()) return parsed.error();
  const HostPort& host = parsed->hosts.front();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int error = getaddrinfo(host.host.c_str(), std::to_string(host.port).c_str(), &hints, &found);
  if (error != 0) return Error{ErrorKind::kNotFound, host.host + ": " + gai_strerror(error)};
  Address out;
  memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
  out.size = found->ai_addrlen;
  freeaddrinfo(found);
  return out;
}

Status Link::dial(const Address& address, int epoll, uint32_t index) {
  hang_up();
  fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return io_error("socket");
  int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_ = epoll;
  index_ = index;
  connecting_ = true;
  wants_write_ = true;
  dialed = now();
  int result = connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
  if (result != 0 && errno != EINPROGRESS) return io_error("connect");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u32 = index;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) return io_error("epoll_ctl");
  return {};
}

bool Link::on_writable(MonoTime time) {
  if (connecting_) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return false;
    connecting_ = false;
    session.connected(time);
  }
  return flush(time);
}

bool Link::flush(MonoTime time) {
  if (connecting_ || !is_open()) return is_open();
  while (true) {
    ByteView out = session.output();
    if (out.empty()) {
      want_write(false);
      return true;
    }
    ssize_t sent = send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      session.sent(static_cast<size_t>(sent), time);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      want_write(true);
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
}

void Link::want_write(bool wanted) {
  if (wanted == wants_write_) return;
  wants_write_ = wanted;
  epoll_event event{};
  event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u32 = index_;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
}

void Link::hang_up() {
  if (fd_ < 0) return;
  close(fd_);
  fd_ = -1;
}

}  // namespace okapi::bench
