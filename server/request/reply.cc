#include "server/request/reply.h"

#include "common/base/assert.h"

namespace okapi {
namespace {

constexpr int32_t kErrorType = static_cast<int32_t>(OpCode::kError);

void put_sub_reply(jute::OutputArchive& out, OpCode op, const SubReply& sub) {
  auto header = [&](OpCode type) { put(out, MultiHeader{static_cast<int32_t>(type), false, 0}); };
  if (op == OpCode::kDelete || op == OpCode::kCheck) {
    header(op);
  } else if (op == OpCode::kSetData) {
    header(op);
    put(out, sub.stat);
  } else if (op == OpCode::kCreate) {
    header(op);
    out.put_buffer(ByteView(sub.path));
  } else {  // create2, createContainer, createTTL
    header(OpCode::kCreate2);
    put(out, Create2Response{sub.path, sub.stat});
  }
}

void put_multi(jute::OutputArchive& out, const WriteReply& reply) {
  const std::vector<SubReply>& subs = *reply.subs;
  bool failed = false;
  for (const SubReply& sub : subs) failed = failed || sub.err != ErrorCode::kOk;
  if (failed) {
    for (const SubReply& sub : subs) {
      put(out, MultiHeader{kErrorType, false, static_cast<int32_t>(sub.err)});
      out.put_int(static_cast<int32_t>(sub.err));
    }
  } else {
    const std::vector<OpCode>& ops = *reply.write.sub_ops;
    OKAPI_ASSERT(ops.size() == subs.size());
    for (size_t i = 0; i < subs.size(); ++i) put_sub_reply(out, ops[i], subs[i]);
  }
  put(out, MultiHeader{kErrorType, true, kErrorType});
}

}  // namespace

void append_write_body(std::string& out, const WriteReply& reply) {
  jute::OutputArchive archive(out);
  OpCode op = reply.write.op;
  if (op == OpCode::kSetData || op == OpCode::kSetAcl) {
    put(archive, reply.stat);
  } else if (op == OpCode::kCreate) {
    archive.put_buffer(ByteView(reply.text));
  } else if (op == OpCode::kCreate2 || op == OpCode::kCreateContainer || op == OpCode::kCreateTtl) {
    put(archive, Create2Response{reply.text, reply.stat});
  } else if (op == OpCode::kReconfig) {
    put(archive, GetDataResponse{ByteView(reply.text), reply.stat});
  } else if (op == OpCode::kMulti) {
    put_multi(archive, reply);
  }
}

}  // namespace okapi
