// The stage that finds containers and TTL nodes whose time has come and has them deleted by ordered
// requests, no more per minute than configured (client-protocol spec 3.8). Looks at a bounded slice
// of the tree per step; no disk: any thread may take its turn.
#pragma once

#include <deque>

#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/config/server_config.h"
#include "server/request/request.h"
#include "server/tree/data_tree.h"

namespace okapi {

class ContainerReaper final : public Stage {
 public:
  ContainerReaper(Env& env, const RequestConfig& config, const DataTree& tree);

  Sink<RequestPtr> to_prep;
  void step(Turn& turn) override;

 private:
  void scan(Turn& turn);
  void request_delete(const std::string& path);

  Env& env_;
  const RequestConfig& config_;
  const DataTree& tree_;
  MonoTime next_round_{}, next_delete_{};
  ReaperPosition position_;
  bool scanning_ = false;
  std::deque<std::string> candidates_;
};

}  // namespace okapi
