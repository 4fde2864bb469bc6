// The order in which the reference walks a HashMap of longs: its texts have the lines so. Nobody
// may rely on it, but equal texts are easier to compare. Pure, any thread.
#pragma once

#include <cstdint>
#include <vector>

namespace okapi {

// `keys` ascending and without repeats. Compat: keys that share a slot come ascending here, in the
// order of their insertion there.
std::vector<int64_t> java_hash_order(std::vector<int64_t> keys);

}  // namespace okapi
