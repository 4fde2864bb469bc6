#include "server/session/session_id.h"

namespace okapi {

SessionId first_session_id(ServerId server, int64_t clock_ms) {
  uint64_t id = (static_cast<uint64_t>(clock_ms) << 24) >> 8;
  id |= static_cast<uint64_t>(server.value()) << 56;
  // Compat: this one value would read as a container's owner.
  if (id == 0x8000000000000000ULL) ++id;
  return SessionId(static_cast<int64_t>(id));
}

SessionPassword password_of(SessionId session) {
  constexpr uint64_t kSuperSecret = 0xB3415C00ULL;
  constexpr uint64_t kMultiplier = 0x5DEECE66DULL;  // java.util.Random
  constexpr uint64_t kMask = (1ULL << 48) - 1;
  uint64_t state = ((static_cast<uint64_t>(session.value()) ^ kSuperSecret) ^ kMultiplier) & kMask;
  SessionPassword out{};
  for (size_t word = 0; word < 4; ++word) {
    state = (state * kMultiplier + 0xB) & kMask;
    auto value = static_cast<uint32_t>(state >> 16);
    for (size_t byte = 0; byte < 4; ++byte) {
      out[word * 4 + byte] = static_cast<char>(value >> (8 * byte));
    }
  }
  return out;
}

bool is_password_of(SessionId session, NullableView given) {
  if (!given.has_value() || given->size() != kPasswordBytes || session.value() == 0) return false;
  SessionPassword right = password_of(session);
  unsigned difference = 0;
  for (size_t i = 0; i < kPasswordBytes; ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(right[i] ^ (*given)[i]));
  }
  return difference == 0;
}

}  // namespace okapi
