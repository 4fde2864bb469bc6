#include "server/config/quorum_config.h"

#include <algorithm>
#include <utility>

#include "server/config/java_hash_order.h"
#include "server/config/java_properties.h"
#include "server/config/java_values.h"
#include "server/config/server_line.h"

namespace okapi {
namespace {

Error invalid(std::string text) { return Error{ErrorKind::kInvalid, std::move(text)}; }
Error corrupt(std::string text) { return Error{ErrorKind::kCorrupt, std::move(text)}; }
Error no_number(ByteView text) { return corrupt("For input string: \"" + printable(text) + "\""); }

// Collects what the lines say. Its errors lack the place.
class LineReader {
 public:
  explicit LineReader(const MembershipRules& rules) : rules_(rules) {}

  Status read(const MemberLine& line) {
    if (line.key.starts_with("server.")) return read_server(line);
    if (line.key.starts_with("group")) return read_group(line);
    if (line.key.starts_with("weight")) return read_weight(line);
    if (line.key != "version") return invalid("Unrecognised parameter: " + printable(line.key));
    auto number = parse_java_hex_long(line.value);
    // The reference takes a negative one, and nobody can read the text that it makes of that.
    if (!number || *number < 0) return no_number(line.value);
    version = *number;
    return {};
  }

  std::map<ServerId, QuorumServer> members;
  std::map<ServerId, QuorumGroups::GroupId> group_of;
  std::map<ServerId, int64_t> weights;
  bool hierarchical = false;
  int64_t version = 0;

 private:
  Status read_server(const MemberLine& line) {
    auto server = parse_server_line(line.key, line.value, rules_.multi_address_enabled);
    if (!server.ok()) return server.error();
    ServerId sid = server->sid;
    if (!members.emplace(sid, std::move(*server)).second) return invalid("server named twice");
    return {};
  }

  Status read_group(const MemberLine& line) {
    hierarchical = true;
    auto group = id_of(line.key);
    if (!group.ok()) return group.error();
    if (!seen_groups_.insert(*group).second) return invalid("group named twice");
    for (const std::string& text : java_split(line.value, ':')) {
      auto sid = parse_java_long(text);
      if (!sid) return no_number(text);
      if (!group_of.emplace(ServerId(*sid), *group).second) {
        return invalid("Server " + text + "is in multiple groups");
      }
    }
    return {};
  }

  Status read_weight(const MemberLine& line) {
    hierarchical = true;
    auto sid = id_of(line.key);
    if (!sid.ok()) return sid.error();
    auto weight = parse_java_long(line.value);
    if (!weight) return no_number(line.value);
    if (!weights.emplace(ServerId(*sid), *weight).second) return invalid("weight named twice");
    return {};
  }

  // The number behind the dot of a key.
  static Result<int64_t> id_of(ByteView key) {
    ByteView text = key.substr(key.find('.') + 1);
    auto number = parse_java_long(text);
    if (!number) return no_number(text);
    return *number;
  }

  MembershipRules rules_;
  std::set<int64_t> seen_groups_;
};

}  // namespace

bool is_member_key(ByteView key) {
  return key.starts_with("server.") || key.starts_with("group") || key.starts_with("weight");
}

Result<std::vector<MemberLine>> read_member_lines(ByteView text, const std::string& source) {
  JavaProperties properties = parse_java_properties(text);
  auto place = [&](int line) { return source + std::to_string(line) + ": "; };
  if (properties.malformed_line != 0) {
    return corrupt(place(properties.malformed_line) + "Malformed \\uxxxx encoding.");
  }
  std::vector<MemberLine> lines;
  std::set<std::string> seen;
  for (size_t i = properties.entries.size(); i-- > 0;) {
    const Property& entry = properties.entries[i];
    std::string key(java_trim(entry.key));
    if (!seen.insert(key).second) continue;
    lines.push_back({std::move(key), std::string(java_trim(entry.value)), place(entry.line)});
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

Result<QuorumConfig> QuorumConfig::parse(ByteView text, const MembershipRules& rules) {
  if (text.size() > kTextBytesMax) {
    return invalid("a membership of " + std::to_string(text.size()) + " bytes");
  }
  auto lines = read_member_lines(text, "line ");
  if (!lines.ok()) return lines.error();
  auto config = from_lines(*lines, rules);
  if (!config.ok()) return config.error();
  OKAPI_TRY(config->check_counts(rules.standalone_enabled));
  return config;
}

Result<QuorumConfig> QuorumConfig::from_lines(const std::vector<MemberLine>& lines,
                                              const MembershipRules& rules) {
  LineReader reader(rules);
  for (const MemberLine& line : lines) {
    if (auto read = reader.read(line); !read.ok()) {
      bool unknown = !is_member_key(line.key) && line.key != "version";
      std::string shown = unknown ? "" : printable(line.key) + "=" + printable(line.value) + ": ";
      return Error{read.error().kind, line.place + shown + read.error().text};
    }
  }
  if (reader.members.size() > kMembersMax) {
    return invalid("a membership of " + std::to_string(reader.members.size()) + " servers");
  }
  QuorumConfig out;
  out.version_ = reader.version;
  out.members_ = std::move(reader.members);
  const std::set<ServerId> voters = out.voter_set();
  out.voter_count_ = voters.size();
  if (reader.hierarchical) {
    auto groups = QuorumGroups::make(std::move(reader.group_of), std::move(reader.weights), voters);
    if (!groups.ok()) return groups.error();
    out.groups_ = std::move(*groups);
  }
  return out;
}

QuorumConfig::QuorumConfig(std::vector<QuorumServer> members, int64_t version) : version_(version) {
  for (QuorumServer& member : members) {
    ServerId sid = member.sid;
    bool added = members_.emplace(sid, std::move(member)).second;
    OKAPI_ASSERT(added);
  }
  voter_count_ = voter_set().size();
}

QuorumConfig QuorumConfig::with_version(int64_t version) const {
  QuorumConfig out = *this;
  out.version_ = version;
  return out;
}

QuorumConfig QuorumConfig::with_static_client(ServerId sid, const HostPort& client) const {
  QuorumConfig out = *this;
  auto member = out.members_.find(sid);
  OKAPI_ASSERT(member != out.members_.end());
  member->second.client = client;
  member->second.client_from_static = true;
  return out;
}

const QuorumServer* QuorumConfig::find(ServerId sid) const {
  auto found = members_.find(sid);
  return found == members_.end() ? nullptr : &found->second;
}

bool QuorumConfig::is_voter(ServerId sid) const {
  const QuorumServer* member = find(sid);
  return member != nullptr && !member->observer;
}

bool QuorumConfig::is_observer(ServerId sid) const {
  const QuorumServer* member = find(sid);
  return member != nullptr && member->observer;
}

std::vector<ServerId> QuorumConfig::voters() const {
  const std::set<ServerId> set = voter_set();
  return {set.begin(), set.end()};
}

std::set<ServerId> QuorumConfig::voter_set() const {
  std::set<ServerId> out;
  for (const auto& [sid, member] : members_) {
    if (!member.observer) out.insert(sid);
  }
  return out;
}

bool QuorumConfig::contains_quorum(const std::set<ServerId>& acks) const {
  std::set<ServerId> votes;
  for (ServerId sid : acks) {
    if (is_voter(sid)) votes.insert(sid);
  }
  return groups_ ? groups_->contains_quorum(votes) : votes.size() > voter_count_ / 2;
}

int64_t QuorumConfig::weight(ServerId sid) const { return groups_ ? groups_->weight(sid) : 1; }

Status QuorumConfig::check_counts(bool standalone_enabled) const {
  const bool observers = voter_count_ < members_.size();
  if (voter_count_ == 0) {
    if (!standalone_enabled) {
      return corrupt("standaloneEnabled = false then number of participants should be >0");
    }
    if (observers) return corrupt("Observers w/o participants is an invalid configuration");
  } else if (voter_count_ == 1 && standalone_enabled && observers) {
    return corrupt("Observers w/o quorum is an invalid configuration");
  }
  return {};
}

bool QuorumConfig::same_members(const QuorumConfig& other) const {
  if (is_hierarchical() != other.is_hierarchical()) return false;
  if (version_ == other.version_) return true;
  return members_ == other.members_ && groups_ == other.groups_;
}

std::string QuorumConfig::text() const {
  std::vector<int64_t> sids;
  for (const auto& [sid, member] : members_) sids.push_back(sid.value());
  std::string out;
  for (int64_t sid : java_hash_order(std::move(sids))) {
    out += "server." + std::to_string(sid) + "=" + members_.at(ServerId(sid)).text() + "\n";
  }
  if (groups_) out += groups_->text();
  return out + "version=" + to_java_hex(version_);
}

}  // namespace okapi
