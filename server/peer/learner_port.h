// A port at which learners come, as a role sees it: the acceptor behind it, their mail, and where
// the orders for each link go. A part of QuorumPeer.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "common/env/mailbox.h"
#include "server/peer/learner_acceptor.h"
#include "server/peer/peer_site.h"

namespace okapi {

class LearnerPort {
 public:
  // Listens. At QuorumPeer's home.
  LearnerPort(const PeerSite& site, Bell& bell, const LearnerAcceptorOptions& options);
  ~LearnerPort() { retire(); }

  Mailbox<LearnerMail> mail;

  // The door of a link: until it is down.
  void open(LinkUp& up);
  void down(LinkId link) { links_.erase(link); }
  // Nothing, if the link is down.
  void order(LinkId link, HandlerOrder what);
  void flush();

  // All links end; mail may still be read. At QuorumPeer's home.
  void retire();

 private:
  struct Link {
    LearnerDoor door;
    Sink<HandlerOrder> orders;
  };

  const PeerSite& site_;
  std::unique_ptr<LearnerAcceptor> acceptor_;
  std::map<LinkId, Link> links_;
};

// From where on the log on disk may be read for learners; nothing if it is of no use for them.
std::optional<Zxid> log_for_learners(const PeerSite& site);

}  // namespace okapi
