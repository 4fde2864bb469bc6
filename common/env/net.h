// Sockets, readiness style. All calls return at once. A stream or listener belongs to the stage
// whose poller watches it; moving it to another stage is by mail, after forget().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace okapi {

struct Endpoint {
  std::string ip;  // textual, IPv4 or IPv6; "" = any
  uint16_t port = 0;
};

enum class IoState { kOk, kWouldBlock, kClosed, kFailed };

struct IoResult {
  IoState state = IoState::kOk;
  size_t bytes = 0;
  int error = 0;  // errno when kFailed
};

class Pollable {
 public:
  virtual ~Pollable() = default;  // closes
  // The descriptor in common/os; the simulator has a number of its own.
  virtual int handle() const = 0;
};

// Nothing that is written waits for more to come (TCP_NODELAY), whoever began the connection.
class Stream : public Pollable {
 public:
  // At most one read(2) into `to`.
  virtual IoResult read(std::span<char> to) = 0;
  // One gathered write; may take a part.
  virtual IoResult write(std::span<const ByteView> parts) = 0;
  virtual const Endpoint& peer() const = 0;
  virtual const Endpoint& local() const = 0;
  // Has the system probe a silent peer.
  virtual void keep_alive() {}
  // Makes the destructor reset the connection instead of closing it in order.
  virtual void reset_on_close() = 0;
};

class Listener : public Pollable {
 public:
  // The next connection, or null if none waits. An error (out of descriptors, aborted) leaves the
  // listener armed.
  virtual Result<std::unique_ptr<Stream>> accept() = 0;
  virtual const Endpoint& local() const = 0;
};

enum class Interest : uint8_t { kNone = 0, kRead = 1, kWrite = 2, kBoth = 3 };

struct Readiness {
  uint64_t token = 0;
  bool readable = false;  // also on hang-up: the read tells
  bool writable = false;
};

// Which of one stage's sockets are ready; level-triggered. The scheduler gathers while the stage
// sleeps, the stage looks during its step. A stage whose turns are lent has a kSelector poller: of
// that one a borrowed turn may call all but ready().
class Poller {
 public:
  virtual ~Poller() = default;
  virtual void watch(Pollable& what, uint64_t token, Interest interest) = 0;
  virtual void change(Pollable& what, uint64_t token, Interest interest) = 0;
  virtual void forget(Pollable& what) = 0;
  // What was found ready since the last step began. Valid during the step. May name what was
  // forgotten after it was found.
  virtual std::span<const Readiness> ready() = 0;
};

enum class PollerKind {
  kSelector,  // few calls per request: our own small epoll loop; also for the links of Zab
  kGeneral,   // Boost.Asio: acceptors, election, admin
};

class Net {
 public:
  virtual ~Net() = default;
  // `backlog` -1 = the system's default. "" listens on all addresses, IPv4 and IPv6.
  virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int backlog) = 0;
  // A connection on its way: writable when it stands; a write fails if it was refused. How long to
  // wait for either is the caller's business. An error is one that is known at once.
  virtual Result<std::unique_ptr<Stream>> connect(const Endpoint& to) = 0;
  virtual std::unique_ptr<Poller> make_poller(PollerKind kind) = 0;
};

}  // namespace okapi
