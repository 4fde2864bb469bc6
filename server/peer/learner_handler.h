// The stage that is one connection of a learner: packets both ways between it and QuorumPeer, which
// hosts Leader, and the streams of log or tree that QuorumPeer orders. It waits for the disk, never
// for the network. Until the learner has said what it is, QuorumPeer does not hear of it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/env/env.h"
#include "server/peer/log_stream.h"
#include "server/peer/packet_link.h"
#include "server/peer/port_mail.h"
#include "server/peer/tree_stream.h"

namespace okapi {

struct LearnerHandlerOptions {
  PacketLinkOptions packets{};
  LogSource log{};
  Nanos hello_timeout{};  // initLimit, in ticks
  // Mailed and not dealt with; past it the socket is not read.
  size_t mail_bytes_max = Limits{}.quorum_mail_bytes_max;
  // Of a stream under way, in the outbox: the rest stays where it is.
  size_t stream_bytes_max = Limits{}.quorum_stream_bytes_max;
};

// To LearnerAcceptor.
struct HandlerNews {
  LinkId link;
  bool ended = false;  // else: the learner has said what it is
};

// What a handler reads of the server. The referents outlive it.
struct LearnerSources {
  Env& env;
  const ZkDatabase& database;
  TreeLeases& leases;
};

class LearnerHandler final : public Stage {
 public:
  // To be enrolled with poller() (home `LrnHandler:<n>`), then begun.
  LearnerHandler(const LearnerSources& sources, LinkId id, std::unique_ptr<Stream> stream,
                 const LearnerHandlerOptions& options, Mailbox<LearnerMail>& quorum_peer,
                 Mailbox<HandlerNews>& acceptor);
  ~LearnerHandler() override;
  Poller* poller() { return poller_.get(); }

  Mailbox<HandlerOrder> orders;

  // Once, after the enrolment. `self` is what QuorumPeer gets as its door.
  void begin(Bell& bell, const std::shared_ptr<LearnerHandler>& self);
  void step(Turn& turn) override;
  // From a step, or after the stage has retired. Once is enough.
  void end(const std::string& why);

 private:
  void take_orders();
  void carry_out_waiting();
  void stream_on(Turn& turn);
  Status advance();
  void read(Turn& turn);
  Status hand_on();
  Status greet(const QuorumPacket& packet);
  void write(Turn& turn);
  void set_interest();
  bool streaming() const { return log_ || tree_; }

  LearnerSources sources_;
  const LinkId id_;
  const LearnerHandlerOptions options_;
  std::unique_ptr<Poller> poller_;
  Sink<LearnerMail> mail_;
  Sink<HandlerNews> news_;
  MailAccount account_;
  std::weak_ptr<LearnerHandler> self_;
  std::optional<PacketLink> link_;  // until the end
  std::optional<MonoTime> hello_until_;
  bool greeted_ = false;
  Interest interest_ = Interest::kNone;
  bool reading_ = true;
  std::optional<LogStream> log_;
  std::optional<TreeStream> tree_;
  std::deque<HandlerOrder> waiting_;  // behind the stream
  size_t waiting_bytes_ = 0;
  std::vector<HandlerOrder> inbox_;
};

}  // namespace okapi
