// The order in which the reference walks a HashMap of longs: its texts have the lines so. Nobody
// may rely on it, but equal texts are easier to compare. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace okapi {

// `keys` ascending and without repeats. Compat: keys that share a slot come ascending here, in the
// order of their insertion there.
std::vector<int64_t> java_hash_order(std::vector<int64_t> keys);

// Of a java.util.Properties (a ConcurrentHashMap inside): positions in `keys`, which are distinct,
// UTF-8 and in the order in which they were put in.
std::vector<size_t> java_properties_order(const std::vector<std::string>& keys);

}  // namespace okapi
