#include "tests/sim/runs/ensemble.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/base/assert.h"

namespace okapi::sim {

Ensemble::Ensemble(SimWorld& world, SimNet& net, const EnsembleShape& shape)
    : world_(world), net_(net), shape_(shape) {
  std::vector<CommittedOrder::Member> disks;
  for (size_t i = 0; i < shape.members(); ++i) {
    std::string ip = member_ip(i);
    net.names().ips[member_host(shape, i)] = {ip};
    members_.push_back({std::make_unique<SimNode>(world, net, fmt::format("server{}", i + 1), ip),
                        draw_member(world.rng(), shape, i)});
    if (shape.config_files) put_config_file(node(i), shape, i);
    disks.push_back({node(i).name(), &node(i).disk(), "/data/version-2"});
  }
  order_ = std::make_unique<CommittedOrder>(std::move(disks));
}

std::vector<SimNode*> Ensemble::nodes() {
  std::vector<SimNode*> out;
  for (const Member& member : members_) out.push_back(member.node.get());
  return out;
}

std::vector<HostPort> Ensemble::doors() const {
  std::vector<HostPort> out;
  for (const Member& member : members_) out.push_back({member.node->ip(), kClientPort});
  return out;
}

// Who was removed meanwhile comes back as a new one.
void Ensemble::start(size_t i) {
  if (shape_.config_files && !names_itself(node(i), i)) put_config_file(node(i), shape_, i);
  node(i).start(members_[i].settings.factory);
}

void Ensemble::start_those_down() {
  for (size_t i = 0; i < size(); ++i) {
    if (!node(i).running()) start(i);
  }
}

bool Ensemble::leads(size_t i) const {
  SimNode& node = *members_[i].node;
  return is_serving(node) && node.nic().listens(kQuorumPort);
}

std::optional<size_t> Ensemble::leader() const {
  for (size_t i = 0; i < size(); ++i) {
    if (leads(i)) return i;
  }
  return std::nullopt;
}

bool Ensemble::all_serve() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const Member& member) { return is_serving(*member.node); });
}

bool Ensemble::all_equal() const {
  if (!all_serve()) return false;
  Zxid first = state_of(*members_[0].node).last_applied;
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    return state_of(*member.node).last_applied == first;
  });
}

Nanos Ensemble::patience() const {
  return 10 * (shape_.init_limit_ticks + shape_.sync_limit_ticks) * Nanos(shape_.tick);
}

CommittedOrder::Wrong Ensemble::look() {
  for (Member& member : members_) {
    ServerState state = state_of(*member.node);
    if (!state.serving || state.last_applied.counter() == 0) continue;
    order_->note_committed(state.last_applied);
    if (!member.lost.has_value()) member.has_history = true;
    if (member.lost.has_value() && state.last_applied >= *member.lost) member.lost.reset();
  }
  return order_->harvest();
}

bool Ensemble::may_lose_disk(size_t i) const {
  if (members_[i].node->starts() == 0) return false;
  if (!votes(i)) return true;
  size_t lost = 1;
  for (size_t other = 0; other < shape_.voters; ++other) {
    const Member& member = members_[other];
    if (other == i) continue;
    if (member.lost.has_value()) {
      ++lost;
    } else if (!member.has_history) {
      return false;
    }
  }
  return lost <= (shape_.voters - 1) / 2;
}

void Ensemble::lose_disk(size_t i) {
  OKAPI_ASSERT(!node(i).running());
  members_[i].has_history = false;
  members_[i].lost = order_->highest();
  node(i).disk().replace();
  if (shape_.config_files) put_config_file(node(i), shape_, i);
}

CommittedOrder::Wrong Ensemble::check_states(Zxid last, uint64_t digest) const {
  for (const Member& member : members_) {
    ServerState state = state_of(*member.node);
    uint64_t recounted = recounted_digest(*member.node);
    if (state.last_applied == last && state.digest == digest && recounted == digest) continue;
    return fmt::format(
        "INV-D1: {} is at {:x} with digest {:x}, counted anew {:x}; right: {:x}, {:x}",
        member.node->name(), state.last_applied.value(), state.digest, recounted, last.value(),
        digest);
  }
  return std::nullopt;
}

}  // namespace okapi::sim
