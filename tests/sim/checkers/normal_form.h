// Replies whose lists may come in any order, with their names sorted, so that bytes can be
// compared. Pure functions.
#pragma once

#include <string>

#include "tests/sim/checkers/call.h"

namespace okapi::sim {

std::string normal_form(const Call& call, const std::string& body);

}  // namespace okapi::sim
