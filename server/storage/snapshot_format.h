// The snapshot, byte for byte (storage spec 4.1), and its encoder. Two forms: the file, with header
// and seals, and the stream that a leader sends after SNAP, without both (peer spec 5.4).
//
//   file = header sessions acls nodes seal [digest seal] [lastProcessedZxid seal]
//   wire = sessions acls nodes "BenWasHere"
//
// Each seal is the Adler-32 of all bytes before it and the string "/".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/proto/acl.h"
#include "server/storage/txn_log_format.h"
#include "server/txn/txn_digest.h"
#include "server/txn/txn_header.h"

namespace okapi {

inline constexpr int32_t kSnapshotMagic = 0x5A4B534E;  // "ZKSN"
inline constexpr int64_t kSnapshotDbid = -1;
inline constexpr ByteView kWireSignature = "BenWasHere";
// ACL id of world:anyone with all permissions; never in the ACL table.
inline constexpr int64_t kSnapshotOpenAclId = -1;

enum class SnapshotForm { kFile, kWire };

struct SnapshotDigest {
  Zxid zxid;
  TxnDigest digest;
  friend bool operator==(const SnapshotDigest&, const SnapshotDigest&) = default;
};

// What follows the nodes.
struct SnapshotTail {
  std::optional<SnapshotDigest> digest;
  std::optional<Zxid> last_zxid;
};

// Encodes the sections in their order into a buffer that the caller drains. Usage: begin_sessions,
// session*, begin_acls, acl*, node* (parents first), end_nodes, for a file digest and last_zxid.
class SnapshotEncoder {
 public:
  explicit SnapshotEncoder(SnapshotForm form);

  void begin_sessions(int32_t count);
  void session(SessionId id, int32_t timeout_ms);
  void begin_acls(int32_t count);
  void acl(int64_t id, const AclList& list);
  void node(ByteView path, NullableView data, int64_t acl_id, const StatPersisted& stat);
  void end_nodes();
  void digest(const SnapshotDigest& digest);  // file only
  void last_zxid(Zxid zxid);                  // file only

  size_t buffered() const { return drained_ ? 0 : buffer_.size(); }
  // The bytes since the last drain; good until the next call.
  ByteView drain();

 private:
  void make_room();
  void seal();
  void add_to_sum();

  SnapshotForm form_;
  std::string buffer_;
  bool drained_ = false;
  size_t summed_ = 0;  // bytes of buffer_ that are in sum_
  uint32_t sum_ = kAdlerSeed;
  int64_t due_ = 0;  // sessions or acls still announced
};

}  // namespace okapi
