#include "client/bench/report.h"

#include <catch2/catch.hpp>

using namespace okapi::bench;

namespace {

BenchOptions two_targets() {
  BenchOptions options;
  options.targets = {{"ours", "a:1", std::nullopt}, {"say \"hi\"", "b:1", std::nullopt}};
  return options;
}

}  // namespace

TEST_CASE("ratio_is_taken_within_each_round_before_the_median") {
  // The machine slows down from round to round; the ratio does not.
  Rounds rounds = {{{{"ops_per_s", 100}}, {{"ops_per_s", 50}}},
                   {{{"ops_per_s", 10}}, {{"ops_per_s", 5}}},
                   {{{"ops_per_s", 60}}, {{"ops_per_s", 30}}}};
  Spread ratio = spread_of(ratios_of(rounds, 1, "ops_per_s"));
  CHECK(ratio.median == 2);
  CHECK(ratio.low == 2);
  CHECK(ratio.high == 2);
  CHECK(spread_of(values_of(rounds, 0, "ops_per_s")).median == 60);
}

TEST_CASE("measure_that_a_round_lacks_is_left_out") {
  Rounds rounds = {{{{"cpu_s", 2}}, {}}, {{{"cpu_s", 4}}, {{"cpu_s", 1}}}};
  CHECK(ratios_of(rounds, 1, "cpu_s") == std::vector<double>{4});
  CHECK(values_of(rounds, 1, "cpu_s") == std::vector<double>{1});
  CHECK(spread_of({}).median == 0);
}

TEST_CASE("median_of_an_even_number_lies_between") { CHECK(spread_of({4, 1, 3, 2}).median == 2.5); }

TEST_CASE("json_carries_every_round_under_escaped_names") {
  Rounds rounds = {{{{"p50_us", 1.5}}, {{"p50_us", 3}}}};
  std::string json = as_json(two_targets(), rounds);
  CHECK(json.find(R"({"ours": {"p50_us": 1.5}, "say \"hi\"": {"p50_us": 3}})") !=
        std::string::npos);
}

TEST_CASE("table_names_targets_and_ratios") {
  Rounds rounds = {{{{"p50_us", 1}}, {{"p50_us", 4}}}};
  std::string table = as_table(two_targets(), rounds);
  CHECK(table.find("ours / say") != std::string::npos);
  CHECK(table.find("0.25 [0.25..0.25]") != std::string::npos);
}
