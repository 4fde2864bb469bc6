// What the packets of the quorum port carry as data (peer-protocol spec 4.2, 6.1): who a learner
// is, epochs, session moves, touched sessions, forwarded requests. Plain values, any thread.
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/jute/record.h"
#include "common/proto/quorum_packet.h"

namespace okapi {

inline constexpr int32_t kPeerProtocolVersion = 0x10000;

// Data of FOLLOWERINFO and OBSERVERINFO.
struct LearnerInfo {
  ServerId sid;
  int32_t protocol_version = kPeerProtocolVersion;
  int64_t config_version = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.sid, s.protocol_version, s.config_version);
  }
};
// Older learners send less: at least the sid must be there; what is missing is 0. Error: shorter.
Result<LearnerInfo> decode_learner_info(NullableView data);

// Data of LEADERINFO (protocol version) and ACKEPOCH (currentEpoch, or -1).
std::string encode_int_data(int32_t value);
// Error: not four bytes.
Result<int32_t> decode_int_data(NullableView data);

// Data of REVALIDATE: may this session go on at the learner that asks?
struct Revalidation {
  SessionId session;
  int32_t timeout_ms = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.session, s.timeout_ms);
  }
};
struct RevalidationReply {
  SessionId session;
  bool valid = false;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.session, s.valid);
  }
};

// Data of a PING answer: sessions whose clients were heard of since the last one.
struct SessionTouch {
  SessionId session;
  int32_t timeout_ms = 0;
  friend bool operator==(const SessionTouch&, const SessionTouch&) = default;
};
std::string encode_touches(const std::vector<SessionTouch>& touches);
// Null reads as empty. Error: not a multiple of twelve bytes.
Result<std::vector<SessionTouch>> decode_touches(NullableView data);

// What a leader is told by these, from the learner behind `link`.
struct AskSession {
  LinkId link;
  Revalidation question;
};
struct TouchSessions {
  std::vector<SessionTouch> touches;
};
// What a learner is told: the answer to its REVALIDATE; a sync that a client of its sent has come
// back as SYNC. Both speak of the history as the leader had told it before.
struct SessionAnswer {
  SessionId session;
  bool valid = false;
};
struct SyncDone {
  SessionId session;
  int32_t cxid = 0;
};

// Data of REQUEST: a client's request as its server forwards it.
struct ForwardedRequest {
  SessionId session;
  int32_t cxid = 0;
  int32_t op = 0;  // an OpCode
  ByteView body;   // the raw request record
};
std::string encode_request(const ForwardedRequest& request);
// A view into `data`. Error: shorter than its three numbers.
Result<ForwardedRequest> decode_request(NullableView data);

// Data of COMMITANDACTIVATE, and the front of INFORMANDACTIVATE's: who is to lead from here on.
inline constexpr size_t kDesignatedBytes = 8;
std::string encode_designated(ServerId leader);
// Error: shorter.
Result<ServerId> decode_designated(NullableView data);
// The leader that a COMMITANDACTIVATE or INFORMANDACTIVATE designates; nothing for other packets.
Result<std::optional<ServerId>> designated_by(const QuorumPacket& packet);

}  // namespace okapi
