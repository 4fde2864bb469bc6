#include "tests/sim/sim_scheduler.h"

#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "tests/sim/sim_poller.h"

namespace okapi::sim {

// Rings one stage. Mail posted while the sender's step has unpaid disk calls waits here, in order;
// the same sender cannot step again before it left, so its batches never overtake one another.
class SimScheduler::SimBell final : public Bell {
 public:
  SimBell(SimScheduler& scheduler, uint64_t id) : scheduler_(scheduler), id_(id) {}

  void ring(bool) override { scheduler_.make_ready(id_); }
  void hold(std::function<void()> put) override {
    uint64_t number = next_++;
    held_.emplace(number, std::move(put));
    SimScheduler& scheduler = scheduler_;
    uint64_t id = id_;
    scheduler.world_.at(scheduler.meter_.now(), [&scheduler, id, number] {
      auto slot = scheduler.slots_.find(id);
      if (slot != scheduler.slots_.end()) slot->second.bell->release(number);
    });
  }
  void release(uint64_t number) {
    auto mail = held_.extract(number);
    if (!mail.empty()) mail.mapped()();
  }
  void set_holding(bool hold) { holds_ = hold; }
  // Its stage is gone: mail held for it is lost, and so is the box perhaps.
  void silence() {
    held_.clear();
    holds_ = false;
  }

 private:
  SimScheduler& scheduler_;
  const uint64_t id_;
  uint64_t next_ = 0;
  std::map<uint64_t, std::function<void()>> held_;
};

SimScheduler::SimScheduler(SimWorld& world, CostMeter& meter, const SimClock& clock,
                           std::string node, const SchedulerOptions& options,
                           std::function<void(const SimExit&)> on_exit)
    : world_(world),
      meter_(meter),
      clock_(clock),
      node_(std::move(node)),
      options_(options),
      on_exit_(std::move(on_exit)) {
  meter_.on_first_price([this] { hold_all(true); });
}

SimScheduler::~SimScheduler() { world_.withdraw(*this); }

Bell& SimScheduler::enroll(Stage& stage, const StageOptions& options) {
  OKAPI_ASSERT(!ids_.contains(&stage));
  OKAPI_ASSERT(!options.home.empty() && options.home.size() <= 15);
  uint64_t id = next_id_++;
  Slot& slot = slots_[id];
  slot.stage = &stage;
  slot.options = options;
  slot.bell = std::make_shared<SimBell>(*this, id);
  stage.keep(slot.bell);
  slot.bell->set_holding(meter_.spent() > Nanos(0));
  ids_[&stage] = id;
  if (options.poller != nullptr) static_cast<SimPoller*>(options.poller)->bind(*this, id);
  world_.trace().line(world_.now(), node_, "enroll {} as {}", options.home, id);
  slot.wanted = true;
  free_at(id, slot, meter_.now());
  return *slot.bell;
}

void SimScheduler::retire(Stage& stage) {
  auto found = ids_.find(&stage);
  if (found == ids_.end()) return;  // the node has stopped before
  uint64_t id = found->second;
  OKAPI_ASSERT(running_ != id);
  Slot& slot = slots_.at(id);
  // A step of it that is under way ends first, and the caller waits for that.
  meter_.wait_until(slot.busy_until);
  world_.trace().line(world_.now(), node_, "retire {} {}", slot.options.home, id);
  if (slot.offered) world_.withdraw(*this, id);
  if (slot.options.poller != nullptr) static_cast<SimPoller*>(slot.options.poller)->unbind(id);
  slot.bell->silence();
  ids_.erase(found);
  slots_.erase(id);
}

bool SimScheduler::boot(const std::function<void()>& what) {
  OKAPI_ASSERT(!running_.has_value());
  meter_.reset();
  std::optional<SimExit> exit;
  try {
    what();
  } catch (const SimExit& e) {
    exit = e;
  }
  for (auto& [id, slot] : slots_) free_at(id, slot, meter_.now());
  meter_.reset();
  hold_all(false);
  if (exit.has_value()) on_exit_(*exit);
  return !exit.has_value();
}

void SimScheduler::stop() {
  OKAPI_ASSERT(!running_.has_value());
  world_.withdraw(*this);
  for (auto& [id, slot] : slots_) {
    if (slot.options.poller != nullptr) static_cast<SimPoller*>(slot.options.poller)->unbind(id);
    slot.bell->silence();
  }
  slots_.clear();
  ids_.clear();
  paused_until_ = MonoTime{};
  meter_.reset();
}

bool SimScheduler::has_home(const std::string& home) const {
  for (const auto& [id, slot] : slots_) {
    if (slot.options.home == home) return true;
  }
  return false;
}

void SimScheduler::trace_stages() const {
  for (const auto& [id, slot] : slots_) {
    world_.trace().line(world_.now(), node_, "stage {} {}:{}{}{}{}", id, slot.options.home,
                        slot.wanted ? " wanted" : "", slot.offered ? " offered" : "",
                        slot.busy ? " busy" : "", slot.timer != 0 ? " timer" : "");
  }
}

void SimScheduler::make_ready(uint64_t id) {
  auto found = slots_.find(id);
  if (found == slots_.end()) return;
  found->second.wanted = true;
  offer_if_ready(id, found->second);
}

void SimScheduler::offer_if_ready(uint64_t id, Slot& slot) {
  if (!slot.wanted || slot.offered || slot.busy) return;
  slot.offered = true;
  world_.offer(*this, id);
}

void SimScheduler::free_at(uint64_t id, Slot& slot, MonoTime time) {
  slot.busy = true;
  slot.busy_until = time;
  world_.at(time, [this, id, time] {
    auto found = slots_.find(id);
    if (found == slots_.end() || found->second.busy_until != time) return;
    found->second.busy = false;
    offer_if_ready(id, found->second);
  });
}

Turn SimScheduler::begin_turn(Slot& slot) {
  slot.offered = false;
  slot.wanted = false;
  slot.busy = true;
  slot.timer = 0;
  bool may_borrow = slot.options.lending == Lending::kAnyone ||
                    (slot.options.lending == Lending::kWaiting && lent_);
  bool borrowed = may_borrow && world_.rng().chance(1, 2);
  lent_ = false;
  return Turn(clock_.to_node(world_.now()), borrowed);
}

void SimScheduler::run_turn(uint64_t id) {
  OKAPI_ASSERT(!running_.has_value());
  Slot& slot = slots_.at(id);
  if (world_.now() < paused_until_) {
    slot.offered = false;
    free_at(id, slot, paused_until_);
    return;
  }
  meter_.reset();
  Turn turn = begin_turn(slot);
  world_.trace().turn(world_.now(), node_, slot.options.home, id);
  if (slot.options.poller != nullptr) static_cast<SimPoller*>(slot.options.poller)->gather();
  running_ = id;
  std::optional<SimExit> exit;
  try {
    slot.stage->step(turn);
  } catch (const SimExit& e) {
    exit = e;
  }
  running_.reset();
  if (exit.has_value()) {
    exit_when_paid(id, *exit);
  } else {
    end_turn(id, turn);
  }
  meter_.reset();
  hold_all(false);
}

// The disk calls before the end take their time too; meanwhile the other threads go on.
void SimScheduler::exit_when_paid(uint64_t id, const SimExit& exit) {
  world_.at(meter_.now(), [this, id, exit] {
    if (slots_.contains(id)) on_exit_(exit);
  });
}

void SimScheduler::end_turn(uint64_t id, const Turn& turn) {
  Slot& slot = slots_.at(id);
  lent_ = turn.lends_to_waiting();
  Rng& dice = world_.rng();
  bool spurious = options_.spurious_one_in != 0 && dice.chance(1, options_.spurious_one_in);
  if (turn.wants_again() || spurious) slot.wanted = true;
  auto* poller = static_cast<SimPoller*>(slot.options.poller);
  if (poller != nullptr && poller->anything_ready()) slot.wanted = true;
  if (turn.deadline().has_value()) {
    uint64_t timer = next_timer_++;
    slot.timer = timer;
    world_.at(clock_.to_world(*turn.deadline()), [this, id, timer] {
      auto found = slots_.find(id);
      if (found != slots_.end() && found->second.timer == timer) make_ready(id);
    });
  }
  free_at(id, slot, meter_.now() + step_price());
}

Nanos SimScheduler::step_price() {
  Rng& dice = world_.rng();
  auto span = static_cast<uint64_t>((options_.step_max - options_.step_min).count());
  Nanos price = options_.step_min + Nanos(static_cast<int64_t>(dice.below(span + 1)));
  if (options_.stall_one_in != 0 && dice.chance(1, options_.stall_one_in)) {
    price +=
        Nanos(static_cast<int64_t>(dice.below(static_cast<uint64_t>(options_.stall_max.count()))));
  }
  return price;
}

void SimScheduler::hold_all(bool hold) {
  for (auto& [id, slot] : slots_) slot.bell->set_holding(hold);
}

}  // namespace okapi::sim
