#include "server/request/multi_request.h"

#include <algorithm>

#include "common/proto/create_mode.h"
#include "common/proto/requests.h"

namespace okapi {
namespace {

template <class Record>
bool skip(jute::InputArchive& in, Record& record) {
  get(in, record);
  return in.ok();
}

// Compat: the reference decodes creates of a multi through its client-side operation classes, which
// retype by flags and refuse what they cannot express (client-protocol 3.13, 12).
template <class Record>
bool take_create(jute::InputArchive& in, SubRequest& sub) {
  Record record;
  if (!skip(in, record) || record.acl.null) return false;
  auto mode = create_mode_of(record.flags);
  if (!mode.has_value()) return false;
  if (sub.op == OpCode::kCreateTtl) {
    if (!is_ttl(*mode)) sub.op = OpCode::kCreate;
    return true;
  }
  if (is_ttl(*mode)) return false;
  if (*mode == CreateMode::kContainer) sub.op = OpCode::kCreateContainer;
  return true;
}

template <class Record>
bool take_with_path(jute::InputArchive& in) {
  Record record;
  if (!skip(in, record)) return false;
  if constexpr (std::is_same_v<decltype(record.path), NullableView>) return record.path.has_value();
  return true;
}

bool is_multi_write(OpCode op) {
  return op == OpCode::kCreate || op == OpCode::kCreate2 || op == OpCode::kCreateContainer ||
         op == OpCode::kCreateTtl || op == OpCode::kDelete || op == OpCode::kSetData ||
         op == OpCode::kCheck;
}

bool is_multi_read(OpCode op) { return op == OpCode::kGetData || op == OpCode::kGetChildren; }

bool take_record(jute::InputArchive& in, SubRequest& sub) {
  if (is_multi_read(sub.op)) return take_with_path<ReadRequest>(in);
  if (sub.op == OpCode::kDelete) return take_with_path<DeleteRequest>(in);
  if (sub.op == OpCode::kSetData) return take_with_path<SetDataRequest>(in);
  if (sub.op == OpCode::kCheck) return take_with_path<CheckRequest>(in);
  if (sub.op == OpCode::kCreateTtl) return take_create<CreateTtlRequest>(in, sub);
  return take_create<CreateRequest>(in, sub);
}

bool is_ephemeral_create(OpCode op, ByteView body) {
  if (op != OpCode::kCreate && op != OpCode::kCreate2) return false;
  auto request = jute::decode<CreateRequest>(body);
  if (!request.ok()) return false;
  auto mode = create_mode_of(request->flags);
  return mode.has_value() && is_ephemeral(*mode);
}

}  // namespace

bool creates_ephemeral(OpCode op, ByteView body, size_t ops_max) {
  if (op != OpCode::kMulti) return is_ephemeral_create(op, body);
  std::vector<SubRequest> subs = split_multi(body, false, ops_max).subs;
  return std::any_of(subs.begin(), subs.end(),
                     [](const SubRequest& sub) { return is_ephemeral_create(sub.op, sub.body); });
}

MultiRequest split_multi(ByteView body, bool reads, size_t ops_max) {
  MultiRequest out;
  jute::InputArchive in(body);
  auto fail = [&] {
    out.error = ErrorCode::kMarshallingError;
    return out;
  };
  for (;;) {
    MultiHeader header;
    if (!skip(in, header)) return fail();
    if (header.done) return out;
    auto op = op_code_of(header.type);
    if (!op.has_value() || (!is_multi_write(*op) && !is_multi_read(*op))) return fail();
    SubRequest sub{*op, ByteView()};
    size_t begin = in.position();
    if (!take_record(in, sub) || out.subs.size() == ops_max) return fail();
    sub.body = body.substr(begin, in.position() - begin);
    MultiKind kind = is_multi_read(*op) ? MultiKind::kReads : MultiKind::kWrites;
    if (out.kind != MultiKind::kEmpty && out.kind != kind) return fail();
    out.kind = kind;
    if ((kind == MultiKind::kReads) != reads) {
      out.wrong_kind = true;
      return fail();
    }
    out.subs.push_back(sub);
  }
}

}  // namespace okapi
