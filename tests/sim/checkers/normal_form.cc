#include "tests/sim/checkers/normal_form.h"

#include <algorithm>

#include "client/core/multi_request.h"
#include "client/core/reply_bodies.h"

namespace okapi::sim {
namespace {

template <class Body>
std::string sorted(const std::string& bytes) {
  auto decoded = jute::decode<Body>(bytes);
  if (!decoded.ok()) return bytes;
  std::sort(decoded->children.items.begin(), decoded->children.items.end());
  return jute::encoded(*decoded);
}

std::string sorted_multi(const Call& call, const std::string& body) {
  std::string out;
  MultiResults results(body);
  size_t at = 0;
  while (auto one = results.next()) {
    out += std::to_string(static_cast<int>(one->op)) + ":" +
           std::to_string(static_cast<int>(one->err)) + ":";
    std::string bytes(one->body);
    out += at < call.subs.size() ? normal_form(call.subs[at], bytes) : bytes;
    ++at;
  }
  return results.ok() ? out : body;
}

}  // namespace

std::string normal_form(const Call& call, const std::string& body) {
  if (body.empty()) return body;
  if (call.op == OpCode::kMultiRead) return sorted_multi(call, body);
  if (call.op == OpCode::kGetChildren2) return sorted<Children2Body>(body);
  if (call.op == OpCode::kGetChildren || call.op == OpCode::kGetEphemerals) {
    return sorted<ChildrenBody>(body);
  }
  return body;
}

}  // namespace okapi::sim
