#include "tests/sim/runs/trouble.h"

#include "common/base/assert.h"

namespace okapi::sim {

Trouble::Trouble(SimWorld& world, SimNet& net, std::vector<SimNode*> servers)
    : world_(world), net_(net) {
  for (SimNode* node : servers) servers_.push_back({node});
  // At least three kinds, so that they meet; not all, so that some seeds go deep into a few.
  Rng& dice = world.rng();
  auto all = static_cast<size_t>(Kind::kCount);
  for (size_t i = 0; i < all; ++i) {
    if (dice.chance(2, 5)) kinds_.push_back(static_cast<Kind>(i));
  }
  while (kinds_.size() < 3) kinds_.push_back(static_cast<Kind>(dice.below(all)));
  if (dice.chance(1, 3)) net.options().reset_one_in = 3000;
  if (dice.chance(1, 5)) net.options().black_hole_one_in = 6000;
  if (dice.chance(1, 5)) net.options().accept_error_one_in = 10;
}

const char* Trouble::name_of(Kind kind) {
  static constexpr const char* kNames[] = {
      "kill",  "power off",  "stop",        "reset",     "black hole", "block",    "cut",
      "pause", "sync fails", "write fails", "disk full", "slow disk",  "wall jump"};
  static_assert(std::size(kNames) == static_cast<size_t>(Kind::kCount));
  return kNames[static_cast<size_t>(kind)];
}

const std::string& Trouble::any_client() { return clients_[world_.rng().below(clients_.size())]; }

void Trouble::strike(size_t victim) {
  Kind kind = kinds_[world_.rng().below(kinds_.size())];
  Server& server = servers_[victim];
  SimNode& node = *server.node;
  world_.trace().line(world_.now(), "trouble", "{} {}", name_of(kind), node.name());
  switch (kind) {
    case Kind::kKill:
    case Kind::kPowerOff:
    case Kind::kStop:
      return end_program(kind, node);
    case Kind::kReset:
    case Kind::kBlackHole:
    case Kind::kBlockOneWay:
    case Kind::kCut:
      return hurt_net(kind, node.ip());
    case Kind::kPause:
      return node.pause(Millis(
          static_cast<int64_t>(world_.rng().below(static_cast<uint64_t>(kPauseMax.count())))));
    case Kind::kSyncFails:
    case Kind::kWriteFails:
    case Kind::kDiskFull:
    case Kind::kSlowDisk:
      return hurt_disk(kind, server);
    case Kind::kWallJump: {
      auto hours = static_cast<int64_t>(world_.rng().below(7)) - 3;
      return node.clock().jump_wall(Millis(hours * 3'600'000));
    }
    case Kind::kCount:
      break;
  }
  OKAPI_ASSERT(false);
}

void Trouble::end_program(Kind kind, SimNode& node) {
  if (!node.running()) return;
  ++crashes_;
  if (kind == Kind::kKill) return node.kill();
  if (kind == Kind::kPowerOff) return node.power_off();
  node.stop();
}

void Trouble::hurt_net(Kind kind, const std::string& ip) {
  if (kind == Kind::kReset) {
    net_.reset_one(ip);
  } else if (kind == Kind::kBlackHole) {
    net_.black_hole_one(ip);
  } else if (kind == Kind::kBlockOneWay) {
    const std::string& client = any_client();
    bool up = world_.rng().chance(1, 2);
    net_.block(up ? client : ip, up ? ip : client);
  } else {
    for (const std::string& client : clients_) {
      if (world_.rng().chance(1, 2)) net_.cut(client, ip);
    }
  }
}

void Trouble::hurt_disk(Kind kind, Server& server) {
  DiskFaults& faults = server.node->disk().faults();
  auto rate = static_cast<uint32_t>(1 + world_.rng().below(20));
  server.disk_hurt = server.disk_hurt || kind != Kind::kSlowDisk;
  if (kind == Kind::kSyncFails) faults.sync_eio_one_in = rate;
  if (kind == Kind::kWriteFails) faults.write_eio_one_in = rate;
  if (kind == Kind::kDiskFull) faults.write_no_space_one_in = rate;
  if (kind == Kind::kSlowDisk) faults.slow_sync_one_in = 1 + rate / 4;
}

void Trouble::ease() {
  net_.heal();
  for (Server& server : servers_) server.node->disk().faults() = {};
}

void Trouble::stop() {
  ease();
  net_.end_black_holes();
  NetOptions& options = net_.options();
  options.reset_one_in = options.black_hole_one_in = options.accept_error_one_in = 0;
  world_.trace().line(world_.now(), "trouble", "ends");
}

void Trouble::check_exit(size_t server) {
  Server& its = servers_[server];
  if (const auto& exit = its.node->exit()) {
    ++exits_;
    if (!its.disk_hurt) {
      world_.fail("G16", fmt::format("{} ended without a reason: {} ({})", its.node->name(),
                                     exit->why, exit->code));
    }
  }
  const DiskFaults& faults = its.node->disk().faults();
  its.disk_hurt =
      faults.sync_eio_one_in + faults.write_eio_one_in + faults.write_no_space_one_in > 0;
}

}  // namespace okapi::sim
