#include "server/request/request.h"

#include <cstring>
#include <new>

namespace okapi {

RequestRef RequestRef::make(const RequestView& view, Identities identities) {
  void* memory = ::operator new(sizeof(Request) + view.body.size());
  auto* request = new (memory) Request;
  char* body = reinterpret_cast<char*>(request + 1);
  if (!view.body.empty()) std::memcpy(body, view.body.data(), view.body.size());
  request->view_ = view;
  request->view_.body = ByteView(body, view.body.size());
  request->view_.identities = identities.get();
  request->identities_ = std::move(identities);
  RequestRef out;
  out.request_ = request;
  return out;
}

void RequestRef::release() noexcept {
  if (request_ != nullptr && request_->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    request_->~Request();
    ::operator delete(request_);
  }
}

}  // namespace okapi
