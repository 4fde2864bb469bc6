// What reads answer (client-protocol spec 3.9 to 3.20).
#include <spdlog/fmt/fmt.h>

#include "client/core/reply_bodies.h"
#include "common/base/assert.h"
#include "common/jute/record.h"
#include "common/proto/path.h"
#include "tests/sim/checkers/tree_model.h"

namespace okapi::sim {
namespace {

NullableView view_of(const std::optional<std::string>& data) {
  return data.has_value() ? NullableView(*data) : std::nullopt;
}

template <class Names>
jute::Vector<ByteView> names_of(const Names& names) {
  jute::Vector<ByteView> out;
  out.items.assign(names.begin(), names.end());
  return out;
}

}  // namespace

std::string describe(const Call& call) {
  std::string out = fmt::format("{} {}", name_of(call.op), call.path);
  if (call.version != -1) out += fmt::format(" v{}", call.version);
  if (call.mode != CreateMode::kPersistent) {
    out += fmt::format(" mode {}", static_cast<int32_t>(call.mode));
  }
  if (call.perms != 31) out += fmt::format(" perms {}", call.perms);
  if (call.kind != 0) out += fmt::format(" kind {}", call.kind);
  if (call.watch) out += " watch";
  for (const Call& sub : call.subs) out += fmt::format(" [{}]", describe(sub));
  return out;
}

ModelAnswer TreeModel::multi_read(const Call& call, SessionId session) const {
  ModelAnswer answer;
  for (const Call& sub : call.subs) {
    ModelAnswer one = read(sub, session);
    auto err = static_cast<int32_t>(one.err);
    if (one.err == ErrorCode::kOk) {
      jute::encode(answer.body, MultiHeader{static_cast<int32_t>(sub.op), false, 0});
      answer.body += one.body;
    } else {
      jute::encode(answer.body, MultiHeader{-1, false, err});
      jute::OutputArchive(answer.body).put_int(err);
    }
  }
  jute::encode(answer.body, MultiHeader{-1, true, -1});
  return answer;
}

ModelAnswer TreeModel::read(const Call& call, SessionId session) const {
  ModelAnswer answer;
  if (call.op == OpCode::kMultiRead) return multi_read(call, session);
  if (call.op == OpCode::kSync) {
    jute::OutputArchive(answer.body).put_buffer(ByteView(call.path));
    return answer;
  }
  if (call.op == OpCode::kGetEphemerals) {
    std::vector<std::string> found;
    for (const std::string& path : ephemerals_of(session)) {
      if (call.path == "/" || path.starts_with(call.path)) found.push_back(path);
    }
    jute::encode(answer.body, ChildrenBody{names_of(found)});
    return answer;
  }
  auto found = nodes_.find(call.path);
  if (found == nodes_.end()) return {.err = ErrorCode::kNoNode};
  const Node& node = found->second;
  int32_t wanted = call.op == OpCode::kGetAcl ? 1 | 16 : 1;
  if (!allowed(node, wanted)) return {.err = ErrorCode::kNoAuth};
  Stat stat = stat_of(node);
  std::string& out = answer.body;
  if (call.op == OpCode::kExists) {
    jute::encode(out, stat);
  } else if (call.op == OpCode::kGetData) {
    jute::encode(out, GetDataResponse{.data = view_of(node.data), .stat = stat});
  } else if (call.op == OpCode::kGetChildren) {
    jute::encode(out, ChildrenBody{names_of(node.children)});
  } else if (call.op == OpCode::kGetChildren2) {
    jute::encode(out, Children2Body{names_of(node.children), stat});
  } else if (call.op == OpCode::kGetAcl) {
    GetAclResponse acl{.acl = {}, .stat = stat};
    acl.acl.items.push_back({node.perms, "world", "anyone"});
    jute::encode(out, acl);
  } else {
    OKAPI_ASSERT(call.op == OpCode::kGetAllChildrenNumber);
    jute::encode(out, CountBody{descendants(call.path)});
  }
  return answer;
}

int32_t TreeModel::descendants(const std::string& path) const {
  std::string below = path == "/" ? "/" : path + "/";
  int32_t count = 0;
  auto at = nodes_.lower_bound(below);
  for (; at != nodes_.end() && at->first.starts_with(below); ++at) {
    if (at->first != "/") ++count;
  }
  return count;
}

}  // namespace okapi::sim
