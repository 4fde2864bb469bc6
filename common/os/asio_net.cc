#include "common/os/asio_net.h"

#include <netinet/tcp.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <cstring>

#include "common/os/asio_poller.h"
#include "common/os/epoll_poller.h"

namespace okapi {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// The reference takes 50; then the 51st of many handshakes at once waits a second for its SYN to be
// sent again. A longer queue changes nothing else.
constexpr int kDefaultBacklog = 1024;

Endpoint endpoint_of(const sockaddr_storage& address) {
  tcp::endpoint endpoint;
  std::memcpy(endpoint.data(), &address, endpoint.capacity());
  asio::ip::address ip = endpoint.address();
  if (ip.is_v6() && ip.to_v6().is_v4_mapped()) {
    ip = asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
  }
  return {ip.to_string(), endpoint.port()};
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return endpoint_of(address);
}

class TcpStream final : public Stream {
 public:
  TcpStream(int fd, Endpoint peer) : fd_(fd), peer_(std::move(peer)), local_(local_endpoint(fd)) {
    int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~TcpStream() override { ::close(fd_); }

  int handle() const override { return fd_; }
  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override { return local_; }

  void keep_alive() override {
    int on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }

  IoResult read(std::span<char> to) override {
    ssize_t n = ::recv(fd_, to.data(), to.size(), 0);
    if (n == 0) return {IoState::kClosed, 0, 0};
    return outcome(n);
  }

  IoResult write(std::span<const ByteView> parts) override {
    std::array<iovec, 64> vectors;
    size_t count = std::min(parts.size(), vectors.size());
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    return outcome(::sendmsg(fd_, &message, MSG_NOSIGNAL));
  }

  void reset_on_close() override {
    linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  static IoResult outcome(ssize_t n) {
    if (n >= 0) return {IoState::kOk, static_cast<size_t>(n), 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      return {IoState::kWouldBlock, 0, 0};
    }
    return {IoState::kFailed, 0, errno};
  }

  int fd_;
  Endpoint peer_, local_;
};

class TcpListener final : public Listener {
 public:
  explicit TcpListener(int fd) : fd_(fd), local_(local_endpoint(fd)) {}
  ~TcpListener() override { ::close(fd_); }
  int handle() const override { return fd_; }
  const Endpoint& local() const override { return local_; }

  Result<std::unique_ptr<Stream>> accept() override {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    int fd =
        accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) return std::unique_ptr<Stream>(new TcpStream(fd, endpoint_of(address)));
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      return std::unique_ptr<Stream>();
    }
    return Error{ErrorKind::kIo,
                 fmt::format("accept on port {}: {}", local_.port, std::strerror(errno))};
  }

 private:
  int fd_;
  Endpoint local_;
};

}  // namespace

Result<std::unique_ptr<Listener>> AsioNet::listen(const Endpoint& at, int backlog) {
  asio::io_context context;
  boost::system::error_code error;
  auto fail = [&](const char* step) {
    return Error{ErrorKind::kIo,
                 fmt::format("{} {}:{}: {}", step, at.ip, at.port, error.message())};
  };
  tcp::endpoint endpoint(tcp::v6(), at.port);
  if (!at.ip.empty()) {
    auto address = asio::ip::make_address(at.ip, error);
    if (error) return fail("listen address");
    endpoint = tcp::endpoint(address, at.port);
  }
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (error && at.ip.empty()) {  // a machine without IPv6
    endpoint = tcp::endpoint(tcp::v4(), at.port);
    acceptor.open(endpoint.protocol(), error);
  }
  if (error) return fail("socket for");
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (at.ip.empty() && endpoint.protocol() == tcp::v6()) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  acceptor.bind(endpoint, error);
  if (error) return fail("bind");
  acceptor.listen(backlog < 0 ? kDefaultBacklog : backlog, error);
  if (error) return fail("listen");
  acceptor.non_blocking(true, error);
  if (error) return fail("non-blocking");
  int fd = acceptor.release(error);
  if (error) return fail("release");
  return std::unique_ptr<Listener>(new TcpListener(fd));
}

Result<std::unique_ptr<Stream>> AsioNet::connect(const Endpoint& to) {
  auto fail = [&](const std::string& why) {
    return Error{ErrorKind::kIo, fmt::format("connect {}:{}: {}", to.ip, to.port, why)};
  };
  boost::system::error_code not_numeric;
  auto address = asio::ip::make_address(to.ip, not_numeric);
  if (not_numeric) return fail(not_numeric.message());
  tcp::endpoint endpoint(address, to.port);
  int fd = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(std::strerror(errno));
  if (::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 &&
      errno != EINPROGRESS) {
    Error error = fail(std::strerror(errno));
    ::close(fd);
    return error;
  }
  return std::unique_ptr<Stream>(new TcpStream(fd, {address.to_string(), to.port}));
}

std::unique_ptr<Poller> AsioNet::make_poller(PollerKind kind) {
  if (kind == PollerKind::kSelector) return std::make_unique<EpollPoller>();
  return std::make_unique<AsioPoller>();
}

}  // namespace okapi
