// A stage whose steps a test writes, and patience for real threads.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/env/mailbox.h"
#include "common/env/scheduler.h"

namespace okapi {

class ProbeStage final : public Stage {
 public:
  using OnStep = std::function<void(Turn&, std::vector<int>&)>;
  explicit ProbeStage(OnStep on_step) : on_step_(std::move(on_step)) {}

  void enroll(Scheduler& scheduler, const StageOptions& options) {
    bell = &scheduler.enroll(*this, options);
    mail.attach(*bell);
  }
  void step(Turn& turn) override {
    inbox_.clear();
    mail.drain(inbox_);
    on_step_(turn, inbox_);
    steps.fetch_add(1);
  }

  Mailbox<int> mail;
  Bell* bell = nullptr;
  std::atomic<int> steps{0};

 private:
  OnStep on_step_;
  std::vector<int> inbox_;
};

// Whether `holds` became true within ten seconds.
template <class F>
bool eventually(F&& holds) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

}  // namespace okapi
