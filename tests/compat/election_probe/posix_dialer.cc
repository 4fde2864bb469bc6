#include "tests/compat/election_probe/posix_dialer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace okapi {
namespace {

// A connection that may still be on its way.
class DialledStream final : public Stream {
 public:
  DialledStream(int fd, Endpoint peer) : fd_(fd), peer_(std::move(peer)) {}
  ~DialledStream() override { ::close(fd_); }
  int handle() const override { return fd_; }
  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override { return local_; }
  void reset_on_close() override {}
  IoResult read(std::span<char> to) override {
    ssize_t n = ::recv(fd_, to.data(), to.size(), 0);
    return n == 0 ? IoResult{.state = IoState::kClosed} : outcome(n);
  }
  IoResult write(std::span<const ByteView> parts) override {
    return outcome(::send(fd_, parts[0].data(), parts[0].size(), MSG_NOSIGNAL));
  }

 private:
  static IoResult outcome(ssize_t n) {
    if (n >= 0) return {.state = IoState::kOk, .bytes = static_cast<size_t>(n)};
    bool later = errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
    return {.state = later ? IoState::kWouldBlock : IoState::kFailed, .error = errno};
  }
  const int fd_;
  const Endpoint peer_, local_;
};

struct AddressList {
  AddressList(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &first) != 0) first = nullptr;
  }
  ~AddressList() {
    if (first != nullptr) freeaddrinfo(first);
  }
  addrinfo* first = nullptr;
};

}  // namespace

Result<std::unique_ptr<Stream>> PosixDialer::connect(const Endpoint& to) {
  AddressList found(to.ip, std::to_string(to.port));
  if (found.first == nullptr) return Error{ErrorKind::kNotFound, to.ip};
  int fd = ::socket(found.first->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error{ErrorKind::kIo, std::strerror(errno)};
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto stream = std::make_unique<DialledStream>(fd, to);
  int result = ::connect(fd, found.first->ai_addr, found.first->ai_addrlen);
  if (result != 0 && errno != EINPROGRESS) return Error{ErrorKind::kIo, std::strerror(errno)};
  return std::unique_ptr<Stream>(std::move(stream));
}

void PosixDialer::look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) {
  NameLookup answer{.ticket = ticket, .ips = {}};
  if (AddressList(host, "1").first != nullptr) answer.ips.push_back(host);
  reply.post(std::move(answer));
}

}  // namespace okapi
