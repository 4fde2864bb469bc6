// The stage that listens on the quorum port for one term of a leader, and owns the handlers of the
// learners that come. A stranger costs a handler until too many are silent: then the oldest goes,
// and who has said what it is stays untouched. With it all handlers, connections and listeners go.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/election/election_listener.h"
#include "server/peer/learner_handler.h"

namespace okapi {

struct LearnerAcceptorOptions {
  std::vector<HostPort> addresses{};  // the own quorum addresses
  bool listen_on_all_ips = false;     // quorumListenOnAllIPs
  // Number of the term in this process: links of two terms are never taken for one another.
  uint32_t term = 0;
  // Connections that have not said what they are; past it the oldest goes.
  size_t silent_max = Limits{}.learners_silent_max;
  // All connections; past it the next is refused.
  size_t learners_max = Limits{}.learners_max;
  LearnerHandlerOptions handler{};
};

class LearnerAcceptor final : public Stage {
 public:
  // To be enrolled with poller() (home `LrnAccept:<sid>`), then begun. `quorum_peer` outlives it.
  LearnerAcceptor(const LearnerSources& sources, const LearnerAcceptorOptions& options,
                  Mailbox<LearnerMail>& quorum_peer);
  // After the stage has retired. Ends all links; QuorumPeer is told, if it still reads its mail. It
  // retires and destroys this stage in a turn at its own home: a handler's thread that has borrowed
  // the turn may be the very one that a step of this stage waits for.
  ~LearnerAcceptor() override;
  Poller* poller() { return poller_.get(); }

  Mailbox<HandlerNews> news;    // of the handlers
  Mailbox<NameLookup> lookups;  // of the resolver

  // Once, after the enrolment: it listens.
  void begin(Bell& bell);
  void step(Turn& turn) override;

 private:
  struct Entry {
    std::shared_ptr<LearnerHandler> handler;
    size_t home = 0;
  };
  void take_news();
  void accept_some(uint64_t token, MonoTime now);
  void add(std::unique_ptr<Stream> stream);
  void remove(LinkId link, const std::string& why);

  LearnerSources sources_;
  const LearnerAcceptorOptions options_;
  Mailbox<LearnerMail>& quorum_peer_;
  std::unique_ptr<Poller> poller_;
  ElectionListener listener_;
  std::map<LinkId, Entry> handlers_;
  std::set<LinkId> silent_;  // the oldest first
  std::set<size_t> homes_;   // numbers in use
  uint32_t next_ = 1;
  LogLimiter refused_log_;
  std::vector<HandlerNews> news_inbox_;
  std::vector<NameLookup> lookups_inbox_;
};

}  // namespace okapi
