// Which thread is a stage's home, and whose turn another may take (architecture section 7,
// hand-offs). One table; thread names have at most 15 characters.
#pragma once

#include <string_view>

#include "common/env/scheduler.h"

namespace okapi {

// `stage` is a name of the table; `instance` goes into the thread's name (a port, a number).
StageOptions home_of(std::string_view stage, std::string_view instance);

}  // namespace okapi
