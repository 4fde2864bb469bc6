#include "common/base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

using namespace okapi;

namespace {

// What a piece of code prints to standard output.
class Captured {
 public:
  Captured() {
    std::string name = (std::filesystem::temp_directory_path() / "okapi-log-XXXXXX").string();
    fd_ = mkstemp(name.data());
    path_ = name;
    fflush(stdout);
    kept_ = dup(STDOUT_FILENO);
    dup2(fd_, STDOUT_FILENO);
  }
  ~Captured() {
    restore();
    close(fd_);
    unlink(path_.c_str());
  }
  off_t size() const { return lseek(fd_, 0, SEEK_END); }
  std::vector<std::string> lines() {
    restore();
    std::ifstream in(path_);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

 private:
  void restore() {
    if (kept_ < 0) return;
    fflush(stdout);
    dup2(kept_, STDOUT_FILENO);
    close(std::exchange(kept_, -1));
  }
  int fd_, kept_;
  std::string path_;
};

}  // namespace

TEST_CASE("a_console_line_has_the_layout_of_the_reference") {
  Captured captured;
  {
    auto log = make_console_log("3");
    std::thread([&] {
      pthread_setname_np(pthread_self(), "QuorumPeer:3");
      log->write(LogLevel::kInfo, "/src/server/peer/quorum_peer.cc", 177, "some text {}");
      log->write(LogLevel::kError, "role_pipeline.h", 1, "");
    }).join();
    log->flush();
  }
  auto lines = captured.lines();
  REQUIRE(lines.size() == 2);
  std::regex layout(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[myid:3\] - INFO  )"
                    R"(\[QuorumPeer:3:QuorumPeer@177\] - some text \{\})");
  INFO(lines[0]);
  CHECK(std::regex_match(lines[0], layout));
  CHECK(lines[1].find("[myid:3] - ERROR [QuorumPeer:3:RolePipeline@1] - ") != std::string::npos);
}

TEST_CASE("a_standalone_server_logs_an_empty_myid") {
  Captured captured;
  {
    auto log = make_console_log("");
    log->write(LogLevel::kWarn, "a.cc", 1, "x");
    log->flush();
  }
  auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("[myid:] - WARN  [") != std::string::npos);
}

// The last words of a process that ends by fatal() must be out before it goes.
TEST_CASE("after_a_flush_every_line_is_out_in_order") {
  for (int round = 0; round < 200; ++round) {
    Captured captured;
    auto log = make_console_log("1");
    int count = round % 3 + 1;
    for (int i = 0; i < count; ++i) log->write(LogLevel::kInfo, "a.cc", i, "line");
    log->flush();
    off_t size = captured.size();
    log.reset();
    REQUIRE(captured.size() == size);
    auto lines = captured.lines();
    REQUIRE(lines.size() == static_cast<size_t>(count));
    for (size_t i = 0; i < lines.size(); ++i) {
      CHECK(lines[i].find("@" + std::to_string(i) + "]") != std::string::npos);
    }
  }
}

TEST_CASE("a_logger_writes_what_is_at_or_above_its_level_and_formats_nothing_else") {
  struct Sink final : LogSink {
    void write(LogLevel, std::string_view, int, std::string_view text) override {
      lines.emplace_back(text);
    }
    void flush() override {}
    std::vector<std::string> lines;
  } sink;
  Logger log(sink, LogLevel::kInfo);
  int evaluated = 0;
  auto value = [&] { return ++evaluated; };
  OKAPI_DEBUG(log, "{}", value());
  OKAPI_INFO(log, "{}", value());
  OKAPI_ERROR(log, "plain");
  CHECK(evaluated == 1);
  CHECK(sink.lines == std::vector<std::string>{"1", "plain"});
}

TEST_CASE("one_line_of_a_kind_per_second_and_the_rest_is_counted") {
  LogLimiter limiter;
  int64_t suppressed = -1;
  MonoTime begin(std::chrono::hours(1));
  CHECK(limiter.allow(begin, suppressed));
  CHECK(suppressed == 0);
  for (int ms = 1; ms < 1000; ++ms) CHECK_FALSE(limiter.allow(begin + Millis(ms), suppressed));
  CHECK(limiter.allow(begin + Millis(1000), suppressed));
  CHECK(suppressed == 999);
  CHECK(limiter.allow(begin + Millis(5000), suppressed));
  CHECK(suppressed == 0);
}
