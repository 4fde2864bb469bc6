// Draws requests: a seeded mix of all operations over few paths, so that clients meet on them.
// One client's stage.
#pragma once

#include <string>
#include <vector>

#include "client/core/client_session.h"
#include "common/base/random.h"
#include "tests/sim/checkers/call.h"

namespace okapi::sim {

struct WorkloadOptions {
  size_t calls = 150;             // per client, then the final reads
  uint32_t pipeline_max = 8;      // requests in flight
  Millis think_max{40};           // between bursts
  uint32_t hang_up_one_in = 150;  // of turns: the client drops its connection
  uint32_t close_one_in = 120;    // of calls: closes its session and makes another
  uint32_t vanish_one_in = 250;   // of calls: stays away until its session is gone
  uint32_t idle_one_in = 60;      // of bursts: idles for some pings
  Millis session_timeout{4000};
  size_t base_paths = 4;
  uint32_t sync_percent = 1;  // of calls
  bool containers = true;
  // /zookeeper/config is read: the model knows it of a standalone server only.
  bool config_node = true;
  bool may_be_read_only = false;
  // "user:password" that its connections prove; empty = none.
  std::string digest_auth{};
  // How often a client looks whether something is asked of it from outside.
  Millis glance{1000};
};

class CallSource {
 public:
  CallSource(const WorkloadOptions& options, std::string name, uint64_t seed)
      : options_(options), name_(std::move(name)), rng_(seed) {}

  Call next();
  // A sequential node that one of our creates made.
  void learned(const std::string& path);
  Rng& rng() { return rng_; }
  // Every path that any client may have made without a suffix.
  static std::vector<std::string> all_paths(const WorkloadOptions& options);

 private:
  std::string any_path();
  std::string data();
  int32_t some_version();
  Call write();
  Call create();
  Call read();
  Call watch_call();
  Call multi();
  Call multi_read();

  const WorkloadOptions options_;
  const std::string name_;
  Rng rng_;
  uint64_t made_ = 0;
  std::vector<std::string> learned_;
};

// Makes `call` on `session`; its xid.
Xid submit(ClientSession& session, const Call& call, uint64_t tag);

}  // namespace okapi::sim
