// The servers of a run: their settings, drawn from the seed, and how they are started. Apart from
// the clients' files, because the client's and the server's words for some things are the same.
#pragma once

#include <string>
#include <vector>

#include "common/base/ids.h"
#include "tests/sim/sim_node.h"

namespace okapi::sim {

inline constexpr uint16_t kClientPort = 2181;
inline constexpr uint16_t kQuorumPort = 2888;
inline constexpr uint16_t kElectionPort = 3888;
// Name and password of who may do everything.
inline constexpr const char* kSuperUser = "super:sim";

struct ServerSettings {
  Millis session_timeout_min, session_timeout_max;
  SimNode::Factory factory;
};

// A standalone server with its data in /data.
ServerSettings draw_server(Rng& dice);

// What a running server shows to who looks at it from outside, between two steps.
struct ServerState {
  bool serving = false;
  Zxid last_applied{};
  uint64_t digest = 0;  // as kept
};
// Of the program that a factory here made.
ServerState state_of(const SimNode& node);
bool is_serving(const SimNode& node);
// As the nodes of its tree have it.
uint64_t recounted_digest(const SimNode& node);

// What the members of an ensemble have in common.
struct EnsembleShape {
  size_t voters = 3;
  size_t observers = 0;
  Millis tick{500};
  int32_t init_limit_ticks = 10;
  int32_t sync_limit_ticks = 5;
  bool sync_confirms_leadership = false;
  bool members_have_names = false;  // not only addresses
  // Members read the membership from their config files when they start.
  bool config_files = false;
  bool reconfig = false;  // the super user may change it; config_files, too
  bool read_only_mode = false;
  bool local_sessions = false;  // upgraded for their first ephemeral

  size_t members() const { return voters + observers; }
};
EnsembleShape draw_shape(Rng& dice, size_t voters);

// Server `number` (from 0; its id is one more) of the ensemble; observers come last. What need not
// be the same on all is drawn.
ServerSettings draw_member(Rng& dice, const EnsembleShape& shape, size_t number);
// Whether the membership that a server keeps on its disk has it as a member: else it cannot start.
bool names_itself(SimNode& node, size_t number);
// The config file of a member, and what stands beside it, as an operator gives it to a new server:
// with the membership of the beginning.
void put_config_file(SimNode& node, const EnsembleShape& shape, size_t number);
// The server line of a member, in that role.
std::string member_line(const EnsembleShape& shape, size_t number, bool observer);
std::string member_ip(size_t number);
std::string member_host(const EnsembleShape& shape, size_t number);

}  // namespace okapi::sim
