// One connection of the load generator: a non-blocking socket and the session that runs on it.
// Owned by a LinkGroup and used on its thread.
#pragma once

#include <sys/socket.h>

#include <string>

#include "client/core/client_session.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace okapi::bench {

// A resolved address.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// Resolves "host:port" (or "[::1]:port"). May ask a name server; not while measuring.
Result<Address> resolve(const std::string& host_and_port);

// The clock that every measurement uses.
MonoTime now();

class Link {
 public:
  explicit Link(const ClientSession::Options& options) : session(options) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { hang_up(); }

  // Begins to connect and registers the socket with the epoll descriptor under `index`.
  Status dial(const Address& address, int epoll, uint32_t index);
  // The socket became writable: the connection is there, or there is room again. False: it failed.
  bool on_writable(MonoTime time);
  // Sends what the session has. False: the connection is gone.
  bool flush(MonoTime time);
  void hang_up();

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  ClientSession session;
  MonoTime dialed{};
  bool marked = false;  // in the group's list of links to flush

 private:
  void want_write(bool wanted);

  int fd_ = -1;
  int epoll_ = -1;
  uint32_t index_ = 0;
  bool connecting_ = false;
  bool wants_write_ = false;
};

}  // namespace okapi::bench
