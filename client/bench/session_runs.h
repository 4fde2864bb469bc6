// Runs about sessions rather than requests, on the caller's thread.
#pragma once

#include "client/bench/measures.h"

namespace okapi::bench {

// All connections dial at the same moment, --operations times (10 when 0); latency is from that
// moment to each session's handshake.
Result<Measures> run_handshakes(const BenchOptions& options, const Target& target);
// Each connection dials, opens a session, closes it, and again; latency is from dial to handshake.
Result<Measures> run_connect(const BenchOptions& options, const Target& target);
// Opens the sessions and lets them ping for --seconds: memory per session, CPU share of the server.
Result<Measures> run_idle(const BenchOptions& options, const Target& target);

}  // namespace okapi::bench
