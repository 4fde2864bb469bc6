#include "tests/sim/checkers/committed_order.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>

#include "common/jute/record.h"

namespace okapi::sim {
namespace {

std::optional<int64_t> epoch_in(const CommittedOrder::Member& member, const char* file) {
  auto text = member.disk->content(member.directory + "/" + file);
  if (!text.has_value()) return std::nullopt;
  int64_t epoch = -1;
  std::from_chars(text->data(), text->data() + text->size(), epoch);
  return epoch;
}

}  // namespace

// Records that are known are compared and not decoded again.
Status CommittedOrder::read(const Member& member, std::vector<int64_t>& zxids) {
  auto take = [&](const std::string& file, ByteView payload) -> Status {
    jute::InputArchive in(payload);
    TxnHeader header;
    jute::get(in, header);
    int64_t zxid = header.zxid.value();
    auto wrong = [&](const std::string& what) {
      return Error{ErrorKind::kCorrupt, fmt::format("{}: {} {}", what, member.name, file)};
    };
    zxids.push_back(zxid);
    auto known = seen_.find(zxid);
    if (known != seen_.end()) {
      if (known->second.payload == payload) return {};
      return wrong(fmt::format("INV-A1/A3: {:x} is two transactions", zxid));
    }
    auto txn = decode_logged(payload);
    if (!txn.ok()) return wrong(txn.error().text);
    seen_.emplace(zxid, std::move(*txn));
    return {};
  };
  return read_log_records(*member.disk, member.directory, take);
}

// A snapshot that stands between two records, or behind all, came from a leader: how the log ends
// before it may never have been committed, and the record goes on from its stamp. Where none does,
// what comes before a record is its proposer's history, whoever logged it.
Status CommittedOrder::note_order(const Member& member, const std::vector<int64_t>& zxids) {
  auto snapshots = files_by_zxid(*member.disk, member.directory, "snapshot.");
  for (size_t i = 0; i < zxids.size(); ++i) {
    int64_t before = i == 0 ? 0 : zxids[i - 1];
    if (before >= zxids[i]) {
      return Error{ErrorKind::kCorrupt, fmt::format("INV-C2: {:x} follows {:x} in the log of {}",
                                                    zxids[i], before, member.name)};
    }
    auto snapshot = snapshots.lower_bound(zxids[i]);
    if (snapshot != snapshots.begin()) before = std::max(before, std::prev(snapshot)->first);
    auto [known, fresh] = previous_.try_emplace(zxids[i], before);
    if (fresh || known->second == before) continue;
    return Error{ErrorKind::kCorrupt, fmt::format("INV-A2: before {:x} comes {:x}, but {:x} on {}",
                                                  zxids[i], known->second, before, member.name)};
  }
  return {};
}

Status CommittedOrder::look_into(const Member& member, std::vector<int64_t>& zxids) {
  OKAPI_TRY(read(member, zxids));
  return note_order(member, zxids);
}

std::optional<std::string> CommittedOrder::harvest() {
  for (const Member& member : members_) {
    std::vector<int64_t> unused;
    Status done = look_into(member, unused);
    if (!done.ok()) return done.error().text;
  }
  return std::nullopt;
}

void CommittedOrder::note_committed(Zxid zxid) {
  int64_t& last = committed_[zxid.epoch()];
  last = std::max(last, zxid.value());
}

Result<std::vector<LoggedTxn>> CommittedOrder::finish() {
  std::vector<Zxids> own(members_.size());
  Zxids all;
  for (size_t i = 0; i < members_.size(); ++i) {
    std::vector<int64_t> zxids;
    OKAPI_TRY(look_into(members_[i], zxids));
    own[i].insert(zxids.begin(), zxids.end());
    if (!zxids.empty()) note_committed(Zxid(zxids.back()));
    note_last_snapshot(members_[i]);
  }
  gather(all);
  Wrong wrong = check_holes(all);
  for (size_t i = 0; i < members_.size() && !wrong; ++i) {
    wrong = check_member(members_[i], own[i], all);
    if (!wrong) wrong = check_epoch_files(members_[i], own[i]);
  }
  if (wrong) return Error{ErrorKind::kCorrupt, *wrong};
  std::vector<LoggedTxn> out;
  out.reserve(all.size());
  for (int64_t zxid : all) out.push_back(seen_.at(zxid));
  return out;
}

// On it, or behind it, the member stands now.
void CommittedOrder::note_last_snapshot(const Member& member) {
  auto snapshots = files_by_zxid(*member.disk, member.directory, "snapshot.");
  if (!snapshots.empty() && snapshots.rbegin()->first > 0) {
    note_committed(Zxid(snapshots.rbegin()->first));
  }
}

// Where all members had to take snapshots, no log may have what they hold. A leader proposes in
// order, behind all of its history: what comes before something committed was committed, too.
void CommittedOrder::gather(Zxids& all) const {
  for (const auto& [epoch, last] : committed_) {
    auto begin = seen_.lower_bound(Zxid::make(epoch, 0).value());
    for (auto at = begin; at != seen_.end() && at->first <= last; ++at) {
      int64_t zxid = at->first;
      while (seen_.contains(zxid) && all.insert(zxid).second) {
        auto before = previous_.find(zxid);
        if (before == previous_.end()) break;
        zxid = before->second;
      }
    }
  }
}

std::optional<std::string> CommittedOrder::check_holes(const Zxids& all) const {
  Zxid before;
  for (int64_t value : all) {
    Zxid zxid(value);
    bool follows = zxid.epoch() == before.epoch() ? zxid == before.next() : zxid.counter() == 1;
    if (!follows) {
      return fmt::format("INV-C2/G13: nobody has what comes between {:x} and {:x}", before.value(),
                         value);
    }
    before = zxid;
  }
  return std::nullopt;
}

// What its log lacks must be in a snapshot that ends before the log goes on.
std::optional<std::string> CommittedOrder::check_member(const Member& member, const Zxids& own,
                                                        const Zxids& all) {
  auto snapshots = files_by_zxid(*member.disk, member.directory, "snapshot.");
  std::optional<int64_t> missing;
  auto bridged = [&](std::optional<int64_t> goes_on) {
    auto snapshot = snapshots.lower_bound(*missing);
    return snapshot != snapshots.end() && (!goes_on.has_value() || snapshot->first < *goes_on);
  };
  for (int64_t zxid : all) {
    if (!own.contains(zxid)) {
      missing = zxid;
      continue;
    }
    if (missing.has_value() && !bridged(zxid)) {
      return fmt::format("INV-A2: {} has {:x} but not {:x}", member.name, zxid, *missing);
    }
    missing.reset();
  }
  if (missing.has_value() && !bridged(std::nullopt)) {
    return fmt::format("INV-A2: {} has not {:x}", member.name, *missing);
  }
  return std::nullopt;
}

std::optional<std::string> CommittedOrder::check_epoch_files(const Member& member,
                                                             const Zxids& own) {
  auto accepted = epoch_in(member, "acceptedEpoch");
  auto current = epoch_in(member, "currentEpoch");
  if (!accepted.has_value() && !current.has_value()) return std::nullopt;  // it stands alone
  if (!accepted.has_value() || !current.has_value() || *current > *accepted) {
    return fmt::format("INV-B1: {} has currentEpoch {} and acceptedEpoch {}", member.name,
                       current.value_or(-1), accepted.value_or(-1));
  }
  if (!own.empty() && Zxid(*own.rbegin()).epoch().value() > *current) {
    return fmt::format("INV-B2: {} has logged {:x} in epoch {}", member.name, *own.rbegin(),
                       *current);
  }
  return std::nullopt;
}

}  // namespace okapi::sim
