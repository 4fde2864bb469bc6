#include "client/core/multi_request.h"

#include "client/core/reply_bodies.h"
#include "common/jute/record.h"
#include "common/proto/requests.h"
#include "common/proto/responses.h"

namespace okapi {

namespace {

constexpr AclView kOpenAcl[] = {{Perms::kAll, ByteView("world"), ByteView("anyone")}};

// Skips one record of type T at the front of `in`.
template <class T>
void skip(jute::InputArchive& in) {
  T record{};
  jute::get(in, record);
}

void skip_nothing(jute::InputArchive&) {}

// The record that a result of each type has.
struct ResultRecord {
  OpCode op;
  void (*skip)(jute::InputArchive&);
};
constexpr ResultRecord kResultRecords[] = {
    {OpCode::kCreate, skip<PathBody>},
    {OpCode::kCreate2, skip<Create2Response>},
    {OpCode::kSetData, skip<Stat>},
    {OpCode::kGetData, skip<GetDataResponse>},
    {OpCode::kGetChildren, skip<ChildrenBody>},
    {OpCode::kDelete, skip_nothing},
    {OpCode::kCheck, skip_nothing},
};

// Moves `in` behind the record of a result of type `op`, or fails if no result has that type.
void skip_record(jute::InputArchive& in, int32_t op) {
  for (const ResultRecord& record : kResultRecords) {
    if (static_cast<int32_t>(record.op) == op) return record.skip(in);
  }
  in.fail("unknown result type");
}

}  // namespace

std::span<const AclView> open_acl_view() { return kOpenAcl; }

OpCode CreateArgs::op() const {
  if (mode == CreateMode::kContainer) return OpCode::kCreateContainer;
  if (is_ttl(mode)) return OpCode::kCreateTtl;
  return with_stat ? OpCode::kCreate2 : OpCode::kCreate;
}

void CreateArgs::encode(std::string& out) const {
  jute::OutputArchive archive(out);
  archive.put_buffer(path);
  archive.put_buffer(data);
  archive.put_int(static_cast<int32_t>(acl.size()));
  for (const AclView& entry : acl) jute::put(archive, entry);
  archive.put_int(static_cast<int32_t>(mode));
  if (is_ttl(mode)) archive.put_long(ttl_ms);
}

void MultiRequest::begin(OpCode op) {
  jute::encode(body_, MultiHeader{static_cast<int32_t>(op), false, -1});
}

void MultiRequest::create(const CreateArgs& args) {
  begin(args.op());
  args.encode(body_);
}

void MultiRequest::remove(ByteView path, int32_t version) {
  begin(OpCode::kDelete);
  jute::encode(body_, DeleteRequest{path, version});
}

void MultiRequest::set_data(ByteView path, NullableView data, int32_t version) {
  begin(OpCode::kSetData);
  jute::encode(body_, SetDataRequest{path, data, version});
}

void MultiRequest::check(ByteView path, int32_t version) {
  begin(OpCode::kCheck);
  jute::encode(body_, CheckRequest{path, version});
}

void MultiRequest::get_data(ByteView path) {
  begin(OpCode::kGetData);
  jute::encode(body_, ReadRequest{path, false});
}

void MultiRequest::get_children(ByteView path) {
  begin(OpCode::kGetChildren);
  jute::encode(body_, ReadRequest{path, false});
}

std::optional<MultiResult> MultiResults::next() {
  if (!ok_) return std::nullopt;
  jute::InputArchive in(rest_);
  MultiHeader header;
  jute::get(in, header);
  ok_ = in.ok();
  if (!ok_ || header.done) return std::nullopt;
  size_t begin = in.position();
  MultiResult out{.op = static_cast<OpCode>(header.type)};
  if (header.type == static_cast<int32_t>(OpCode::kError)) {
    out.err = static_cast<ErrorCode>(in.get_int());
  } else {
    skip_record(in, header.type);
    out.body = rest_.substr(begin, in.position() - begin);
  }
  ok_ = in.ok();
  if (!ok_) return std::nullopt;
  rest_ = in.rest();
  return out;
}

}  // namespace okapi
