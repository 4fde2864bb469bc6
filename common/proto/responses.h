// Reply records (client-protocol spec 1.4, 2.1, 3.2, 6.5).
#pragma once

#include "common/proto/error_code.h"
#include "common/proto/requests.h"
#include "common/proto/stat.h"

namespace okapi {

struct ReplyHeader {
  int32_t xid = 0;
  Zxid zxid;
  int32_t err = 0;
  static constexpr size_t kBytes = 16;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.xid, s.zxid, s.err);
  }
};

struct ConnectResponse {
  int32_t protocol_version = 0;
  int32_t timeout_ms = 0;
  SessionId session_id;
  ByteView password;
  // Followed by bool readOnly iff the request had the byte.
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.protocol_version, s.timeout_ms, s.session_id, s.password);
  }
};

struct Create2Response {
  ByteView path;
  Stat stat;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path, s.stat);
  }
};

struct GetDataResponse {
  NullableView data;
  Stat stat;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.data, s.stat);
  }
};

struct GetAclResponse {
  jute::Vector<Acl> acl;
  Stat stat;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.acl, s.stat);
  }
};

struct ClientInfo {
  std::string scheme, user;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.scheme, s.user);
  }
};

struct WhoAmIResponse {
  jute::Vector<ClientInfo> clients;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.clients);
  }
};

enum class EventType : int32_t {
  kNodeCreated = 1,
  kNodeDeleted = 2,
  kNodeDataChanged = 3,
  kNodeChildrenChanged = 4,
};

inline constexpr int32_t kSyncConnected = 3;

struct WatcherEvent {
  int32_t type = 0;
  int32_t state = kSyncConnected;
  ByteView path;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.type, s.state, s.path);
  }
};

// Special xids (spec 1.5).
inline constexpr int32_t kNotificationXid = -1;
inline constexpr int32_t kPingXid = -2;
inline constexpr int32_t kAuthXid = -4;
inline constexpr int32_t kSetWatchesXid = -8;

}  // namespace okapi
