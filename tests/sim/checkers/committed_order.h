// What an ensemble agreed on, read from its members' disks: the checkers' truth about what happened
// and in which order. During a run it gathers every record that any log ever held; when all is
// healed it puts the members' logs together and checks
//   INV-A1 INV-A3  one zxid, one transaction: no two leaders propose in one epoch
//   INV-A2 INV-A10 every member has the whole history, by log or by a snapshot of its leader
//   INV-C2 G13     no holes in an epoch
//   INV-B1 INV-B2  the epoch files agree with one another and with the log
// What a minority logged and lost again does not count. One thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/checkers/log_order.h"

namespace okapi::sim {

class CommittedOrder {
 public:
  using Wrong = std::optional<std::string>;
  struct Member {
    std::string name;
    const SimDisk* disk;
    std::string directory;  // "/data/version-2"
  };
  explicit CommittedOrder(std::vector<Member> members) : members_(std::move(members)) {}

  // Notes what the logs hold at the moment; before a log is lost, and from time to time.
  Wrong harvest();
  // Somebody saw the state after it: it was committed, though snapshots may since have taken its
  // place in every log.
  void note_committed(Zxid zxid);
  // The whole history.
  Result<std::vector<LoggedTxn>> finish();
  // The highest zxid that any log ever held.
  Zxid highest() const { return seen_.empty() ? Zxid() : Zxid(seen_.rbegin()->first); }

 private:
  using Zxids = std::set<int64_t>;
  Status read(const Member& member, std::vector<int64_t>& zxids);
  Status note_order(const Member& member, const std::vector<int64_t>& zxids);
  Status look_into(const Member& member, std::vector<int64_t>& zxids);
  void note_last_snapshot(const Member& member);
  void gather(Zxids& all) const;
  Wrong check_holes(const Zxids& all) const;
  static Wrong check_member(const Member& member, const Zxids& own, const Zxids& all);
  static Wrong check_epoch_files(const Member& member, const Zxids& own);

  std::vector<Member> members_;
  std::map<int64_t, LoggedTxn> seen_;
  std::map<Epoch, int64_t> committed_;   // the last one noted of each epoch
  std::map<int64_t, int64_t> previous_;  // of a record: what comes before it, 0 if nothing
};

}  // namespace okapi::sim
