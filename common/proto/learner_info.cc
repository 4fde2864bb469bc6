#include "common/proto/learner_info.h"

namespace okapi {
namespace {

constexpr size_t kTouchBytes = 12;

Error wrong_size(const char* what) {
  return {ErrorKind::kCorrupt, std::string(what) + " of a wrong size"};
}

}  // namespace

Result<LearnerInfo> decode_learner_info(NullableView data) {
  jute::InputArchive in(data.value_or(ByteView()));
  LearnerInfo info{ServerId(in.get_long()), 0, 0};
  if (!in.ok()) return wrong_size("learner info");
  if (in.rest().size() >= 4) info.protocol_version = in.get_int();
  if (in.rest().size() >= 8) info.config_version = in.get_long();
  return info;
}

std::string encode_int_data(int32_t value) {
  std::string out;
  jute::OutputArchive(out).put_int(value);
  return out;
}

Result<int32_t> decode_int_data(NullableView data) {
  if (!data.has_value() || data->size() != 4) return wrong_size("a number");
  return jute::InputArchive(*data).get_int();
}

std::string encode_touches(const std::vector<SessionTouch>& touches) {
  std::string out;
  out.reserve(touches.size() * kTouchBytes);
  jute::OutputArchive archive(out);
  for (const SessionTouch& touch : touches) {
    archive.put_long(touch.session.value());
    archive.put_int(touch.timeout_ms);
  }
  return out;
}

Result<std::vector<SessionTouch>> decode_touches(NullableView data) {
  ByteView bytes = data.value_or(ByteView());
  if (bytes.size() % kTouchBytes != 0) return wrong_size("a table of touched sessions");
  jute::InputArchive in(bytes);
  std::vector<SessionTouch> out;
  out.reserve(bytes.size() / kTouchBytes);
  while (!in.rest().empty()) {
    SessionId session(in.get_long());
    out.push_back({session, in.get_int()});
  }
  return out;
}

std::string encode_request(const ForwardedRequest& request) {
  std::string out;
  jute::OutputArchive archive(out);
  archive.put_long(request.session.value());
  archive.put_int(request.cxid);
  archive.put_int(request.op);
  archive.put_raw(request.body);
  return out;
}

Result<ForwardedRequest> decode_request(NullableView data) {
  jute::InputArchive in(data.value_or(ByteView()));
  ForwardedRequest request;
  request.session = SessionId(in.get_long());
  request.cxid = in.get_int();
  request.op = in.get_int();
  if (!in.ok()) return wrong_size("a forwarded request");
  request.body = in.rest();
  return request;
}

std::string encode_designated(ServerId leader) {
  std::string out;
  jute::OutputArchive(out).put_long(leader.value());
  return out;
}

Result<ServerId> decode_designated(NullableView data) {
  jute::InputArchive in(data.value_or(ByteView()));
  ServerId leader(in.get_long());
  if (!in.ok()) return wrong_size("a designated leader");
  return leader;
}

Result<std::optional<ServerId>> designated_by(const QuorumPacket& packet) {
  if (packet.type() != PacketType::kCommitAndActivate &&
      packet.type() != PacketType::kInformAndActivate) {
    return std::optional<ServerId>();
  }
  auto leader = decode_designated(packet.data);
  if (!leader.ok()) return leader.error();
  return std::optional<ServerId>(*leader);
}

}  // namespace okapi
