// A stage whose steps a test writes.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/env/mailbox.h"
#include "common/env/scheduler.h"
#include "tests/support/eventually.h"

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

}  // namespace okapi
