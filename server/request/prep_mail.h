// What Prep gets, in one order: requests of clients and what SessionTracker wants ordered.
#pragma once

#include <variant>

#include "server/request/request.h"
#include "server/session/session_tracker.h"

namespace okapi {

using PrepMail = std::variant<RequestPtr, SessionRequest>;

}  // namespace okapi
