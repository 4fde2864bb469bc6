// The ensemble's membership at one version: who votes, who observes, what is a quorum
// (peer-protocol spec section 11). Immutable; shared as std::shared_ptr<const QuorumConfig>. Pure,
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "server/config/quorum_groups.h"
#include "server/config/quorum_server.h"

namespace okapi {

// A server.N, group.G, weight.N or version line; both halves trimmed.
struct MemberLine {
  std::string key, value;
  std::string place;  // "zoo.cfg:3: " or "line 3: ", the start of every error
};

// Settings that a server applies to every membership it reads.
struct MembershipRules {
  bool multi_address_enabled = false;
  bool standalone_enabled = true;
};

// True for keys that name the membership (but not for "version").
bool is_member_key(ByteView key);

// The lines of a text in the syntax of the config file; of a key that is there twice the last one
// counts. `source` and the line's number make the place. kCorrupt if an escape is malformed.
Result<std::vector<MemberLine>> read_member_lines(ByteView text, const std::string& source);

class QuorumConfig {
 public:
  // Longest text that is read, from a peer or a file.
  static constexpr size_t kTextBytesMax = 512 * 1024;
  // Most members: each joiner is compared with all of them, on the thread that orders writes.
  static constexpr size_t kMembersMax = 1000;

  // A text as in section 11.4: election messages, NEWLEADER, reconfig transactions. Errors begin
  // with "line N: ": kInvalid for what the reference calls a ConfigException, kCorrupt for its
  // IllegalArgumentException or null pointer (numbers, check_counts(), strangers in groups).
  static Result<QuorumConfig> parse(ByteView text, const MembershipRules& rules);
  // The same of lines that were read elsewhere, each key once; the numbers of voters and observers
  // are not judged.
  static Result<QuorumConfig> from_lines(const std::vector<MemberLine>& lines,
                                         const MembershipRules& rules);
  // A majority configuration.
  QuorumConfig(std::vector<QuorumServer> members, int64_t version);
  QuorumConfig with_version(int64_t version) const;
  // Member `sid` serves clients where its static file says.
  QuorumConfig with_static_client(ServerId sid, const HostPort& client) const;

  // Zxid of the transaction that made it; 0 = never activated.
  int64_t version() const { return version_; }
  const std::map<ServerId, QuorumServer>& members() const { return members_; }
  // Null for a stranger.
  const QuorumServer* find(ServerId sid) const;
  bool is_voter(ServerId sid) const;
  bool is_observer(ServerId sid) const;
  std::vector<ServerId> voters() const;
  // Majorities are counted, groups are weighed.
  bool is_hierarchical() const { return groups_.has_value(); }

  // Whether the voters among `acks` are a quorum.
  bool contains_quorum(const std::set<ServerId>& acks) const;
  // 1 for everybody where majorities count; else as configured, 0 for a stranger.
  int64_t weight(ServerId sid) const;
  // kCorrupt if nobody can vote, or if observers would watch a standalone server.
  Status check_counts(bool standalone_enabled) const;

  // The reference's equals(): same version, or the same members, groups and weights.
  bool same_members(const QuorumConfig& other) const;

  // Section 11.4: a line for each member, groups and weights, and the version without a line end.
  std::string text() const;

 private:
  QuorumConfig() = default;
  std::set<ServerId> voter_set() const;

  int64_t version_ = 0;
  std::map<ServerId, QuorumServer> members_;
  size_t voter_count_ = 0;
  std::optional<QuorumGroups> groups_;
};

using SharedQuorumConfig = std::shared_ptr<const QuorumConfig>;

}  // namespace okapi
