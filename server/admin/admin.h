// The stage that answers four-letter words: asks the owners of what is to be told by mail
// (Selectors for connections, SessionTracker for deadlines), reads the rest from counters and the
// tree, and mails the text back to the connection's Selector (architecture section 4, ask_owners).
// Its home is its own: it may wait for the disk.
#pragma once

#include <functional>
#include <map>

#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/admin/four_letter_commands.h"
#include "server/admin/status_board.h"
#include "server/database/zk_database.h"
#include "server/request/admin_mail.h"
#include "server/request/commit_worker.h"
#include "server/session/session_tracker.h"
#include "server/watch/watch_tables.h"

namespace okapi {

EnvironmentReport environment_report(const Machine& machine);

class Admin final : public Stage {
 public:
  struct Parts {
    Env& env;
    const ServerConfig& config;
    const ZkDatabase& database;
    const WatchTables& watches;
    const Admission& admission;
    std::vector<const WorkerMetrics*> workers;
    std::vector<const Counter*> connections;        // one gauge per worker
    std::string snapshot_directory, log_directory;  // with version-2, absolute
    std::function<int32_t()> client_port;           // as bound; -1 = none
  };
  explicit Admin(const Parts& parts);

  Mailbox<CommandRequest> commands;
  Mailbox<ClientsAnswer> clients_answers;
  Mailbox<SessionsAnswer> sessions_answers;
  Mailbox<AdminTerm> terms;  // of QuorumPeer
  std::vector<Sink<AskClients>> to_workers;
  std::vector<Sink<CommandReply>> replies;

  StatusBoard board;

  void step(Turn& turn) override;

 private:
  // A command that waits for answers.
  struct Gathering {
    ConnectionId connection;
    FourLetterWord word = FourLetterWord::kRuok;
    uint32_t parts = 0;
    size_t missing = 0;
    // Of `dump`: by the time when they end unless something comes.
    std::map<MonoTime, std::vector<ConnectionSession>> expiring;
    AdminReport report;
  };
  void take(const AdminTermBegins& term);
  void take(const AdminTermEnds& term);
  void begin(const CommandRequest& request);
  void ask(uint64_t ticket, Gathering& gathering);
  void arrived(uint64_t ticket);
  void reply(ConnectionId to, std::string text);
  void fill(Gathering& gathering);
  ServerReport server_report() const;
  ConfReport conf_report();
  // The membership in use, as /zookeeper/config has it; null if the server is alone.
  SharedQuorumConfig membership() const;
  int64_t directory_bytes(const std::string& path);
  void fill_sessions(SessionReport& out, const SessionsAnswer& answer);
  void register_gauges();
  void register_quota_gauges();

  const Parts parts_;
  const FourLetterWhitelist whitelist_;
  // The term's: null while the server does not serve.
  Mailbox<SessionMail>* tracker_ = nullptr;
  AdminTermBegins term_;
  std::map<uint64_t, Gathering> gathering_;
  uint64_t last_ticket_ = 0;
  MonoTime started_;
  std::vector<Registration> registrations_;
  std::vector<AdminTerm> terms_inbox_;
  std::vector<CommandRequest> commands_inbox_;
  std::vector<ClientsAnswer> clients_inbox_;
  std::vector<SessionsAnswer> sessions_inbox_;
};

}  // namespace okapi
