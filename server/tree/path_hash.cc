#include "server/tree/path_hash.h"

#include <cstring>

namespace okapi {
namespace {

constexpr uint64_t kK0 = 0xA0761D6478BD642FULL;
constexpr uint64_t kK1 = 0xE7037ED1A0B428DBULL;

__extension__ using Wide = unsigned __int128;

uint64_t mix(uint64_t a, uint64_t b) {
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t load(const char* from, size_t bytes) {
  uint64_t word = 0;
  std::memcpy(&word, from, bytes);
  return word;
}

}  // namespace

// A multiply-and-fold hash (16 bytes a step) whose every step is keyed: who does not know the seed
// cannot choose paths that meet.
PathHash hash_path(uint64_t seed, ByteView path) {
  const char* at = path.data();
  size_t left = path.size();
  uint64_t state = mix(seed ^ kK0, left ^ kK1);
  for (; left > 16; left -= 16, at += 16) {
    state = mix(load(at, 8) ^ seed ^ kK1, load(at + 8, 8) ^ state);
  }
  uint64_t low = load(at, left < 8 ? left : 8);
  uint64_t high = left > 8 ? load(at + 8, left - 8) : 0;
  state = mix(low ^ seed ^ kK1, high ^ state);
  return PathHash{mix(state ^ kK0, seed ^ kK1)};
}

uint32_t shard_of_session(uint64_t seed, SessionId session) {
  return PathHash{mix(static_cast<uint64_t>(session.value()) ^ kK1, seed ^ kK0)}.shard();
}

}  // namespace okapi
