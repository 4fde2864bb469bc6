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
  // Its power goes, and it comes back and serves.
  void restart(int sid);
  // Its power goes when the `nth` such call from now on, on a path that contains `name`, has its
  // effect on the disk. At most one of these at a time for each server.
  void power_off_at(int sid, DiskCall::Kind kind, const std::string& name, int nth = 1);
  // While it is down: the membership that its config file names. (EnsembleShape::config_files)
  void give_config(int sid, const EnsembleShape& shape) {
    put_config_file(node(sid), shape, place(sid));
  }
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
  // One of the super user.
  size_t super_client(int sid);
  // One that a read-only server may serve, too.
  size_t read_only_client(int sid);
  // It leaves its server for this one, with its session.
  void move(size_t client, int sid) { all_.clients().at(client).move(door(sid)); }
  // Its machine goes, with its session.
  void lose_client(size_t client) { all_.clients().lose(client); }
  // Asks and waits for the answer; anew, if the answer to a read was lost with its connection.
  const CallRecord& ask(size_t client, const Call& call);
  // Asks; what became of it is to be looked up.
  size_t send(size_t client, const Call& call) { return all_.clients().at(client).ask(call); }
  const CallRecord& call(size_t client, size_t number);
  bool answered(size_t client, size_t number);
  // Answered, or the connection went first.
  bool ended(size_t client, size_t number);
  // How many events came to it for this path.
  size_t events(size_t client, const std::string& path);

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
  HostPort door(int sid) { return {node(sid).ip(), kClientPort}; }
  static size_t place(int sid) { return static_cast<size_t>(sid) - 1; }
  void check();

  EnsembleWorld all_;
};

Call create(const std::string& path, CreateMode mode = CreateMode::kPersistent);
Call set(const std::string& path, const std::string& data);
Call get(const std::string& path);
Call exists(const std::string& path);
Call sync();
Call remove(const std::string& path);
Call close();
// To change the membership: this server joins or takes up another role, or leaves.
Call joining(const EnsembleShape& shape, int sid, bool observer = false);
Call leaving(int sid);
// The same, and sets a watch.
Call watching(Call read);

// The first id of a server that is none of these.
int other_than(int a, int b = 0);

}  // namespace okapi::sim
