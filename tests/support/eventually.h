// Patience for real threads.
#pragma once

#include <chrono>
#include <thread>

namespace okapi {

// Whether `holds` became true in time; looked at again and again, so nothing waits longer than it
// must.
template <class F>
bool eventually(F&& holds, std::chrono::seconds patience = std::chrono::seconds(10)) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

}  // namespace okapi
