// A simulated client: one stage that drives a ClientSession over the simulated net, makes requests
// from a CallSource, reconnects, closes, vanishes, and writes down all it does and sees.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/core/host_list.h"
#include "tests/sim/checkers/history.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/workload/call_source.h"
#include "tests/sim/workload/wire_tap.h"

namespace okapi::sim {

class SimClient final : public Program, public Stage {
 public:
  // Writes into `history.clients[index]`; both outlive the client.
  SimClient(SimWorld& world, SimEnv& env, const std::vector<HostPort>& servers, size_t index,
            const WorkloadOptions& options, History& history);
  ~SimClient() override;

  void step(Turn& turn) override;

  // Makes this call, too, at one of its next turns; its place among the calls of the history.
  size_t ask(Call call);
  // Leaves its server for this one, at its next turn, and keeps its session.
  void move(const HostPort& server) { moves_to_ = server; }
  // No more new calls and no more own mischief: reads everything once and keeps its connection.
  void finish();
  // All calls have ended, and the final reads are answered.
  bool finished() const;
  size_t calls_made() const { return mine().calls.size(); }

 private:
  enum class Phase { kWork, kFinalReads, kIdle };

  ClientHistory& mine() { return history_.clients[index_]; }
  const ClientHistory& mine() const { return history_.clients[index_]; }
  ConnectionHistory& connection() { return mine().connections.back(); }
  SessionHistory& session_history() { return mine().sessions.back(); }

  void new_session();
  void dial();
  void hang_up(MonoTime now, Millis stay_away);
  void greet(MonoTime now);
  bool greeted() const;
  bool stands();
  bool exchange(MonoTime now);
  void ask_for_turns(Turn& turn);
  bool receive(MonoTime now);
  void take_frame(const TappedFrame& frame);
  void take_connect_response(const TappedFrame& frame);
  void take_reply(const TappedFrame& frame);
  void take_deliveries();
  void make_calls(MonoTime now);
  void make_mischief(MonoTime now);
  void close_session();
  void make(Call call);
  void make_final_reads();
  bool send(MonoTime now);
  Millis up_to(Millis most);

  SimWorld& world_;
  SimEnv& env_;
  const size_t index_;
  const std::string name_;
  const WorkloadOptions options_;
  History& history_;
  CallSource source_;
  HostList servers_;
  Phase phase_ = Phase::kWork;
  std::deque<Call> asked_;  // from outside
  std::optional<HostPort> moves_to_;

  std::unique_ptr<Poller> poller_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<ClientSession> session_;
  WireTap tap_;
  std::map<int32_t, size_t> by_xid_;  // of this session: index of the call
  uint64_t dials_ = 0;
  bool in_history_ = false;  // the connection has a ConnectionHistory
  bool broken_ = false;      // hang up
  std::vector<Rearmed> rearmed_now_;
  MonoTime dial_at_{}, next_call_at_{}, give_up_dial_at_{}, ping_sent_{}, greeted_at_{};
};

}  // namespace okapi::sim
