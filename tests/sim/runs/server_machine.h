// The server of a run: its settings, drawn from the seed, and how it is started. Apart from the
// clients' files, because the client's and the server's words for some things are the same.
#pragma once

#include "tests/sim/sim_node.h"

namespace okapi::sim {

inline constexpr uint16_t kClientPort = 2181;

struct ServerSettings {
  Millis session_timeout_min, session_timeout_max;
  SimNode::Factory factory;
};

// A standalone server with its data in /data.
ServerSettings draw_server(Rng& dice);

}  // namespace okapi::sim
