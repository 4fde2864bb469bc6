// What happened in a run, one line per event, and a running hash over all of it. Two runs of one
// seed must end with the same hash: whatever differs between them is a hidden input. One thread.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <cstdio>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace okapi::sim {

class Trace {
 public:
  static constexpr size_t kTailLines = 60;

  // Prints every line to `print` if it is not null; the hash does not depend on it.
  explicit Trace(std::FILE* print = nullptr) : print_(print) {}

  template <class... A>
  void line(MonoTime at, std::string_view who, fmt::format_string<A...> format, A&&... args) {
    buffer_.clear();
    auto out = std::back_inserter(buffer_);
    fmt::format_to(out, "{:>14.6f} {:<9} ", seconds(at), who);
    fmt::format_to(out, format, std::forward<A>(args)...);
    finish_line();
  }
  // A stage's turn: frequent, so it is mixed in as a number and written out only when printed.
  void turn(MonoTime at, std::string_view who, std::string_view stage, uint64_t id);

  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  bool printing() const { return print_ != nullptr; }
  // The last lines, for the report of a failure.
  const std::deque<std::string>& tail() const { return tail_; }

 private:
  static double seconds(MonoTime at) {
    return static_cast<double>(at.time_since_epoch().count()) / 1e9;
  }
  void finish_line();
  void mix(uint64_t value);

  std::FILE* print_;
  std::string buffer_;
  std::deque<std::string> tail_;
  uint64_t hash_ = 0x9E3779B97F4A7C15ULL;
  uint64_t events_ = 0;
};

}  // namespace okapi::sim
