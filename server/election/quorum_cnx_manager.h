// The stage of the election port: accepts and dials, reads who is there, carries messages between
// WorkerSender, WorkerReceiver and the other servers (peer-protocol spec section 1). It parses no
// votes. Nothing that one connection sends, or does not send, delays another: who does not say in
// time who it is, or says what cannot be, loses its connection and no more (X-ELE-01 to 07).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/config/limits.h"
#include "server/election/cnx_link.h"
#include "server/election/cnx_policy.h"
#include "server/election/election_listener.h"

namespace okapi {

struct QuorumCnxOptions {
  ServerId self{};
  ListenOptions listen{};           // the first address goes into our initial message
  Millis connect_timeout{5'000};    // cnxTimeout; look-up and connect have as much each
  Millis handshake_timeout{5'000};  // quorumCnxnTimeoutMs, else tickTime * syncLimit
  bool tcp_keep_alive = false;
  bool multi_address = false;  // the initial message in its newer form
  size_t half_open_max = Limits{}.election_half_open_max;
  size_t receive_backlog_max = Limits{}.election_backlog_max;  // at WorkerReceiver
  size_t accepts_per_turn_max = Limits{}.election_accepts_per_turn_max;
  size_t read_bytes_per_turn_max = Limits{}.election_read_bytes_per_turn_max;
  CnxPolicyOptions policy{};
};

class QuorumCnxManager final : public Stage {
 public:
  // Ready, once enrolled (home `QuorumCnx:<sid>`, with `poller`), as soon as its bell rings.
  QuorumCnxManager(Env& env, Poller& poller, const QuorumCnxOptions& options);
  ~QuorumCnxManager() override;

  Mailbox<OutgoingFrame> outgoing;  // of WorkerSender
  Mailbox<CnxPeers> peers;          // of QuorumPeer; nobody is dialled before the first one
  Mailbox<NameLookup> lookups;      // of the resolver
  Sink<IncomingFrame> incoming;     // to WorkerReceiver
  Sink<ElectionNews> links;         // to QuorumPeer

  // Once, before the first post.
  void attach(Bell& bell);
  void step(Turn& turn) override;

 private:
  struct Entry {
    CnxLink link;
    Interest interest = Interest::kNone;
  };
  struct Lookup {
    DialOrder order;
    MonoTime deadline;
  };

  void take_mail(MonoTime now);
  void take(CnxPeers& newer, MonoTime now);
  void accept_some(uint64_t token, MonoTime now);
  void begin_dials(MonoTime now);
  void connect(const DialOrder& order, const std::vector<std::string>& ips, MonoTime now);
  void on_ready(uint64_t token, MonoTime now);
  void on_dialled(uint64_t token, CnxLink& link, MonoTime now);
  // False if the link is closed now.
  bool on_greeting(uint64_t token, CnxLink& link, MonoTime now);
  // The link is the one for its server from here on.
  void keep(uint64_t token, CnxLink& link);
  void send_waiting(MonoTime now);
  void hand_on(Turn& turn);
  void expire(MonoTime now);
  void sleep(Turn& turn);
  uint64_t add(std::unique_ptr<Stream> stream, CnxLink::Phase phase, MonoTime deadline);
  void set_interest(uint64_t token, Entry& entry);
  void close(uint64_t token, const std::string& why, MonoTime now);

  Env& env_;
  Poller& poller_;
  const QuorumCnxOptions options_;
  std::vector<HostPort> own_;  // where we listen
  ElectionListener listener_;
  CnxPolicy policy_;
  std::map<uint64_t, Entry> links_;  // by token: the oldest first
  std::map<ServerId, uint64_t> up_;  // the link in use with each server
  std::set<uint64_t> greeting_;      // links that have not said who they are
  std::map<uint64_t, Lookup> waiting_lookups_;
  uint64_t next_token_ = ElectionListener::kTokensEnd;
  std::vector<OutgoingFrame> outgoing_inbox_;
  std::vector<CnxPeers> peers_inbox_;
  std::vector<NameLookup> lookups_inbox_;
  LogLimiter closed_log_;
};

}  // namespace okapi
