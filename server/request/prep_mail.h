// What Prep gets, in one order: requests of clients, here or at a learner, and what SessionTracker
// wants ordered. On a learner the same mail goes to QuorumPeer, who sends it to the leader.
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "common/proto/learner_info.h"
#include "server/request/request.h"
#include "server/session/session_mail.h"
#include "server/txn/encoded_txn.h"

namespace okapi {

using PrepMail = std::variant<RequestPtr, SessionRequest>;

// A sync: behind all that Prep had before it, so that these are proposed when Leader::sync hears of
// it.
struct OrderedSync {
  LinkId link;  // of the learner that sent it on; 0 if an own client asked
  SessionId session;
  int32_t cxid = 0;
};
// What Prep makes of its mail, in the same order.
using Prepared = std::variant<EncodedTxn, OrderedSync>;

// Whether a learner has any business to send such a request to its leader.
bool is_forwarded(int32_t op);
// On a leader: what a learner sent, as mail; nothing if it is not is_forwarded() (safety
// X-QUO-08). Its link is the owner that it speaks for.
std::optional<PrepMail> mail_of_learner(LinkId link, const ForwardedRequest& request,
                                        Identities identities, MonoTime now);

// On a learner: the mail as Learner::request takes it. What SessionTracker wants has no identities.
using SendOn = std::function<void(const ForwardedRequest&, const IdentityList&)>;
void send_on(const PrepMail& mail, const SendOn& send);

}  // namespace okapi
