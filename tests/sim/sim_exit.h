// The only exception of the house: Env::fatal throws it, the simulated scheduler catches it at the
// end of the step. Nothing else may catch it.
#pragma once

#include <string>

namespace okapi::sim {

struct SimExit {
  int code = 0;
  std::string why;
};

}  // namespace okapi::sim
