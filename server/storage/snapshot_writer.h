// Writes one snapshot file in a stream with bounded memory: temporary name, sync, rename, directory
// sync (INV-C9). Used by the Snapshot stage and by QuorumPeer after SNAP; blocking. Any error ends
// this file, not the server: drop the writer, which removes the temporary file (safety F-DSK-03).
#pragma once

#include <memory>
#include <string>

#include "common/env/disk.h"
#include "server/storage/snapshot_codec.h"
#include "server/storage/snapshot_format.h"

namespace okapi {

struct SnapshotFileOptions {
  std::string directory = {};  // dataDir/version-2
  Zxid zxid;                   // in the name: everything up to here is in the snapshot
  SnapshotCodec codec = SnapshotCodec::kPlain;
  size_t write_bytes = 256 * 1024;  // buffered before a write
};

class SnapshotWriter {
 public:
  static Result<SnapshotWriter> create(Disk& disk, SnapshotFileOptions options);
  SnapshotWriter(SnapshotWriter&&) noexcept = default;
  SnapshotWriter& operator=(SnapshotWriter&&) noexcept = delete;
  ~SnapshotWriter();

  // The encoder: fill it in the order it asks for, calling flush() at least every few entries.
  SnapshotEncoder& encoder() { return encoder_; }
  // Writes what is buffered once it is worth a write.
  Status flush();
  // Syncs what was written so far: called now and then, so that no long writeback meets a sync of
  // the log.
  Status sync();
  // Everything is encoded: completes and syncs the temporary file.
  Status finish();
  // Gives the finished file its name. Answers the path.
  Result<std::string> publish();

  uint64_t bytes_written() const { return offset_; }
  const std::string& name() const { return name_; }

 private:
  SnapshotWriter(Disk& disk, SnapshotFileOptions options, std::unique_ptr<File> file,
                 std::string name);
  Status write(bool all);

  Disk* disk_;
  SnapshotFileOptions options_;
  std::unique_ptr<File> file_;
  std::string name_, temp_path_;
  std::unique_ptr<Compressor> compressor_;
  SnapshotEncoder encoder_;
  std::string out_;
  uint64_t offset_ = 0;
  bool finished_ = false;
  bool published_ = false;
};

std::string snapshot_name(Zxid zxid, SnapshotCodec codec);

}  // namespace okapi
