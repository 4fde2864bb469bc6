// ping, sync, whoAmI, getEphemerals, getAllChildrenNumber (client-protocol spec 2.11, 3.10, 3.16,
// 3.20, 3.21).
#include <algorithm>

#include "common/proto/path.h"
#include "common/proto/responses.h"
#include "server/request/read.h"

namespace okapi {

ErrorCode read_ping(ReadContext& context) {
  context.stamp = context.tree.last_applied();
  return ErrorCode::kOk;
}

// Where the leader itself is asked, everything before the request in its session is applied: that
// is all it promises. The path comes back as a Java server decodes and writes it.
ErrorCode read_sync(ReadContext& context) {
  context.stamp = context.tree.last_applied();
  auto request = jute::decode<NullablePathRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  jute::OutputArchive out(context.body);
  if (request->path.has_value()) {
    out.put_buffer(ByteView(as_java_writes(*request->path)));
  } else {
    out.put_buffer(NullableView());
  }
  return ErrorCode::kOk;
}

ErrorCode read_who_am_i(ReadContext& context) {
  context.stamp = context.tree.last_applied();
  WhoAmIResponse response;
  response.clients.items = context.registry.who_am_i(*context.request.identities);
  jute::encode(context.body, response);
  return ErrorCode::kOk;
}

ErrorCode read_get_ephemerals(ReadContext& context) {
  auto request = jute::decode<NullablePathRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  context.stamp = context.tree.last_applied();
  ByteView prefix = request->path.value_or(ByteView());
  bool blank = std::all_of(prefix.begin(), prefix.end(),
                           [](char c) { return static_cast<unsigned char>(c) <= ' '; });
  jute::Vector<std::string> paths;
  for (std::string& path : context.tree.ephemerals_of(context.request.session)) {
    if (blank || path.starts_with(prefix)) paths.items.push_back(std::move(path));
  }
  std::sort(paths.items.begin(), paths.items.end());
  jute::OutputArchive out(context.body);
  put(out, paths);
  return ErrorCode::kOk;
}

ErrorCode read_get_all_children_number(ReadContext& context) {
  auto request = jute::decode<PathRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  {
    ReadLock lock = context.tree.read(request->path);
    context.stamp = context.tree.last_applied();
    if (!lock.found()) return ErrorCode::kNoNode;
    ErrorCode error = check_read_acl(context, lock.node().acl(), Perms::kRead);
    if (error != ErrorCode::kOk) return error;
  }
  // `// Compat:` above 10 000 nodes it may mix states of concurrent writes (client-protocol 11.13).
  auto count = context.tree.count_descendants(request->path);
  if (!count.has_value()) return ErrorCode::kNoNode;
  // Compat: the reference counts names that begin with the path and a slash; asked under the root's
  // other name, "", it counts "/" too (tests/compat/differential).
  if (request->path.empty()) ++*count;
  jute::OutputArchive(context.body).put_int(static_cast<int32_t>(*count));
  return ErrorCode::kOk;
}

}  // namespace okapi
