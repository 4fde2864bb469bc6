// Names for clang's thread-safety attributes; empty elsewhere.
#pragma once

#if defined(__clang__)
#define OKAPI_TSA(x) __attribute__((x))
#else
#define OKAPI_TSA(x)
#endif

#define CAPABILITY(x) OKAPI_TSA(capability(x))
#define SCOPED_CAPABILITY OKAPI_TSA(scoped_lockable)
#define GUARDED_BY(x) OKAPI_TSA(guarded_by(x))
#define REQUIRES(...) OKAPI_TSA(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) OKAPI_TSA(acquire_capability(__VA_ARGS__))
#define RELEASE(...) OKAPI_TSA(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS OKAPI_TSA(no_thread_safety_analysis)
