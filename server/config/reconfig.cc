#include "server/config/reconfig.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "server/config/java_properties.h"
#include "server/config/java_values.h"
#include "server/config/server_line.h"

namespace okapi {
namespace {

using Members = std::map<ServerId, QuorumServer>;

ReconfigPlan refused(ErrorCode code, std::string why) { return {code, std::move(why), {}}; }

ReconfigPlan refused(const Error& error) {
  return refused(
      error.kind == ErrorKind::kCorrupt ? ErrorCode::kMarshallingError : ErrorCode::kBadArguments,
      error.text);
}

Error invalid(std::string text) { return Error{ErrorKind::kInvalid, std::move(text)}; }

Result<int64_t> number_of(ByteView text) {
  auto number = parse_java_long(text);
  if (number) return *number;
  return Error{ErrorKind::kCorrupt, "For input string: \"" + printable(text) + "\""};
}

// Pieces between `at`, trimmed, empty ones dropped.
std::vector<std::string> pieces(ByteView text, char at) {
  std::vector<std::string> out;
  for (const std::string& piece : java_split(text, at)) {
    ByteView trimmed = java_trim(piece);
    if (!trimmed.empty()) out.emplace_back(trimmed);
  }
  return out;
}

Status remove_leaving(ByteView list, Members& members) {
  for (const std::string& text : pieces(list, ',')) {
    auto sid = number_of(text);
    if (!sid.ok()) return sid.error();
    members.erase(ServerId(*sid));
  }
  return {};
}

// Compat: of what stands before "=" only the number behind the last dot counts.
Result<QuorumServer> joiner_of(ByteView text, const MembershipRules& rules) {
  std::vector<std::string> halves = pieces(text, '=');
  if (halves.size() != 2) return invalid("Wrong format of server string: " + printable(text));
  auto sid = number_of(ByteView(halves[0]).substr(halves[0].rfind('.') + 1));
  if (!sid.ok()) return sid.error();
  auto server =
      parse_server_line("server." + std::to_string(*sid), halves[1], rules.multi_address_enabled);
  if (!server.ok()) return server.error();
  if (!server->client) {
    return invalid("Wrong format of server string - each server should have 3 ports specified: " +
                   printable(text));
  }
  return server;
}

Status add_joining(ByteView list, const MembershipRules& rules, Members& members) {
  for (const std::string& text : pieces(list, ',')) {
    auto joiner = joiner_of(text, rules);
    if (!joiner.ok()) return joiner.error();
    for (const auto& [sid, member] : members) {
      if (sid == joiner->sid) continue;
      if (auto shared = shared_address(*joiner, member)) {
        return invalid(printable(shared->host) + ":" + std::to_string(shared->port) +
                       " of server." + std::to_string(joiner->sid.value()) +
                       " conflicts with server." + std::to_string(sid.value()));
      }
    }
    members.insert_or_assign(joiner->sid, *joiner);
    if (members.size() > QuorumConfig::kMembersMax) {
      return invalid("Reconfig failed - more than " + std::to_string(QuorumConfig::kMembersMax) +
                     " servers");
    }
  }
  return {};
}

Result<QuorumConfig> bulk_change(ByteView new_members, const MembershipRules& rules) {
  std::string text(new_members);
  std::replace(text.begin(), text.end(), ',', '\n');
  return QuorumConfig::parse(text, rules);
}

Result<QuorumConfig> incremental_change(const ReconfigRequest& request,
                                        const QuorumConfig& last_seen,
                                        const MembershipRules& rules) {
  if (last_seen.is_hierarchical()) {
    return invalid(
        "Incremental reconfiguration requested but last configuration seen has a non-majority "
        "quorum system");
  }
  Members members = last_seen.members();
  OKAPI_TRY(remove_leaving(request.leaving_servers.value_or(""), members));
  OKAPI_TRY(add_joining(request.joining_servers.value_or(""), rules, members));
  std::vector<QuorumServer> list;
  for (auto& [sid, member] : members) list.push_back(std::move(member));
  return QuorumConfig(std::move(list), last_seen.version());
}

}  // namespace

ReconfigPlan plan_reconfig(const ReconfigRequest& request, const QuorumConfig& current,
                           const QuorumConfig& last_seen, const MembershipRules& rules, Zxid zxid) {
  if (last_seen.version() != current.version()) {
    return refused(ErrorCode::kReconfigInProgress, "another reconfiguration is under way");
  }
  const int64_t expected = request.current_config_id;
  if (expected != -1 && expected != last_seen.version()) {
    return refused(ErrorCode::kBadVersion,
                   "Reconfiguration from version " + std::to_string(expected) +
                       " failed -- last seen version is " + std::to_string(last_seen.version()));
  }
  auto config = request.new_members ? bulk_change(*request.new_members, rules)
                                    : incremental_change(request, last_seen, rules);
  if (!config.ok()) return refused(config.error());
  const size_t least = rules.standalone_enabled ? 2 : 1;
  if (config->voters().size() < least) {
    return refused(ErrorCode::kBadArguments,
                   "Reconfig failed - new configuration must include at least " +
                       std::to_string(least) + (least == 1 ? " follower" : " followers"));
  }
  // Compat: the reference takes it, and no server ever uses what is older than what it has.
  if (zxid.value() <= last_seen.version()) {
    return refused(ErrorCode::kBadArguments,
                   "Reconfig failed - the configuration in use has a version beyond every zxid");
  }
  ReconfigPlan plan;
  plan.config = config->with_version(zxid.value());
  // Nobody could read it back.
  if (plan.config->text().size() > QuorumConfig::kTextBytesMax) {
    return refused(ErrorCode::kBadArguments, "Reconfig failed - the new configuration is too long");
  }
  return plan;
}

}  // namespace okapi
