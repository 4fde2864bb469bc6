// A story with a few servers and clients, told step by step: who starts, who is cut off, whose
// power goes at which point, and what must hold then. Each ends as the long runs do: healed, read
// on every member and judged. Servers are named by their id, from 1; a broken rule or a wait in
// vain ends the test with the last lines of the trace.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/sim/runs/ensemble_world.h"

namespace okapi::sim {

class Scenario {
 public:
  explicit Scenario(const EnsembleShape& shape = {}, uint64_t seed = 1);

  // --- servers ---
  void start(int sid) { all_.ensemble().start(place(sid)); }
  void start_all() { all_.ensemble().start_those_down(); }
  void kill(int sid) { node(sid).kill(); }
  void power_off(int sid) { node(sid).power_off(); }
  void power_off_all();
  void lose_disk(int sid) { all_.ensemble().lose_disk(place(sid)); }
  SimNode& node(int sid) { return all_.ensemble().node(place(sid)); }
  bool serves(int sid) { return is_serving(node(sid)); }
  Zxid applied(int sid) { return state_of(node(sid)).last_applied; }
  bool leads(int sid) { return all_.ensemble().leads(place(sid)); }
  // Starts all, waits until all serve; who leads.
  int begin();
  // Waits until one of these leads.
  int wait_for_leader(const std::vector<int>& candidates);
  void wait_for(int sid) {
    until("server serves", [&] { return serves(sid); });
  }
  void wait_for_all();

  // --- time ---
  void until(const char* what, const std::function<bool()>& done);
  // Whether it comes true in that time; no failure if not.
  bool within(Nanos span, const std::function<bool()>& done);
  void run_for(Nanos span);
  Nanos patience() { return all_.ensemble().patience(); }

  // --- net ---
  void block(int from, int to) { all_.net().block(node(from).ip(), node(to).ip()); }
  void cut(int a, int b) { all_.net().cut(node(a).ip(), node(b).ip()); }
  // Nothing passes between these and the other servers.
  void cut_off(const std::vector<int>& sids);
  void heal() { all_.net().heal(); }

  // --- clients ---
  // Connected with this server alone, as soon as it serves.
  size_t client(int sid, Millis session_timeout = Millis(8000));
  // Its machine goes, with its session.
  void lose_client(size_t client) { all_.clients().lose(client); }
  // Asks and waits for the answer.
  const CallRecord& ask(size_t client, const Call& call);
  // Asks; what became of it is to be looked up.
  size_t send(size_t client, const Call& call) { return all_.clients().at(client).ask(call); }
  const CallRecord& call(size_t client, size_t number);
  bool answered(size_t client, size_t number);

  // Whether a session knows this node, by a fresh client of that server.
  bool has_node(int sid, const std::string& path);
  // What the server's disk has under /data/version-2 by that name.
  std::string file(int sid, const std::string& name);
  // Files there whose names begin so.
  size_t files(int sid, const std::string& prefix);

  // Heals, starts all, and judges.
  void end();
  EnsembleWorld& all() { return all_; }

 private:
  static size_t place(int sid) { return static_cast<size_t>(sid) - 1; }
  void check();

  EnsembleWorld all_;
};

Call create(const std::string& path, CreateMode mode = CreateMode::kPersistent);
Call set(const std::string& path, const std::string& data);
Call get(const std::string& path);
Call exists(const std::string& path);
Call sync();

}  // namespace okapi::sim
