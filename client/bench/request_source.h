// Makes the requests of the steady workloads: get, exists, children, set, create, mixed, multi.
// One per thread of the generator; no allocation per request.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/bench/bench_options.h"
#include "client/bench/link_group.h"
#include "client/core/client_session.h"
#include "common/base/random.h"

namespace okapi::bench {

class RequestSource {
 public:
  // `instance` tells apart the sources of one server: nodes created by one do not meet another's.
  RequestSource(const BenchOptions& options, size_t instance, uint64_t seed);

  // Puts one request of the workload on the session.
  void issue(ClientSession& session, uint64_t tag);

  // Makes the nodes that all sources share. Once per server and round, before any source issues.
  Status prepare_shared(LinkGroup& links) const;
  // Makes the parent of what this source creates.
  Status prepare(LinkGroup& links) const;
  // Deletes what this source created, and its parent.
  Status clean(LinkGroup& links) const;

 private:
  std::string created_path(uint64_t number) const;
  const std::string& random_key() {
    return keys_[static_cast<size_t>(random_.below(keys_.size()))];
  }
  void issue_multi(ClientSession& session, uint64_t tag);

  const BenchOptions& options_;
  Rng random_;
  std::vector<std::string> keys_;
  std::string data_;
  std::string children_parent_;
  std::string create_parent_;
  std::string path_;  // reused by create
  MultiRequest multi_;
  uint64_t created_ = 0;
  uint64_t write_limit_ = 0;  // a random 32-bit number below it means a write, in `mixed`
};

// Runs `total` requests, `depth` in flight on each link, where `issue(session, i)` makes the i-th,
// and waits for all replies. An error other than NodeExists and NoNode fails it.
Status pipeline(LinkGroup& links, uint64_t total, size_t depth,
                const std::function<void(ClientSession&, uint64_t)>& issue);

// Creates a node and, before it, those above it. Existing ones stay as they are.
Status create_with_parents(LinkGroup& links, const std::string& path);

}  // namespace okapi::bench
