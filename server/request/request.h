// One request on its way through the pipeline. While it is decoded and run at once it is a
// RequestView on the receive buffer. What must wait or be prepared becomes a Request that owns its
// bytes and has one owner at a time, who hands it on. What remains of a write while others have it
// is its WriteTicket: enough to recognise its commit and to answer it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/proto/op_code.h"
#include "server/auth/provider_registry.h"
#include "server/session/session_owner.h"

namespace okapi {

// The identities that a connection had when the request was received.
using Identities = std::shared_ptr<const IdentityList>;

// What a request means for a session that only this server knows (client-protocol spec 7.6).
enum class LocalSession : uint8_t {
  kNo,        // it is not such a one
  kStays,     // local
  kUpgrades,  // createSession goes before the request
  kMayNot,    // the request wants that, and it is not allowed
};

struct RequestView {
  SessionId session;
  ConnectionId connection;  // 0 for requests of the server itself and of learners
  LinkId link;              // of the learner that sent it on, 0 if none did
  int32_t xid = 0;
  OpCode op = OpCode::kPing;
  ByteView body;  // what follows the header
  const IdentityList* identities = nullptr;
  MonoTime received;
  LocalSession local = LocalSession::kNo;
  int32_t upgrade_timeout_ms = 0;  // kUpgrades: of the session

  // Nobody: the server itself.
  SessionOwner owner() const { return link != LinkId() ? SessionOwner(link) : connection; }
  // Nobody else has to agree to that: it is no write.
  bool ends_local_session() const {
    return local == LocalSession::kStays && op == OpCode::kCloseSession;
  }
};

struct WriteTicket {
  SessionId session;
  ConnectionId connection;
  int32_t xid = 0;
  OpCode op = OpCode::kPing;
  uint32_t body_bytes = 0;
  LocalSession local = LocalSession::kNo;
  MonoTime received;

  // Of a multi: what each of its operations asked for, which the transaction does not tell (it
  // knows no create2).
  std::shared_ptr<const std::vector<OpCode>> sub_ops;

  static WriteTicket of(const RequestView& request);
};

class RequestPtr;

class Request {
 public:
  const RequestView& view() const { return view_; }
  const RequestView* operator->() const { return &view_; }

 private:
  friend class RequestPtr;
  Request() = default;

  RequestView view_;
  Identities identities_;
  // The body's bytes follow in the same allocation.
};

// The owner of a Request, or null. Moves from thread to thread by mail.
class RequestPtr {
 public:
  RequestPtr() = default;
  // Copies the body; keeps the identities.
  static RequestPtr make(const RequestView& view, Identities identities);
  // Another one like this.
  RequestPtr copy() const { return make(request_->view(), request_->identities_); }

  RequestPtr(RequestPtr&& other) noexcept : request_(std::exchange(other.request_, nullptr)) {}
  RequestPtr& operator=(RequestPtr&& other) noexcept {
    std::swap(request_, other.request_);
    return *this;
  }
  ~RequestPtr() {
    if (request_ != nullptr) destroy();
  }

  explicit operator bool() const { return request_ != nullptr; }
  const RequestView& operator*() const { return request_->view(); }
  const RequestView* operator->() const { return &request_->view(); }

 private:
  void destroy() noexcept;
  Request* request_ = nullptr;
};

}  // namespace okapi
