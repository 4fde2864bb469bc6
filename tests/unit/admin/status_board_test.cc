#include "server/admin/status_board.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "server/admin/report_text.h"
#include "tests/unit/admin/support.h"

namespace okapi {
namespace {

std::string value_of(const StatusBoard& board, const std::string& name) {
  std::string out;
  for (const auto& [key, value] : board.collect()) {
    if (key == name) out += metric_text(value);
  }
  return out;
}

std::set<std::string> keys_of(const std::string& mntr) {
  std::set<std::string> out;
  std::istringstream lines(mntr);
  for (std::string line; std::getline(lines, line);) out.insert(line.substr(0, line.find('\t')));
  return out;
}

TEST_CASE("an empty board has every fixed key of a standalone reference, and no other") {
  std::set<std::string> ours = keys_of(mntr_text({}, StatusBoard().collect()));
  std::set<std::string> theirs;
  for (const std::string& key : keys_of(transcript("4lw/mntr.txt"))) {
    if (key.find("per_namespace") == std::string::npos) theirs.insert(key);
  }
  CHECK(ours == theirs);
}

TEST_CASE("integers without a point, doubles with one, -1 for sizes before any") {
  StatusBoard board;
  CHECK(value_of(board, "avg_latency") == "0.0");
  CHECK(value_of(board, "connection_drop_probability") == "0.0");
  CHECK(value_of(board, "max_latency") == "0");
  CHECK(value_of(board, "last_client_response_size") == "-1");
  CHECK(value_of(board, "avg_fsynctime") == "0.0");
  CHECK(value_of(board, "p999_updatelatency") == "0");
}

TEST_CASE("a leader's keys appear when it gives values") {
  StatusBoard board;
  CHECK(value_of(board, "learners").empty());
  std::vector<Registration> kept;
  for (const char* name :
       {"quorum_size", "learners", "synced_followers", "synced_non_voting_followers",
        "synced_observers", "pending_syncs", "leader_uptime", "last_proposal_size",
        "max_proposal_size", "min_proposal_size"}) {
    kept.push_back(board.add_gauge(name, [] { return MetricValue(int64_t{3}); }));
  }
  ServerReport server;
  server.mode = "leader";
  server.peer_state = "leading - broadcast";
  std::set<std::string> ours = keys_of(mntr_text(server, board.collect()));
  std::set<std::string> theirs;
  for (const std::string& key : keys_of(transcript("quorum/leader/4lw/mntr.txt"))) {
    bool member = key.find("per_namespace") != std::string::npos ||
                  key.find("learner_handler_qp") != std::string::npos ||
                  key.find("ack_latency") != std::string::npos;
    if (!member || key.find("quorum_ack_latency") != std::string::npos) theirs.insert(key);
  }
  CHECK(ours == theirs);
}

TEST_CASE("counters of several parts add up, and stay when a part goes") {
  StatusBoard board;
  Counter one;
  Counter two;
  one.add(3);
  two.add(4);
  Registration first = board.add_counter("snap_count", one);
  {
    Registration second = board.add_counter("snap_count", two);
    CHECK(value_of(board, "snap_count") == "7");
  }
  CHECK(value_of(board, "snap_count") == "7");
  board.reset();
  CHECK(value_of(board, "snap_count") == "0");
  one.add(5);
  CHECK(value_of(board, "snap_count") == "5");
  CHECK(one.get() == 8);
}

TEST_CASE("summaries of several parts are merged") {
  StatusBoard board;
  Summary one;
  Summary two;
  one.record(5);
  two.record(1);
  two.record(1);
  Registration first = board.add_summary("fsynctime", one);
  Registration second = board.add_summary("fsynctime", two);
  CHECK(value_of(board, "avg_fsynctime") == "2.3333");
  CHECK(value_of(board, "min_fsynctime") == "1");
  CHECK(value_of(board, "max_fsynctime") == "5");
  CHECK(value_of(board, "cnt_fsynctime") == "3");
  CHECK(value_of(board, "sum_fsynctime") == "7");
  board.reset();
  CHECK(value_of(board, "cnt_fsynctime") == "0");
}

TEST_CASE("percentiles") {
  StatusBoard board;
  PercentileSummary latency;
  for (int i = 0; i < 10; ++i) latency.record(i);
  Registration kept = board.add_percentiles("updatelatency", latency);
  CHECK(value_of(board, "p50_updatelatency") == "4");
  CHECK(value_of(board, "cnt_updatelatency") == "10");
}

TEST_CASE("members of sets carry their key where the reference puts it") {
  StatusBoard board;
  Counter errors;
  errors.add(2);
  Summary read;
  read.record(72);
  PercentileSummary ack;
  ack.record(1);
  std::vector<Registration> kept;
  kept.push_back(board.add_counter("quota_exceeded_error_per_namespace", errors, "app"));
  kept.push_back(board.add_summary("read_per_namespace", read, "app"));
  kept.push_back(board.add_percentiles("ack_latency", ack, "2"));
  kept.push_back(board.add_gauge_set("quota_count_limit_per_namespace", [] {
    return std::vector<std::pair<std::string, int64_t>>{{"app", 100}};
  }));
  CHECK(value_of(board, "app_quota_exceeded_error_per_namespace") == "2");
  CHECK(value_of(board, "avg_app_read_per_namespace") == "72.0");
  CHECK(value_of(board, "p50_2_ack_latency") == "1");
  CHECK(value_of(board, "app_quota_count_limit_per_namespace") == "100");
}

TEST_CASE("of gauges under one name the last one counts; a switch without value has no line") {
  StatusBoard board;
  Registration first = board.add_gauge("watch_count", [] { return MetricValue(int64_t{1}); });
  {
    Registration second = board.add_gauge("watch_count", [] { return MetricValue(int64_t{2}); });
    CHECK(value_of(board, "watch_count") == "2");
  }
  CHECK(value_of(board, "watch_count") == "1");
  Registration off = board.add_gauge("okapi_skip_acl", [] { return std::nullopt; });
  CHECK(value_of(board, "okapi_skip_acl").empty());
}

}  // namespace
}  // namespace okapi
