#include "server/config/java_hash_order.h"

#include <algorithm>
#include <cstddef>

namespace okapi {

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

}  // namespace okapi
