// The servers of a connect string, in a shuffled order that a client walks round and round, so that
// many clients spread over the ensemble. One thread at a time; random numbers come from the caller.
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/base/result.h"
#include "common/proto/host_port.h"

namespace okapi {

struct ConnectString {
  std::vector<HostPort> hosts;
  std::string chroot;  // "" or "/a/b"
};

// "host:port,[::1]:port,host/chroot"; the port defaults to 2181.
Result<ConnectString> parse_connect_string(ByteView text);

class HostList {
 public:
  // At least one host.
  HostList(std::vector<HostPort> hosts, Rng& rng);

  // The server to try next.
  const HostPort& next();
  // Whether every server was tried since the last success: time to wait before the next one.
  bool round_is_over() const { return tried_ >= hosts_.size(); }
  // The handshake with the server that next() named last is done: a new round begins there.
  void succeeded() { tried_ = 0; }
  size_t size() const { return hosts_.size(); }

 private:
  std::vector<HostPort> hosts_;
  size_t position_ = 0;  // of the host that next() gives
  size_t tried_ = 0;     // saturates at the number of hosts
};

}  // namespace okapi
