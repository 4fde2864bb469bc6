// How answers to writes are encoded. Pure functions.
#pragma once

#include <string>

#include "server/request/feed_item.h"

namespace okapi {

// Appends the body that follows a successful write's header.
void append_write_body(std::string& out, const WriteReply& reply);

}  // namespace okapi
