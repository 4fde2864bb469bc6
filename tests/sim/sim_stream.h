// Handles of the simulated net: one end of a connection, and a listening port.
#pragma once

#include <deque>
#include <memory>

#include "tests/sim/sim_net.h"
#include "tests/sim/sim_poller.h"

namespace okapi::sim {

class SimStream final : public Stream, public SimSocket {
 public:
  SimStream(SimNet& net, const CostMeter& meter, std::shared_ptr<Connection> connection, int side,
            int number);
  ~SimStream() override;

  IoResult read(std::span<char> to) override;
  IoResult write(std::span<const ByteView> parts) override;
  const Endpoint& peer() const override { return connection_->at[index(1 - side_)]; }
  const Endpoint& local() const override { return connection_->at[index(side_)]; }
  void reset_on_close() override { reset_on_close_ = true; }
  int handle() const override { return number_; }

  int socket_number() const override { return number_; }
  bool readable() const override;
  bool writable() const override;

 private:
  static size_t index(int side) { return static_cast<size_t>(side); }
  size_t room() const;
  bool usable() const;

  SimNet& net_;
  const CostMeter& meter_;
  std::shared_ptr<Connection> connection_;
  const int side_;
  const int number_;
  bool reset_on_close_ = false;
};

class SimListener final : public Listener, public SimSocket {
 public:
  SimListener(SimNic& nic, const Endpoint& at, int number);
  ~SimListener() override;

  Result<std::unique_ptr<Stream>> accept() override;
  const Endpoint& local() const override { return at_; }
  int handle() const override { return number_; }

  int socket_number() const override { return number_; }
  bool readable() const override { return !waiting_.empty(); }
  bool writable() const override { return false; }

  // For the net.
  void queue(std::shared_ptr<Connection> connection);
  // Its host is gone: what waits is nobody's.
  void abandon() {
    waiting_.clear();
    open_ = false;
  }

 private:
  SimNic& nic_;
  const Endpoint at_;
  const int number_;
  bool open_ = true;
  std::deque<std::shared_ptr<Connection>> waiting_;
};

}  // namespace okapi::sim
