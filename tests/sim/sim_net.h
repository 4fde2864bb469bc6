// The simulated network of all hosts: connections of two byte pipes with delay, bounded windows,
// short reads and writes, resets, black holes and blocked directions. Bytes leave a host when the
// step that wrote them is paid; what had not left dies with the host. A host is named by its ip.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/env/net.h"
#include "tests/sim/cost_meter.h"
#include "tests/sim/sim_connection.h"
#include "tests/sim/sim_world.h"

namespace okapi::sim {

class SimListener;
class SimNic;

struct NetOptions {
  Nanos delay_min = Micros(40);
  Nanos delay_max = Micros(400);
  // One in so many segments is late by up to spike_max; 0 = never. Likewise below.
  uint32_t spike_one_in = 2000;
  Nanos spike_max = Millis(40);
  uint32_t short_read_one_in = 50;
  uint32_t short_write_one_in = 50;
  uint32_t reset_one_in = 0;       // a segment is cut at some byte, then both ends are reset
  uint32_t black_hole_one_in = 0;  // from this segment on nothing arrives, either way
  uint32_t accept_error_one_in = 0;
  size_t window_bytes = 64 * 1024;
  Nanos lookup_max = Millis(20);  // a name is answered after up to this
};

// Who has which name; one that is not here does not exist.
struct SimNames {
  std::map<std::string, std::vector<std::string>> ips;
  std::set<std::string> silent;  // of these nothing is ever heard
};

class SimNet {
 public:
  SimNet(SimWorld& world, const NetOptions& options) : world_(world), options_(options) {}
  ~SimNet();

  NetOptions& options() { return options_; }
  SimNames& names() { return names_; }
  SimWorld& world() { return world_; }

  // A host's network card; prices come from the node's meter. The net owns it.
  SimNic& add_host(const std::string& ip, const CostMeter& meter);

  // Nothing passes from one host to the other (one way); it is kept and sent again after healing.
  void block(const std::string& from, const std::string& to);
  void cut(const std::string& a, const std::string& b);  // both ways
  void heal();
  bool blocked(const std::string& from, const std::string& to) const {
    return blocked_.contains({from, to});
  }
  // Cuts a connection of `ip` chosen by dice: resets it, or leaves it half open. False if none.
  bool reset_one(const std::string& ip);
  bool black_hole_one(const std::string& ip);
  // The kernels give up on what was left half open.
  void end_black_holes();

  // The program on `ip` is gone: the kernel closes its sockets. What had not left is dropped.
  void program_killed(const std::string& ip);
  // The power of `ip` is gone: its peers are told nothing until it is up again.
  void power_lost(const std::string& ip);
  void host_up(const std::string& ip);

  size_t connections() const { return connections_.size(); }

 private:
  friend class SimNic;
  friend class SimStream;
  friend class SimListener;
  friend struct Connection;

  Nanos draw_delay();
  void dial(uint64_t id);
  void arrive_at_listener(Connection& c);
  void schedule_pump(Connection& c, int direction);
  void pump(uint64_t id, int direction);
  void deliver(Connection& c, int direction, Segment segment);
  void deliver_bytes(Connection& c, int direction, const std::string& bytes);
  void send_segment(Connection& c, int direction, Segment segment);
  void send_reset(Connection& c, int to_side, MonoTime departs);
  void break_end(Connection& c, int side);
  void close_end(Connection& c, int side, bool reset, MonoTime departs);
  void drop_end(Connection& c, int side, bool silent);
  void forget_if_done(uint64_t id);
  Connection* pick_connection(const std::string& ip);

  SimWorld& world_;
  NetOptions options_;
  SimNames names_;
  std::map<std::string, std::unique_ptr<SimNic>> hosts_;
  std::set<std::string> down_;  // hosts without power
  std::set<std::pair<std::string, std::string>> blocked_;
  std::map<uint64_t, std::shared_ptr<Connection>> connections_;
  uint64_t next_connection_ = 1;
  int next_socket_ = 3;
};

// One host's door to the net.
class SimNic final : public Net {
 public:
  SimNic(SimNet& net, std::string ip, const CostMeter& meter)
      : net_(net), ip_(std::move(ip)), meter_(meter) {}

  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int backlog) override;
  std::unique_ptr<Poller> make_poller(PollerKind kind) override;
  Result<std::unique_ptr<Stream>> connect(const Endpoint& to) override;

  const std::string& ip() const { return ip_; }
  bool listens(uint16_t port) const { return listeners_.contains(port); }

 private:
  friend class SimNet;
  friend class SimListener;
  friend class SimResolver;
  friend class SimStream;

  SimNet& net_;
  const std::string ip_;
  const CostMeter& meter_;
  std::map<uint16_t, SimListener*> listeners_;
  uint16_t next_port_ = 40000;
};

}  // namespace okapi::sim
