#include "tests/sim/trace.h"

#include <bit>
#include <cstring>

namespace okapi::sim {

void Trace::mix(uint64_t value) { hash_ = std::rotl(hash_ ^ value, 29) * 0xBF58476D1CE4E5B9ULL; }

void Trace::turn(MonoTime at, std::string_view who, std::string_view stage, uint64_t id) {
  mix(static_cast<uint64_t>(at.time_since_epoch().count()));
  mix(id);
  ++events_;
  if (print_ != nullptr) {
    fmt::print(print_, "{:>14.6f} {:<9} turn {}\n", seconds(at), who, stage);
  }
}

void Trace::finish_line() {
  for (size_t at = 0; at < buffer_.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, buffer_.data() + at, std::min<size_t>(8, buffer_.size() - at));
    mix(word);
  }
  ++events_;
  if (print_ != nullptr) fmt::print(print_, "{}\n", buffer_);
  if (tail_.size() == kTailLines) {
    tail_.front().swap(buffer_);
    tail_.push_back(std::move(tail_.front()));
    tail_.pop_front();
  } else {
    tail_.push_back(buffer_);
  }
}

}  // namespace okapi::sim
