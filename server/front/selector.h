// The stage that owns client sockets: reads frames, does the handshake, runs the CommitWorker,
// sends what that produced, one gathered send per connection and turn. Home only: nobody borrows
// its turn. Back-pressure is to stop reading a socket (client-protocol spec 10.1); nothing here
// waits.
#pragma once

#include <map>
#include <optional>

#include "server/front/acceptor.h"
#include "server/front/handshake.h"
#include "server/front/request_throttle.h"
#include "server/request/admin_mail.h"
#include "server/request/term.h"

namespace okapi {

class Selector final : public Stage {
 public:
  // `is_command` knows the four-letter words, which come instead of a handshake.
  Selector(Env& env, const ServerConfig& config, const ProviderRegistry& registry,
           Admission& admission, Poller& poller, uint8_t index, bool (*is_command)(ByteView));
  ~Selector() override;

  Mailbox<Accepted> accepted;
  Mailbox<TermMail> terms;
  Mailbox<CommandReply> command_replies;
  Mailbox<AskClients> asks;
  Sink<AddressFreed> to_acceptor;
  Sink<CommandRequest> to_admin;
  Sink<ClientsAnswer> answers_to_admin;

  // Before anything is posted.
  void attach(Bell& bell);
  void step(Turn& turn) override;

  // Any thread: connections now.
  const Counter& connections() const { return connections_count_; }
  const WorkerMetrics& metrics() const { return metrics_; }
  WorkerMetrics& metrics() { return metrics_; }
  RequestThrottle& throttle() { return throttle_; }

 private:
  static constexpr size_t kReadBytes = 256 * 1024;
  enum class Phase { kNew, kOpening, kOpen, kCommand };
  struct Connection {
    std::unique_ptr<Stream> stream;
    ConnectionId id;
    Phase phase = Phase::kNew;
    std::string input;  // bytes of a frame that is not whole yet, or that must wait
    Interest interest = Interest::kRead;
    bool paused = false;   // by admission, or while its handshake is on its way
    bool stopped = false;  // nothing more is read: closeSession, a command, an error
    bool old_client = false;
    bool touched = false;
    bool refused = false;  // its session or its credentials: somebody may be guessing
    int32_t timeout_ms = 0;
    MonoTime last_io, touched_at;
    int64_t established_ms = 0;
  };

  // Mail.
  void take_mail(Turn& turn);
  void open(Accepted item, MonoTime now);
  void begin_term(const TermBegins& term);
  bool may_end_term() const;
  void end_term();
  void obey(const SessionOrder& order);
  void obey(const AttachResult& order);
  void obey(const CloseConnection& order);
  void obey(const AskTouches& order);
  void answer(const AskClients& ask);

  // Input.
  void read_from(Connection& connection, MonoTime now);
  void parse(Connection& connection, MonoTime now);
  size_t parse_frames(Connection& connection, ByteView bytes, MonoTime now);
  bool may_go_on(const Connection& connection, const Client& client) const;
  void take_first_frame(Connection& connection, Client& client, ByteView frame);
  void take_command(Connection& connection, ByteView word);
  void take_request(Connection& connection, Client& client, ByteView frame, MonoTime now);
  void take_auth(Connection& connection, Client& client, int32_t xid, ByteView body);
  void take_sasl(Connection& connection, Client& client, int32_t xid, ByteView body);
  void established(Client& client, const AttachResult& result);
  void start(Connection& connection, Client& client, const RequestView& request);
  void run_throttled(Turn& turn);
  void resume_paused(MonoTime now);
  bool any_feed_full() const;
  // Whether the term lasts, as far as is known.
  bool is_past_serving(MonoTime now) const;

  // Output.
  void flush_clients();
  void flush(Connection& connection, Client& client);
  void set_interest(Connection& connection, bool write);
  void close(Connection& connection, const char* why);
  // The client went away.
  void lost(Connection& connection);
  void bad_input(Connection& connection, const std::string& what);

  // Timers.
  void send_touches(bool answer);
  void drop_silent(Turn& turn);
  void note_lone(Turn& turn, ConnectionId only, size_t with_requests);

  Connection* find(ConnectionId id);
  // When the connection ends if nothing comes or goes.
  MonoTime silent_until(const Connection& connection) const;

  Env& env_;
  const ServerConfig& config_;
  const ProviderRegistry& registry_;
  Admission& admission_;
  Poller& poller_;
  const uint8_t index_;
  bool (*const is_command_)(ByteView);
  WorkerMetrics metrics_;
  RequestThrottle throttle_;

  // The term's: null while the server does not serve.
  std::unique_ptr<CommitWorker> worker_;
  std::optional<TermEnds> ending_;
  const DataTree* tree_ = nullptr;
  const SessionTable* live_sessions_ = nullptr;
  bool read_only_ = false;
  Sink<SessionMail> to_tracker_;
  std::vector<const WorkerFeed*> feeds_;
  const std::atomic<MonoTime>* serving_until_ = nullptr;
  bool held_ = false;  // in this step nothing more is read

  ClientTable clients_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by slot
  std::vector<ConnectionId> paused_, touched_;
  // When to look whether a connection has gone silent; looked at again when its time comes.
  std::map<MonoTime, std::vector<ConnectionId>> silence_checks_;
  MonoTime touches_due_{};
  MonoTime now_;
  // One read of any connection; pages that no read has filled yet take no memory.
  std::unique_ptr<char[]> buffer_;

  // The lone-connection rule (architecture section 7, hand-offs rule 6).
  ConnectionId last_only_;
  int lone_turns_ = 0;
  size_t with_requests_ = 0;
  ConnectionId requester_;

  LogLimiter bad_input_log_, closed_log_;
  Counter connections_count_;
  std::vector<Accepted> accepted_inbox_;
  std::vector<TermMail> terms_inbox_;
  std::vector<CommandReply> replies_inbox_;
  std::vector<AskClients> asks_inbox_;
};

}  // namespace okapi
