// Who we are, in the words every operator command uses (admin spec 1.4). Constant.
#pragma once

#include <string_view>

namespace okapi {

// "3.9.5-okapi-<commit>, built on <yyyy-MM-dd HH:mm> UTC": the reference release whose behaviour is
// kept, then our commit and its time.
std::string_view version_text();

}  // namespace okapi
