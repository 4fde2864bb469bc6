// Transaction bodies (storage spec section 2) and their coding. Bodies own nothing: paths and data
// are views into the record they were decoded from, or into what the preparer keeps alive.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/proto/acl.h"
#include "server/txn/txn_header.h"

namespace okapi {

// create (1) and create2 (15).
struct CreateTxn {
  ByteView path;
  NullableView data;
  jute::Vector<AclView> acl;
  bool ephemeral = false;
  int32_t parent_cversion = 0;  // parent's stored cversion after this create; -1 = current + 1
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.data, s.acl, s.ephemeral, s.parent_cversion);
  }
};

struct CreateContainerTxn {
  ByteView path;
  NullableView data;
  jute::Vector<AclView> acl;
  int32_t parent_cversion = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.data, s.acl, s.parent_cversion);
  }
};

struct CreateTtlTxn {
  ByteView path;
  NullableView data;
  jute::Vector<AclView> acl;
  int32_t parent_cversion = 0;
  int64_t ttl = 0;  // ms
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.data, s.acl, s.parent_cversion, s.ttl);
  }
};

// delete (2) and deleteContainer (20).
struct DeleteTxn {
  ByteView path;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path);
  }
};

// setData (5) and reconfig (16); `version` is the resulting one.
struct SetDataTxn {
  ByteView path;
  NullableView data;
  int32_t version = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.data, s.version);
  }
};

struct SetAclTxn {
  ByteView path;
  jute::Vector<AclView> acl;
  int32_t version = 0;  // the resulting aversion
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.acl, s.version);
  }
};

struct CheckTxn {
  ByteView path;
  int32_t version = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.version);
  }
};

struct CreateSessionTxn {
  int32_t timeout_ms = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.timeout_ms);
  }
};

// `paths` is null when the record has no body (closeSessionTxn.enabled=false, or a writer before
// 3.6): then the session's ephemerals are what the tree says.
struct CloseSessionTxn {
  jute::Vector<ByteView> paths;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.paths);
  }
};

struct ErrorTxn {
  int32_t err = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.err);
  }
};

struct SubTxn {
  int32_t type = 0;  // an OpCode
  ByteView body;     // the encoded sub-record
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.type, s.body);
  }
};

struct MultiTxn {
  jute::Vector<SubTxn> subs;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.subs);
  }
};

using TxnBody =
    std::variant<CreateTxn, CreateContainerTxn, CreateTtlTxn, DeleteTxn, SetDataTxn, SetAclTxn,
                 CheckTxn, CreateSessionTxn, CloseSessionTxn, ErrorTxn, MultiTxn>;

struct Txn {
  TxnHeader header;
  TxnBody body;
  std::optional<TxnDigest> digest;
};

// Decodes header + body + optional digest: the payload of a log record or a PROPOSAL. `bytes` must
// outlive the result. Errors: an unknown type, a body shorter than its type needs.
Result<Txn> decode_txn(ByteView bytes);
// The same into `out`, whose memory is used again; after an error `out` is unspecified.
Status decode_txn(ByteView bytes, Txn& out);
// Decodes one body of `type` from `in` (also the sub-records of a multi).
Status decode_txn_body(int32_t type, jute::InputArchive& in, TxnBody& out);

}  // namespace okapi
