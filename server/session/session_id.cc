#include "server/session/session_id.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>

#include "common/base/assert.h"

namespace okapi {

SessionId first_session_id(ServerId server, int64_t clock_ms) {
  uint64_t id = (static_cast<uint64_t>(clock_ms) << 24) >> 8;
  id |= static_cast<uint64_t>(server.value()) << 56;
  // Compat: this one value would read as a container's owner.
  if (id == 0x8000000000000000ULL) ++id;
  return SessionId(static_cast<int64_t>(id));
}

namespace {

SessionPassword keyed_password(SessionId session, const Secret& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  std::string id = fmt::format("session {:016x}", static_cast<uint64_t>(session.value()));
  ByteView key = secret.reveal();
  const unsigned char* done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(id.data()), id.size(), hash.data(), &size);
  OKAPI_ASSERT(done != nullptr && size >= kPasswordBytes);
  SessionPassword out{};
  std::copy_n(hash.begin(), kPasswordBytes, out.begin());
  return out;
}

}  // namespace

SessionPassword password_of(SessionId session, const Secret& secret) {
  if (!secret.empty()) return keyed_password(session, secret);
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

bool is_password_of(SessionId session, const Secret& secret, NullableView given) {
  if (!given.has_value() || given->size() != kPasswordBytes || session.value() == 0) return false;
  SessionPassword right = password_of(session, secret);
  unsigned difference = 0;
  for (size_t i = 0; i < kPasswordBytes; ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(right[i] ^ (*given)[i]));
  }
  return difference == 0;
}

}  // namespace okapi
