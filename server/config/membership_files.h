// Keeps the membership on disk, beside the config file (peer-protocol spec 11.5). Blocking: called
// by QuorumPeer outside of broadcast, and once at start. Every file is replaced at once, so that a
// crash leaves the old or the new one. Errors are the disk's; the server can go on without the
// files, as the reference does, and repeats the write with the next version.
#pragma once

#include <string>

#include "common/env/disk.h"
#include "server/config/quorum_config.h"

namespace okapi {

class MembershipFiles {
 public:
  // Longest config file that is rewritten.
  static constexpr size_t kConfigBytesMax = 16 * 1024 * 1024;

  // `config_file` is the path of the config file, absolute: the rewritten file points to it.
  MembershipFiles(Disk& disk, std::string config_file);

  // <config file>.bak, once, before members leave the config file for the first time.
  Status back_up();
  // What was proposed last, into <config file>.dynamic.next.
  Status write_next(const QuorumConfig& proposed);
  // What was committed, into <config file>.dynamic.<version>; then the config file points there.
  Status write_committed(const QuorumConfig& committed, ServerId own);
  // The proposed membership was committed or is void. Without one nothing happens.
  Status remove_next();

 private:
  // Replaces a file whose path begins with the config file's.
  Status replace(const std::string& path, ByteView content);

  Disk& disk_;
  std::string config_file_;
  std::string directory_;
};

}  // namespace okapi
