#include "client/bench/report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "common/base/assert.h"

namespace okapi::bench {

namespace {

const double* find(const Measures& measures, const std::string& name) {
  for (const Measure& measure : measures) {
    if (measure.name == name) return &measure.value;
  }
  return nullptr;
}

std::string_view name_of(Workload workload) {
  for (const WorkloadName& row : kWorkloads) {
    if (row.workload == workload) return row.name;
  }
  return "";
}

double at_share(const std::vector<double>& sorted, double share) {
  double place = share * static_cast<double>(sorted.size() - 1);
  auto below = static_cast<size_t>(place);
  size_t above = std::min(below + 1, sorted.size() - 1);
  double part = place - static_cast<double>(below);
  return sorted[below] * (1 - part) + sorted[above] * part;
}

std::string number(double value) {
  if (!std::isfinite(value)) return "-";
  if (std::fabs(value) >= 100 || value == std::floor(value)) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

// Text inside a JSON string; names come from the command line.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

std::string json_of(const Measures& measures) {
  std::string out = "{";
  for (const Measure& measure : measures) {
    if (out.size() > 1) out += ", ";
    out += fmt::format("{}: {:.10g}", quoted(measure.name), measure.value);
  }
  return out + "}";
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {at_share(values, 0.5), at_share(values, 0.25), at_share(values, 0.75)};
}

std::vector<double> values_of(const Rounds& rounds, size_t target, const std::string& measure) {
  std::vector<double> out;
  for (const auto& round : rounds) {
    if (const double* value = find(round[target], measure)) out.push_back(*value);
  }
  return out;
}

std::vector<double> ratios_of(const Rounds& rounds, size_t other, const std::string& measure) {
  std::vector<double> out;
  for (const auto& round : rounds) {
    const double* first = find(round[0], measure);
    const double* second = find(round[other], measure);
    if (first != nullptr && second != nullptr && *second != 0) out.push_back(*first / *second);
  }
  return out;
}

std::string as_table(const BenchOptions& options, const Rounds& rounds) {
  OKAPI_ASSERT(!rounds.empty());
  std::string out =
      fmt::format("{}: {} connections, depth {}, {} round(s)\n{:<22}", name_of(options.workload),
                  options.connections, options.depth, rounds.size(), "median");
  for (const Target& target : options.targets) out += fmt::format("{:>16}", target.name);
  for (size_t i = 1; i < options.targets.size(); ++i) {
    out += fmt::format("{:>28}", options.targets[0].name + " / " + options.targets[i].name);
  }
  out += "\n";
  for (const Measure& row : rounds.front().front()) {
    out += fmt::format("{:<22}", row.name);
    for (size_t i = 0; i < options.targets.size(); ++i) {
      out += fmt::format("{:>16}", number(spread_of(values_of(rounds, i, row.name)).median));
    }
    for (size_t i = 1; i < options.targets.size(); ++i) {
      Spread ratio = spread_of(ratios_of(rounds, i, row.name));
      out += fmt::format("{:>28}", fmt::format("{} [{}..{}]", number(ratio.median),
                                               number(ratio.low), number(ratio.high)));
    }
    out += "\n";
  }
  return out;
}

std::string as_json(const BenchOptions& options, const Rounds& rounds) {
  std::string out = fmt::format(
      "{{\"workload\": {}, \"connections\": {}, \"depth\": {}, \"threads\": {}, \"rate\": {}, "
      "\"data_bytes\": {}, \"rounds\": [",
      quoted(name_of(options.workload)), options.connections, options.depth, options.threads,
      options.rate, options.data_bytes);
  for (size_t round = 0; round < rounds.size(); ++round) {
    out += round == 0 ? "\n  {" : ",\n  {";
    for (size_t i = 0; i < options.targets.size(); ++i) {
      out += fmt::format("{}{}: {}", i == 0 ? "" : ", ", quoted(options.targets[i].name),
                         json_of(rounds[round][i]));
    }
    out += "}";
  }
  return out + "\n]}\n";
}

}  // namespace okapi::bench
