// Mail between the Selectors, who meet the four-letter words, and the Admin stage, who answers
// them; and what both are told of terms of office.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/time.h"
#include "common/env/mailbox.h"
#include "common/env/net.h"
#include "server/request/client_table.h"
#include "server/session/session_mail.h"

namespace okapi {

// A connection sent a known word instead of a handshake.
struct CommandRequest {
  ConnectionId connection;
  std::string word;  // 4 bytes
};
// The whole answer; the connection closes behind it.
struct CommandReply {
  ConnectionId connection;
  std::string text;
};

// One line of `cons` or `stat`.
struct ClientReport {
  Endpoint peer;
  int interest = 0;  // 1 read, 4 write
  SessionId session;
  int32_t timeout_ms = 0;
  int64_t established_ms = 0;  // wall clock
  MonoTime expires;            // if nothing comes or goes until then
  int64_t queued = 0, received = 0, sent = 0;
  int32_t last_xid = -1;
  OpCode last_op = OpCode::kPing;
  bool had_op = false;
  Zxid last_zxid{-1};
  int64_t last_response_ms = 0;  // monotonic
  int64_t last_latency_ms = 0, min_latency_ms = 0, max_latency_ms = 0, average_latency_ms = 0;
};

// What the client's own record says of it; the rest is the connection's.
inline void fill(ClientReport& report, const Client& client) {
  report.session = client.session;
  report.queued = client.outstanding;
  report.received = client.received;
  report.sent = client.replied;
  report.last_xid = client.last_xid;
  report.last_op = client.last_op;
  report.had_op = client.had_op;
  report.last_zxid = client.last_zxid;
  report.last_response_ms = to_ms(client.last_response);
  report.last_latency_ms = client.last_latency_ms;
  report.min_latency_ms = client.min_latency_ms < 0 ? 0 : client.min_latency_ms;
  report.max_latency_ms = client.max_latency_ms;
  if (client.latency_count > 0) {
    report.average_latency_ms = client.latency_sum_ms / client.latency_count;
  }
}

// Admin to every Selector: send me your connections, or reset what you count.
struct AskClients {
  enum class What { kReport, kResetConnections, kResetServer };
  What what = What::kReport;
  uint64_t ticket = 0;
};
struct ClientsAnswer {
  uint64_t ticket = 0;
  std::vector<ClientReport> clients;
};

// --- terms of office, to those who use what a term gives ---

// To QuorumPeer: one of them has let go.
struct TermEnded {};

// Of a leader, in bytes; -1 before any. Any thread reads.
struct ProposalSizes {
  std::atomic<int64_t> last{-1}, min{-1}, max{-1};

  void note(size_t bytes) {
    auto size = static_cast<int64_t>(bytes);
    last.store(size, std::memory_order_relaxed);
    int64_t least = min.load(std::memory_order_relaxed);
    if (least < 0 || size < least) min.store(size, std::memory_order_relaxed);
    if (size > max.load(std::memory_order_relaxed)) max.store(size, std::memory_order_relaxed);
  }
};

// To Admin: a role begins to serve.
struct AdminTermBegins {
  std::string_view mode;                     // as `srvr` prints it
  std::string_view peer_state;               // as `mntr` prints it; empty if the server is alone
  const ProposalSizes* proposals = nullptr;  // of a leader
  Mailbox<SessionMail>* tracker = nullptr;
  bool read_only = false;
  std::optional<ServerId> observer_master = {};  // of an observer: who tells it of commits
};
struct AdminTermEnds {
  Mailbox<TermEnded>* confirm = nullptr;
};
using AdminTerm = std::variant<AdminTermBegins, AdminTermEnds>;

}  // namespace okapi
