// Request records as clients send them (client-protocol spec 2.1, 3.2). Views into the frame.
// A path that may be null in some op's answer is a NullableView; where null means "cannot be
// decoded" (-5) it is a ByteView.
#pragma once

#include "common/proto/acl.h"

namespace okapi {

struct RequestHeader {
  int32_t xid = 0, type = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.xid, s.type);
  }
};

struct ConnectRequest {
  int32_t protocol_version = 0;
  Zxid last_zxid_seen;
  int32_t timeout_ms = 0;
  SessionId session_id;
  NullableView password;
  // Followed by an optional bool readOnly: see decode_connect_request in server/front/handshake.
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.protocol_version, s.last_zxid_seen, s.timeout_ms, s.session_id, s.password);
  }
};

// create, create2, createContainer.
struct CreateRequest {
  ByteView path;
  NullableView data;
  jute::Vector<AclView> acl;
  int32_t flags = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.data, s.acl, s.flags);
  }
};

struct CreateTtlRequest {
  ByteView path;
  NullableView data;
  jute::Vector<AclView> acl;
  int32_t flags = 0;
  int64_t ttl = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.data, s.acl, s.flags, s.ttl);
  }
};

// delete.
struct DeleteRequest {
  ByteView path;
  int32_t version = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.version);
  }
};

// check. A null path is a bad argument there, not a decode failure.
struct CheckRequest {
  NullableView path;
  int32_t version = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.version);
  }
};

struct SetDataRequest {
  NullableView path, data;
  int32_t version = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.data, s.version);
  }
};

struct SetAclRequest {
  NullableView path;
  jute::Vector<AclView> acl;
  int32_t version = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.acl, s.version);
  }
};

// exists, getData, getChildren, getChildren2.
struct ReadRequest {
  ByteView path;
  bool watch = false;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.watch);
  }
};

// getACL, getAllChildrenNumber, deleteContainer.
struct PathRequest {
  ByteView path;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path);
  }
};

// sync, getEphemerals: null is legal.
struct NullablePathRequest {
  NullableView path;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path);
  }
};

struct ReconfigRequest {
  NullableView joining_servers, leaving_servers, new_members;
  int64_t current_config_id = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.joining_servers, s.leaving_servers, s.new_members, s.current_config_id);
  }
};

// checkWatches, removeWatches (type), addWatch (mode).
struct WatchRequest {
  NullableView path;
  int32_t kind = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.kind);
  }
};

struct SetWatchesRequest {
  int64_t relative_zxid = 0;
  jute::Vector<ByteView> data, exist, child;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.relative_zxid, s.data, s.exist, s.child);
  }
};

struct SetWatches2Request {
  int64_t relative_zxid = 0;
  jute::Vector<ByteView> data, exist, child, persistent, recursive;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.relative_zxid, s.data, s.exist, s.child, s.persistent, s.recursive);
  }
};

struct AuthPacket {
  int32_t type = 0;  // ignored
  NullableView scheme, auth;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.type, s.scheme, s.auth);
  }
};

struct SaslRequest {
  NullableView token;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.token);
  }
};

struct MultiHeader {
  int32_t type = 0;
  bool done = false;
  int32_t err = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.type, s.done, s.err);
  }
};

}  // namespace okapi
