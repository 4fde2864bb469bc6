#include "tests/sim/workload/call_source.h"

#include <spdlog/fmt/fmt.h>

#include "common/base/assert.h"

namespace okapi::sim {

std::vector<std::string> CallSource::all_paths(const WorkloadOptions& options) {
  std::vector<std::string> out;
  for (size_t base = 0; base < options.base_paths; ++base) {
    std::string parent = fmt::format("/n{}", base);
    out.push_back(parent);
    for (int child = 0; child < 3; ++child) out.push_back(fmt::format("{}/c{}", parent, child));
  }
  out.push_back("/n0/c0/d0");
  return out;
}

std::string CallSource::any_path() {
  if (!learned_.empty() && rng_.chance(1, 8)) return learned_[rng_.below(learned_.size())];
  if (rng_.chance(1, 60)) return "/";
  if (options_.config_node && rng_.chance(1, 100)) return "/zookeeper/config";
  if (rng_.chance(1, 25)) return "/n0/c0/d0";
  std::string path = fmt::format("/n{}", rng_.below(options_.base_paths));
  if (rng_.chance(2, 3)) path += fmt::format("/c{}", rng_.below(3));
  return path;
}

// Unlike any other data of the run, mostly.
std::string CallSource::data() {
  std::string out = fmt::format("{}-{}", name_, made_);
  if (rng_.chance(1, 10)) out.append(rng_.below(3000), 'x');
  if (rng_.chance(1, 30)) out.clear();
  return out;
}

int32_t CallSource::some_version() {
  return rng_.chance(2, 3) ? -1 : static_cast<int32_t>(rng_.below(4));
}

Call CallSource::next() {
  ++made_;
  uint64_t dice = rng_.below(99 + options_.sync_percent);
  if (dice < 45) return write();
  if (dice < 85) return read();
  if (dice < 90) return watch_call();
  if (dice < 96) return multi();
  if (dice < 99) return multi_read();
  return {.op = OpCode::kSync, .path = "/"};
}

Call CallSource::create() {
  static constexpr CreateMode kModes[] = {
      CreateMode::kPersistent, CreateMode::kPersistent,           CreateMode::kEphemeral,
      CreateMode::kEphemeral,  CreateMode::kPersistentSequential, CreateMode::kEphemeralSequential,
      CreateMode::kContainer};
  Call call{.op = rng_.chance(1, 2) ? OpCode::kCreate : OpCode::kCreate2, .path = any_path()};
  call.mode = kModes[rng_.below(std::size(kModes) - (options_.containers ? 0 : 1))];
  if (call.mode == CreateMode::kContainer) call.op = OpCode::kCreateContainer;
  if (is_sequential(call.mode)) call.path += "/s-";
  if (!rng_.chance(1, 20)) call.data = data();
  if (rng_.chance(1, 15)) call.perms = rng_.chance(1, 2) ? 1 | 8 | 16 : 2 | 4 | 8 | 16;
  if (rng_.chance(1, 100)) call.perms = -1;
  return call;
}

Call CallSource::write() {
  switch (rng_.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return create();
    case 4:
    case 5:
    case 6:
      return {
          .op = OpCode::kSetData, .path = any_path(), .data = data(), .version = some_version()};
    case 7:
    case 8:
      return {.op = OpCode::kDelete, .path = any_path(), .version = some_version()};
    default:
      return {.op = OpCode::kSetAcl,
              .path = any_path(),
              .version = some_version(),
              .perms = rng_.chance(1, 3) ? 1 | 8 | 16 : 31};
  }
}

Call CallSource::read() {
  static constexpr OpCode kOps[] = {
      OpCode::kGetData, OpCode::kGetData,       OpCode::kExists,
      OpCode::kExists,  OpCode::kGetChildren,   OpCode::kGetChildren2,
      OpCode::kGetAcl,  OpCode::kGetEphemerals, OpCode::kGetAllChildrenNumber};
  Call call{.op = kOps[rng_.below(std::size(kOps))], .path = any_path()};
  bool may_watch = call.op == OpCode::kGetData || call.op == OpCode::kExists ||
                   call.op == OpCode::kGetChildren || call.op == OpCode::kGetChildren2;
  call.watch = may_watch && rng_.chance(1, 2);
  if (call.op == OpCode::kGetEphemerals && rng_.chance(1, 2)) call.path = "/";
  return call;
}

Call CallSource::watch_call() {
  Call call{.op = OpCode::kAddWatch, .path = any_path()};
  switch (rng_.below(4)) {
    case 0:
      call.op = OpCode::kRemoveWatches;
      call.kind = static_cast<int32_t>(1 + rng_.below(5));
      break;
    case 1:
      call.op = OpCode::kCheckWatches;
      call.kind = static_cast<int32_t>(1 + rng_.below(5));
      break;
    default:
      call.kind = static_cast<int32_t>(rng_.below(2));
      break;
  }
  return call;
}

Call CallSource::multi() {
  Call call{.op = OpCode::kMulti};
  uint64_t count = rng_.below(5);
  for (uint64_t i = 0; i < count; ++i) {
    Call sub = write();
    while (sub.op == OpCode::kSetAcl || sub.perms < 0) sub = write();
    if (rng_.chance(1, 5)) {
      sub = {.op = OpCode::kCheck, .path = any_path(), .version = some_version()};
    }
    call.subs.push_back(std::move(sub));
  }
  return call;
}

Call CallSource::multi_read() {
  Call call{.op = OpCode::kMultiRead};
  uint64_t count = 1 + rng_.below(4);
  for (uint64_t i = 0; i < count; ++i) {
    OpCode op = rng_.chance(1, 2) ? OpCode::kGetData : OpCode::kGetChildren;
    call.subs.push_back({.op = op, .path = any_path()});
  }
  return call;
}

void CallSource::learned(const std::string& path) {
  if (learned_.size() < 12) {
    learned_.push_back(path);
  } else {
    learned_[rng_.below(learned_.size())] = path;
  }
}

}  // namespace okapi::sim
