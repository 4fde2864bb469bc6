#include "common/base/log.h"

#include <pthread.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <cctype>
#include <thread>

namespace okapi {
namespace {

// The ring is touched when it is made: a line takes some 400 bytes.
constexpr size_t kRingLines = 512;

// quorum_peer.cc -> QuorumPeer: the reference prints class names, and log parsers know that form.
std::string class_name(std::string_view file) {
  size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  file = file.substr(0, file.find('.'));
  std::string out;
  bool upper = true;
  for (char c : file) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out.push_back(upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
    upper = false;
  }
  return out;
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO ";
    case LogLevel::kWarn:
      return "WARN ";
    case LogLevel::kError:
      return "ERROR";
  }
  return "?";
}

// Standard output, counting the lines that are out.
class CountingSink final : public spdlog::sinks::stdout_sink_mt {
 public:
  void log(const spdlog::details::log_msg& message) override {
    spdlog::sinks::stdout_sink_mt::log(message);
    lines_.fetch_add(1);
  }
  size_t lines() const { return lines_.load(); }

 private:
  std::atomic<size_t> lines_{0};
};

class ConsoleLog final : public LogSink {
 public:
  explicit ConsoleLog(std::string myid) : myid_(std::move(myid)) {
    pool_ = std::make_shared<spdlog::details::thread_pool>(
        kRingLines, 1, [] { pthread_setname_np(pthread_self(), "Log"); });
    sink_ = std::make_shared<CountingSink>();
    logger_ = std::make_shared<spdlog::async_logger>("okapi", sink_, pool_,
                                                     spdlog::async_overflow_policy::overrun_oldest);
    logger_->set_pattern("%Y-%m-%d %H:%M:%S,%e %v");
    logger_->set_level(spdlog::level::trace);
    logger_->flush_on(spdlog::level::trace);
  }

  void write(LogLevel level, std::string_view file, int line, std::string_view text) override {
    std::array<char, 16> thread{};
    pthread_getname_np(pthread_self(), thread.data(), thread.size());
    given_.fetch_add(1);
    logger_->log(spdlog::level::info, "[myid:{}] - {} [{}:{}@{}] - {}", myid_, level_name(level),
                 thread.data(), class_name(file), line, text);
  }

  void flush() override {
    // An empty ring is not enough: the last line is taken out of it before it is written.
    size_t given = given_.load();
    for (int ms = 0; ms < 1000 && sink_->lines() + pool_->overrun_counter() < given; ++ms) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  std::string myid_;
  std::atomic<size_t> given_{0};
  std::shared_ptr<CountingSink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

std::unique_ptr<LogSink> make_console_log(std::string myid) {
  return std::make_unique<ConsoleLog>(std::move(myid));
}

bool LogLimiter::allow(MonoTime now, int64_t& suppressed) {
  if (now < next_) {
    ++held_;
    return false;
  }
  suppressed = held_;
  held_ = 0;
  next_ = now + std::chrono::seconds(1);
  return true;
}

}  // namespace okapi
