#include "server/request/container_reaper.h"

#include <algorithm>

#include "common/proto/requests.h"

namespace okapi {
namespace {

constexpr size_t kNodesPerStep = 1000;

}  // namespace

ContainerReaper::ContainerReaper(Env& env, const RequestConfig& config, const DataTree& tree)
    : env_(env), config_(config), tree_(tree) {}

void ContainerReaper::step(Turn& turn) {
  MonoTime now = turn.now();
  if (next_round_ == MonoTime()) next_round_ = now + Millis(config_.container_check_interval_ms);
  if (!scanning_ && candidates_.empty() && now >= next_round_) {
    scanning_ = true;
    position_ = ReaperPosition();
    next_round_ = now + Millis(config_.container_check_interval_ms);
  }
  if (scanning_) scan(turn);
  Nanos spacing = std::chrono::minutes(1);
  spacing /= std::max(config_.container_deletes_per_minute_max, 1);
  if (!candidates_.empty() && now >= next_delete_) {
    request_delete(candidates_.front());
    candidates_.pop_front();
    next_delete_ = now + spacing;
  }
  to_prep.flush();
  if (!candidates_.empty()) turn.wake_at(next_delete_);
  turn.wake_at(next_round_);
}

void ContainerReaper::scan(Turn& turn) {
  ReaperRule rule{env_.clock().wall().ms, config_.container_never_used_interval_ms_max};
  for (std::string& path : tree_.reaper_candidates(rule, position_, kNodesPerStep)) {
    candidates_.push_back(std::move(path));
  }
  scanning_ = !position_.done;
  if (scanning_) turn.again();
}

void ContainerReaper::request_delete(const std::string& path) {
  OKAPI_INFO(env_.log(), "Attempting to delete candidate container: {}", printable(path));
  std::string body = jute::encoded(PathRequest{path});
  RequestView request;
  request.op = OpCode::kDeleteContainer;
  request.body = body;
  to_prep.add(RequestPtr::make(request, std::make_shared<IdentityList>()));
}

}  // namespace okapi
