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

// A learner's sync: behind all that Prep had before it, so that these are proposed when
// Leader::sync hears of it.
struct ForwardedSync {
  LinkId link;
  SessionId session;
};
using PrepMail = std::variant<RequestPtr, SessionRequest, ForwardedSync>;

// What Prep makes of it, in the same order.
using Prepared = std::variant<EncodedTxn, ForwardedSync>;

// On a leader: what a learner sent, as mail; nothing if a learner has no business to send it
// (safety X-QUO-08). Its link is the owner that it speaks for.
std::optional<PrepMail> mail_of_learner(LinkId link, const ForwardedRequest& request,
                                        Identities identities, MonoTime now);

// On a learner: the mail as Learner::request takes it. What SessionTracker wants has no identities.
using SendOn = std::function<void(const ForwardedRequest&, const IdentityList&)>;
void send_on(const PrepMail& mail, const SendOn& send);

}  // namespace okapi
