#include "tests/sim/runs/run.h"

#include "tests/sim/sim_clock.h"

namespace okapi::sim {

NetOptions draw_net(Rng& dice) {
  NetOptions net;
  if (dice.chance(1, 3)) net.delay_max = Millis(20);
  if (dice.chance(1, 3)) net.short_read_one_in = net.short_write_one_in = 4;
  if (dice.chance(1, 4)) net.window_bytes = 1500;
  return net;
}

void trace_log(SimWorld& world, const std::vector<LoggedTxn>& log) {
  for (const LoggedTxn& txn : log) {
    const TxnHeader& header = txn.header;
    world.trace().line(world.now(), "log", "{:x} session {:x} xid {} type {}{} at {}",
                       header.zxid.value(), header.client_id.value(), header.cxid, header.type,
                       txn.is_error ? " refused" : "", header.time_ms - SimClock::kWallStartMs);
  }
}

void fill_result(RunResult& result, const SimWorld& world) {
  result.failure = world.failure();
  result.hash = world.trace().hash();
  result.events = world.trace().events();
  result.turns = world.turns();
  result.virtual_span = world.elapsed();
  if (!world.failed()) return;
  result.tail.assign(world.trace().tail().begin(), world.trace().tail().end());
}

}  // namespace okapi::sim
