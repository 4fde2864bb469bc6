// Header and digest of a transaction as log and wire carry them (storage spec section 2).
#pragma once

#include <cstdint>

#include "common/base/ids.h"
#include "common/proto/op_code.h"

namespace okapi {

struct TxnHeader {
  SessionId client_id;
  int32_t cxid = 0;
  Zxid zxid;
  int64_t time_ms = 0;  // wall clock, fixed when the request is prepared
  int32_t type = 0;     // an OpCode; the body's kind

  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.client_id, s.cxid, s.zxid, s.time_ms, s.type);
  }
  friend bool operator==(const TxnHeader&, const TxnHeader&) = default;
};
inline constexpr size_t kTxnHeaderBytes = 32;

// Digest of the whole tree after the transaction.
struct TxnDigest {
  int32_t version = 0;
  int64_t tree_digest = 0;

  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.version, s.tree_digest);
  }
  friend bool operator==(const TxnDigest&, const TxnDigest&) = default;
};
inline constexpr size_t kTxnDigestBytes = 12;
inline constexpr int32_t kDigestVersion = 2;

}  // namespace okapi
