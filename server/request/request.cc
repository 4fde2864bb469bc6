#include "server/request/request.h"

#include <cstring>
#include <new>

#include "server/request/multi_request.h"

namespace okapi {

WriteTicket WriteTicket::of(const RequestView& request) {
  WriteTicket out;
  out.session = request.session;
  out.connection = request.connection;
  out.xid = request.xid;
  out.op = request.op;
  out.body_bytes = static_cast<uint32_t>(request.body.size());
  out.local = request.local;
  out.received = request.received;
  if (request.op == OpCode::kMulti) {
    std::vector<OpCode> ops;
    // As many as there are: Prep is the judge of the bound.
    for (const SubRequest& sub : split_multi(request.body, false, request.body.size()).subs) {
      ops.push_back(sub.op);
    }
    out.sub_ops = std::make_shared<const std::vector<OpCode>>(std::move(ops));
  }
  return out;
}

RequestPtr RequestPtr::make(const RequestView& view, Identities identities) {
  void* memory = ::operator new(sizeof(Request) + view.body.size());
  auto* request = new (memory) Request;
  char* body = reinterpret_cast<char*>(request + 1);
  if (!view.body.empty()) std::memcpy(body, view.body.data(), view.body.size());
  request->view_ = view;
  request->view_.body = ByteView(body, view.body.size());
  request->view_.identities = identities.get();
  request->identities_ = std::move(identities);
  RequestPtr out;
  out.request_ = request;
  return out;
}

void RequestPtr::destroy() noexcept {
  request_->~Request();
  ::operator delete(request_);
}

}  // namespace okapi
