// What a leader and an observer master do alike for the learners on their links (peer-protocol spec
// 4.6, 5.4, 6.1, 12). Functions over values: any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/proto/quorum_packet.h"
#include "server/zab/effects.h"
#include "server/zab/learner_progress.h"

namespace okapi {

using LearnerLinks = std::map<LinkId, LearnerProgress>;

// Those that are not brought up to date yet.
size_t in_handshake(const LearnerLinks& links);

// FOLLOWERINFO or OBSERVERINFO, into `link`. `config_version`: of the own configuration. Answers
// why the link must end.
std::optional<std::string> take_learner_info(LearnerProgress& link, const QuorumPacket& packet,
                                             int64_t config_version);

// What a learner in broadcast says beside its acks.
using LearnerMessage = std::variant<ForwardToPrep, AskSession, TouchSessions>;
// Nothing: a PING answer that tells of no client. Error: why the link must end.
Result<std::optional<LearnerMessage>> learner_message(LinkId id, const LearnerProgress& link,
                                                      const QuorumPacket& packet);

SharedBytes leader_info_packet(Epoch epoch);
// Of a plan from memory: its opening packet, if that is still due, and its proposals.
std::vector<SharedBytes> packets_of(const SyncPlan& plan);

// Of one that is not from memory: what the handler is to send.
std::variant<StreamLog, StreamSnapshot> stream_of(LinkId id, const SyncPlan& plan);

// How many observers may be brought up to date at once.
struct SyncBounds {
  size_t snap_max = 10;   // leader.maxConcurrentSnapSyncs
  size_t diff_max = 100;  // leader.maxConcurrentDiffSyncs
};
// Whether `link`, of an observer, must come again later.
bool too_many_syncs(const LearnerLinks& links, const LearnerProgress& link, SyncPlan::Kind kind,
                    const SyncBounds& bounds);

}  // namespace okapi
