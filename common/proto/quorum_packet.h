// The packet of the quorum port (peer-protocol spec 0.4): a bare row of records on the stream,
// without a length in front. Types, coding, and a parser that takes the stream piece by piece.
// Plain values, any thread.
#pragma once

#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/jute/record.h"

namespace okapi {

enum class PacketType : int32_t {
  kRequest = 1,
  kProposal = 2,
  kAck = 3,
  kCommit = 4,
  kPing = 5,
  kRevalidate = 6,
  kSync = 7,
  kInform = 8,
  kCommitAndActivate = 9,
  kNewLeader = 10,
  kFollowerInfo = 11,
  kUpToDate = 12,
  kDiff = 13,
  kTrunc = 14,
  kSnap = 15,
  kObserverInfo = 16,
  kLeaderInfo = 17,
  kAckEpoch = 18,
  kInformAndActivate = 19,
};

// "PROPOSAL", ... for messages; "unknown" for a number that is no type.
std::string_view name_of(PacketType type);

// One identity of a client, as a REQUEST carries it.
struct AuthInfo {
  NullableView scheme, id;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.scheme, s.id);
  }
};

// A packet as received; data and identities are views.
struct QuorumPacket {
  int32_t type_number = 0;  // whatever the peer sent
  Zxid zxid;
  NullableView data;
  jute::Vector<AuthInfo> auth;
  // What holds the views, for who keeps a part of the packet; null if they are only lent.
  const SharedBytes* block = nullptr;

  PacketType type() const { return static_cast<PacketType>(type_number); }
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.type_number, s.zxid, s.data, s.auth);
  }
};

// --- sending: every packet but REQUEST has null identities ---

// What stands before and behind the data of a packet that has some.
inline constexpr size_t kPacketHeadBytes = 16;
inline constexpr size_t kPacketTailBytes = 4;
// No `data_bytes`: null data.
void write_packet_head(char* to, PacketType type, Zxid zxid, std::optional<size_t> data_bytes);
void write_packet_tail(char* to);

SharedBytes encode_packet(PacketType type, Zxid zxid, NullableView data = std::nullopt);
// Identities too.
SharedBytes encode_packet(const QuorumPacket& packet);

// --- receiving ---

// Bounds of what a peer may claim (safety X-QUO-03). Beyond them the link is closed.
struct PacketLimits {
  uint32_t data_bytes_max = 2 * 1'048'575;  // jute.maxbuffer + extrasize
  int32_t auth_count_max = 1'000;
  uint32_t auth_bytes_max = 1'048'575;  // of one scheme or id
};

// Whole packets, one behind the other. One block for all, so that what a transaction needs is kept
// without another copy of it.
struct PacketBatch {
  SharedBytes bytes;
  bool snapshot = false;  // the last one is SNAP
};

// The packets of a batch, which must outlive them.
class PacketWalk {
 public:
  explicit PacketWalk(const SharedBytes& batch) : batch_(batch), in_(batch.view()) {}
  std::optional<QuorumPacket> next();

 private:
  const SharedBytes& batch_;
  jute::InputArchive in_;
};

class PacketParser {
 public:
  // A batch ends with the packet that passes this: a transaction that is kept keeps its batch.
  static constexpr size_t kBatchBytes = 64 * 1024;

  explicit PacketParser(const PacketLimits& limits) : limits_(limits) {}

  // What came from the stream, in any pieces.
  void feed(ByteView bytes);
  // The next whole packets, or an empty batch until more is fed. Errors: a bound is passed or a
  // length is negative; they stay, and come behind the packets before them.
  Result<PacketBatch> take();
  // Behind a SNAP packet a raw stream follows: what of it was fed already.
  std::string take_rest();
  // Fed and not yet given out.
  size_t buffered() const { return buffer_.size() - at_; }

 private:
  Result<std::optional<size_t>> packet_bytes(ByteView in) const;

  PacketLimits limits_;
  std::string buffer_;
  size_t at_ = 0;  // first byte not given out
  std::optional<Error> failed_;
};

}  // namespace okapi
