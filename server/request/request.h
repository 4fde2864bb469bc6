// One request on its way through the pipeline. While it is decoded and run at once it is a
// RequestView on the receive buffer; what must wait or be ordered becomes a ref-counted Request
// that owns its bytes and never changes.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/proto/op_code.h"
#include "server/auth/provider_registry.h"

namespace okapi {

// The identities that a connection had when the request was received.
using Identities = std::shared_ptr<const IdentityList>;

struct RequestView {
  SessionId session;
  ConnectionId connection;  // 0 for requests of the server itself
  int32_t xid = 0;
  OpCode op = OpCode::kPing;
  ByteView body;  // what follows the header
  const IdentityList* identities = nullptr;
  MonoTime received;
};

class RequestRef;

class Request {
 public:
  const RequestView& view() const { return view_; }
  const RequestView* operator->() const { return &view_; }

 private:
  friend class RequestRef;
  Request() = default;

  std::atomic<uint32_t> refs_{1};
  RequestView view_;
  Identities identities_;
  // The body's bytes follow in the same allocation.
};

// Owner of one count of a Request. Any thread.
class RequestRef {
 public:
  RequestRef() = default;
  // Copies the body; keeps the identities.
  static RequestRef make(const RequestView& view, Identities identities);

  RequestRef(const RequestRef& other) noexcept : request_(other.request_) {
    if (request_ != nullptr) request_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  RequestRef(RequestRef&& other) noexcept : request_(std::exchange(other.request_, nullptr)) {}
  RequestRef& operator=(RequestRef other) noexcept {
    std::swap(request_, other.request_);
    return *this;
  }
  ~RequestRef() { release(); }

  explicit operator bool() const { return request_ != nullptr; }
  const RequestView& operator*() const { return request_->view(); }
  const RequestView* operator->() const { return &request_->view(); }

 private:
  void release() noexcept;
  Request* request_ = nullptr;
};

}  // namespace okapi
