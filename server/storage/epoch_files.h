// acceptedEpoch and currentEpoch (storage spec section 6). QuorumPeer's; blocking. An error in
// write() is past repair: a promise may not be durable.
#pragma once

#include <optional>
#include <string>

#include "common/base/ids.h"
#include "common/env/disk.h"

namespace okapi {

inline constexpr char kAcceptedEpochName[] = "acceptedEpoch";
inline constexpr char kCurrentEpochName[] = "currentEpoch";

struct EpochPair {
  std::optional<Epoch> accepted, current;
};

class EpochFiles {
 public:
  EpochFiles(Disk& disk, std::string directory) : disk_(&disk), directory_(std::move(directory)) {}
  // Empty where a file is missing. Errors: kCorrupt, "Found ... in ...": no decimal number >= 0.
  Result<EpochPair> read();
  // Durable when it returns.
  Status write_accepted(Epoch epoch);
  Status write_current(Epoch epoch);

 private:
  Result<std::optional<Epoch>> read_one(const std::string& name);
  Status write_one(const char* name, Epoch epoch);

  Disk* disk_;
  std::string directory_;
};

}  // namespace okapi
