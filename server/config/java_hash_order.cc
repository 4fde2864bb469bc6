#include "server/config/java_hash_order.h"

#include <algorithm>
#include <utility>

#include "server/config/java_values.h"

namespace okapi {
namespace {

// String.hashCode.
uint32_t string_hash(ByteView utf8) {
  uint32_t hash = 0;
  for (char16_t unit : to_utf16(utf8)) hash = hash * 31 + unit;
  return hash;
}

// Entries of one slot, first to last. Long slots, which the reference turns into trees, keep their
// order there too.
using Slot = std::vector<size_t>;

// ConcurrentHashMap.transfer of one slot: the last run that goes to one side keeps its order, what
// lies before it is turned round.
void split(const Slot& from, const std::vector<uint32_t>& hashes, uint32_t bit, Slot& low,
           Slot& high) {
  auto goes_high = [&](size_t entry) { return (hashes[entry] & bit) != 0; };
  size_t run = from.size();
  while (run > 0 && goes_high(from[run - 1]) == goes_high(from.back())) --run;
  for (size_t i = run; i-- > 0;) (goes_high(from[i]) ? high : low).push_back(from[i]);
  for (size_t i = run; i < from.size(); ++i) (goes_high(from[i]) ? high : low).push_back(from[i]);
}

}  // namespace

std::vector<int64_t> java_hash_order(std::vector<int64_t> keys) {
  size_t slots = 16;
  while (keys.size() > slots / 4 * 3) slots *= 2;
  auto slot = [slots](int64_t key) {
    auto bits = static_cast<uint64_t>(key);
    auto hash = static_cast<uint32_t>(bits ^ (bits >> 32));  // Long.hashCode
    return (hash ^ (hash >> 16)) & (slots - 1);              // HashMap's spreading
  };
  std::stable_sort(keys.begin(), keys.end(),
                   [&](int64_t a, int64_t b) { return slot(a) < slot(b); });
  return keys;
}

std::vector<size_t> java_properties_order(const std::vector<std::string>& keys) {
  std::vector<uint32_t> hashes;
  std::vector<Slot> slots(16);
  for (size_t entry = 0; entry < keys.size(); ++entry) {
    const uint32_t hash = string_hash(keys[entry]);
    hashes.push_back(hash ^ (hash >> 16));
    slots[hashes.back() & (slots.size() - 1)].push_back(entry);
    if (entry + 1 < slots.size() / 4 * 3) continue;
    std::vector<Slot> wider(slots.size() * 2);
    for (size_t i = 0; i < slots.size(); ++i) {
      split(slots[i], hashes, static_cast<uint32_t>(slots.size()), wider[i],
            wider[i + slots.size()]);
    }
    slots = std::move(wider);
  }
  std::vector<size_t> out;
  for (const Slot& slot : slots) out.insert(out.end(), slot.begin(), slot.end());
  return out;
}

}  // namespace okapi
