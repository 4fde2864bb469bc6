// Assertions on our own logic, never on bytes from outside. Always on, release builds too: a broken
// invariant stops the process at once with a message and a stack.
#pragma once

namespace okapi {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace okapi

#define OKAPI_ASSERT(condition)                        \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::okapi::assertion_failed(#condition, __FILE__, __LINE__))

// For checks that cost more than O(1): on in debug builds only.
#ifdef NDEBUG
#define OKAPI_DASSERT(condition) static_cast<void>(0)
#else
#define OKAPI_DASSERT(condition) OKAPI_ASSERT(condition)
#endif
