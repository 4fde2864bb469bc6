#include "server/request/prep_mail.h"

#include "common/base/assert.h"
#include "server/txn/txn.h"

namespace okapi {

bool is_forwarded(int32_t op) {
  auto code = op_code_of(op);
  return code.has_value() && (*code == OpCode::kSync || is_write(*code));
}

std::optional<PrepMail> mail_of_learner(LinkId link, const ForwardedRequest& request,
                                        Identities identities, MonoTime now) {
  OKAPI_ASSERT(link != LinkId());
  if (!is_forwarded(request.op)) return std::nullopt;
  RequestView view;
  view.session = request.session;
  view.link = link;
  view.xid = request.cxid;
  view.op = *op_code_of(request.op);
  view.body = request.body;
  view.received = now;
  return RequestPtr::make(view, std::move(identities));
}

void send_on(const PrepMail& mail, const SendOn& send) {
  if (const auto* request = std::get_if<RequestPtr>(&mail)) {
    const RequestView& view = **request;
    send({view.session, view.xid, static_cast<int32_t>(view.op), view.body}, *view.identities);
    return;
  }
  const auto& session = std::get<SessionRequest>(mail);
  OKAPI_ASSERT(session.kind == SessionRequest::Kind::kCreate);
  std::string body = jute::encoded(CreateSessionTxn{session.timeout_ms});
  send({session.session, 0, static_cast<int32_t>(OpCode::kCreateSession), body}, IdentityList());
}

}  // namespace okapi
