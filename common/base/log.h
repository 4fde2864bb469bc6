// The log as parts and stages see it: a level, a place, a line. Where lines go is the Env's choice:
// the console (bounded ring, own writer thread, so no stage waits for it) or the simulator's trace.
// Any thread. Bytes from outside go into a message through printable() only.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace okapi {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

class LogSink {
 public:
  virtual ~LogSink() = default;
  // `file` is a source path, `text` one line without its end.
  virtual void write(LogLevel level, std::string_view file, int line, std::string_view text) = 0;
  // Waits until everything written so far is out. Not from a stage.
  virtual void flush() = 0;
};

// A cheap handle on a sink. Copy freely.
class Logger {
 public:
  Logger(LogSink& sink, LogLevel lowest) : sink_(&sink), lowest_(lowest) {}
  bool enabled(LogLevel level) const { return level >= lowest_; }
  void write(LogLevel level, std::string_view file, int line, std::string_view text) const {
    sink_->write(level, file, line, text);
  }
  void flush() const { sink_->flush(); }

 private:
  LogSink* sink_;
  LogLevel lowest_;
};

// Standard output in the reference's layout (admin spec, section 7):
// `2026-11-20 21:48:01,412 [myid:1] - INFO  [main:QuorumPeer@177] - text`. When its ring of lines
// is full the oldest ones are dropped. `myid` is empty for a standalone server.
std::unique_ptr<LogSink> make_console_log(std::string myid);

// Lets one line of a kind through per second and counts the rest (safety section 5).
class LogLimiter {
 public:
  // Whether to write now; if so `suppressed` is how many were held back since the last one.
  bool allow(MonoTime now, int64_t& suppressed);

 private:
  MonoTime next_{};
  int64_t held_ = 0;
};

}  // namespace okapi

#define OKAPI_LOG(logger, level, ...)                                      \
  do {                                                                     \
    if ((logger).enabled(level)) {                                         \
      (logger).write(level, __FILE__, __LINE__, fmt::format(__VA_ARGS__)); \
    }                                                                      \
  } while (false)
#define OKAPI_DEBUG(logger, ...) OKAPI_LOG(logger, ::okapi::LogLevel::kDebug, __VA_ARGS__)
#define OKAPI_INFO(logger, ...) OKAPI_LOG(logger, ::okapi::LogLevel::kInfo, __VA_ARGS__)
#define OKAPI_WARN(logger, ...) OKAPI_LOG(logger, ::okapi::LogLevel::kWarn, __VA_ARGS__)
#define OKAPI_ERROR(logger, ...) OKAPI_LOG(logger, ::okapi::LogLevel::kError, __VA_ARGS__)
