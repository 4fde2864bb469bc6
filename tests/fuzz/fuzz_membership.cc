// Any bytes as a membership text, a reconfig request and a config file to rewrite: a configuration
// that reads back as itself, or an error whose text holds no control character.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/assert.h"
#include "server/config/dynamic_files.h"
#include "server/config/java_properties.h"
#include "server/config/quorum_config.h"
#include "server/config/reconfig.h"

namespace okapi {
namespace {

void check_line(const std::string& line) {
  OKAPI_ASSERT(!line.empty());
  for (char c : line) OKAPI_ASSERT(c >= 0x20 && c < 0x7F);
}

// The members go the way of the peers and come back.
void check_config(const QuorumConfig& config, const MembershipRules& rules) {
  const std::vector<ServerId> voters = config.voters();
  OKAPI_ASSERT(!config.contains_quorum({}));
  for (ServerId sid : voters) {
    OKAPI_ASSERT(config.is_voter(sid) && !config.is_observer(sid));
    OKAPI_ASSERT(config.weight(sid) >= 0);
  }
  if (!config.is_hierarchical() && !voters.empty()) {
    OKAPI_ASSERT(config.contains_quorum({voters.begin(), voters.end()}));
  }
  for (const auto& [sid, member] : config.members()) OKAPI_ASSERT(!member.addresses.empty());
  const std::string text = config.text();
  auto again = QuorumConfig::parse(text, rules);
  OKAPI_ASSERT(again.ok());
  OKAPI_ASSERT(again->version() == config.version());
  OKAPI_ASSERT(again->voters() == voters);
  OKAPI_ASSERT(again->text() == text);
  OKAPI_ASSERT(!next_file_text(config).empty());
}

void check_plan(const ReconfigRequest& request, const MembershipRules& rules) {
  auto base = QuorumConfig::parse("server.1=a:1:2;3\nserver.2=b:1:2;3\nserver.5=c:1:2;3", {});
  OKAPI_ASSERT(base.ok());
  ReconfigPlan plan = plan_reconfig(request, *base, *base, rules, Zxid(7));
  OKAPI_ASSERT((plan.error == ErrorCode::kOk) == plan.config.has_value());
  if (!plan.config) return check_line(plan.why);
  OKAPI_ASSERT(QuorumConfig::parse(plan.config->text(), rules).ok());
  OKAPI_ASSERT(plan.config->version() == 7);
  OKAPI_ASSERT(!plan.config->voters().empty());
}

void check_rewrite(ByteView text) {
  auto rewritten = static_file_text(text, "/c/dynamic", true);
  if (!rewritten.ok()) return check_line(rewritten.error().text);
  JavaProperties again = parse_java_properties(*rewritten);
  OKAPI_ASSERT(again.malformed_line == 0);
  OKAPI_ASSERT(!again.entries.empty());
  OKAPI_ASSERT(again.entries.back().key == "dynamicConfigFile");
}

void run(ByteView text) {
  MembershipRules rules;
  if (!text.empty()) {
    rules.multi_address_enabled = (text.front() & 1) != 0;
    rules.standalone_enabled = (text.front() & 2) != 0;
    text.remove_prefix(1);
  }
  auto config = QuorumConfig::parse(text, rules);
  if (config.ok()) {
    check_config(*config, rules);
  } else {
    check_line(config.error().text);
  }
  ReconfigRequest request;
  request.current_config_id = -1;
  request.joining_servers = text;
  check_plan(request, rules);
  request.leaving_servers = text.substr(0, text.find(';'));
  request.joining_servers = std::nullopt;
  check_plan(request, rules);
  request.new_members = text;
  check_plan(request, rules);
  check_rewrite(text);
}

}  // namespace
}  // namespace okapi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  okapi::run(okapi::ByteView(reinterpret_cast<const char*>(data), size));
  return 0;
}
