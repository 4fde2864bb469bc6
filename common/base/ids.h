// Distinct integer types for the protocol's identifiers, so that one cannot be passed as another.
// Plain values: any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace okapi {

template <class Tag, class Rep>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  Rep value_ = 0;
};

using SessionId = Id<struct SessionIdTag, int64_t>;
using ServerId = Id<struct ServerIdTag, int64_t>;
// Request number that a client chose; any 32-bit value is legal.
using Xid = Id<struct XidTag, int32_t>;
using Epoch = Id<struct EpochTag, int64_t>;

// One connection of a learner to this server, its leader; never used again after it ended. 0 is
// nobody.
using LinkId = Id<struct LinkIdTag, uint64_t>;

// One client connection of this server: which worker has it, in which slot of its table, and how
// often that slot was used before. Elsewhere a connection is this, never a pointer: a stale one
// finds nothing. 0 is nobody.
class ConnectionId {
 public:
  static constexpr uint32_t kSlots = 1U << 24;
  constexpr ConnectionId() = default;
  static constexpr ConnectionId make(uint32_t worker, uint32_t slot, uint32_t generation) {
    return of((uint64_t{worker} << 56) | (uint64_t{slot} << 32) | generation);
  }
  static constexpr ConnectionId of(uint64_t value) {
    ConnectionId out;
    out.value_ = value;
    return out;
  }
  constexpr uint8_t worker() const { return static_cast<uint8_t>(value_ >> 56); }
  constexpr uint32_t slot() const { return static_cast<uint32_t>(value_ >> 32) & (kSlots - 1); }
  constexpr uint32_t generation() const { return static_cast<uint32_t>(value_); }
  constexpr uint64_t value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }
  friend constexpr auto operator<=>(ConnectionId, ConnectionId) = default;

 private:
  uint64_t value_ = 0;
};

// Transaction id: epoch in the upper 32 bits, counter in the lower. Compared as signed 64 bits, as
// the reference does.
class Zxid {
 public:
  constexpr Zxid() = default;
  constexpr explicit Zxid(int64_t value) : value_(value) {}
  static constexpr Zxid make(Epoch epoch, uint32_t counter) {
    return Zxid((epoch.value() << 32) | static_cast<int64_t>(counter));
  }
  constexpr int64_t value() const { return value_; }
  constexpr Epoch epoch() const { return Epoch(value_ >> 32); }
  constexpr uint32_t counter() const { return static_cast<uint32_t>(value_); }
  constexpr Zxid next() const { return Zxid(value_ + 1); }
  friend constexpr auto operator<=>(Zxid, Zxid) = default;

 private:
  int64_t value_ = 0;
};

}  // namespace okapi

template <class Tag, class Rep>
struct std::hash<okapi::Id<Tag, Rep>> {
  size_t operator()(okapi::Id<Tag, Rep> id) const noexcept {
    // Session ids differ in a few middle bits only; spread them over the whole word.
    auto x = static_cast<uint64_t>(id.value()) * 0x9E3779B97F4A7C15ULL;
    return static_cast<size_t>(x ^ (x >> 32));
  }
};

template <>
struct std::hash<okapi::ConnectionId> {
  size_t operator()(okapi::ConnectionId id) const noexcept {
    auto x = id.value() * 0x9E3779B97F4A7C15ULL;
    return static_cast<size_t>(x ^ (x >> 32));
  }
};
