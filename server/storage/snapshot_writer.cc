#include "server/storage/snapshot_writer.h"

#include <spdlog/fmt/fmt.h>

#include "common/base/assert.h"
#include "common/env/small_file.h"
#include "server/storage/log_files.h"

namespace okapi {

std::string snapshot_name(Zxid zxid, SnapshotCodec codec) {
  return fmt::format("{}.{:x}{}", kSnapshotPrefix, static_cast<uint64_t>(zxid.value()),
                     extension_of(codec));
}

Result<SnapshotWriter> SnapshotWriter::create(Disk& disk, SnapshotFileOptions options) {
  std::string name = snapshot_name(options.zxid, options.codec);
  std::string temp = join_path(options.directory, kTempPrefix + name);
  auto file = disk.open(temp, OpenMode::kCreate);
  if (!file.ok()) return file.error();
  return SnapshotWriter(disk, std::move(options), std::move(*file), std::move(name));
}

SnapshotWriter::SnapshotWriter(Disk& disk, SnapshotFileOptions options, std::unique_ptr<File> file,
                               std::string name)
    : disk_(&disk),
      options_(std::move(options)),
      file_(std::move(file)),
      name_(std::move(name)),
      temp_path_(join_path(options_.directory, kTempPrefix + name_)),
      compressor_(make_compressor(options_.codec)),
      encoder_(SnapshotForm::kFile) {}

SnapshotWriter::~SnapshotWriter() {
  if (file_ == nullptr || published_) return;  // moved from, or done
  file_.reset();
  // Best effort: the next start removes it otherwise.
  if (auto removed = disk_->unlink(temp_path_); !removed.ok()) return;
}

Status SnapshotWriter::flush() {
  if (encoder_.buffered() < options_.write_bytes) return {};
  return write(false);
}

Status SnapshotWriter::write(bool last) {
  OKAPI_ASSERT(!finished_);
  ByteView bytes = encoder_.drain();
  if (options_.codec != SnapshotCodec::kPlain) {
    out_.clear();
    OKAPI_TRY(compressor_->put(bytes, out_));
    if (last) OKAPI_TRY(compressor_->finish(out_));
    bytes = out_;
  }
  if (bytes.empty()) return {};
  OKAPI_TRY(file_->write_at(offset_, bytes));
  offset_ += bytes.size();
  return {};
}

Status SnapshotWriter::sync() { return file_->sync(); }

Status SnapshotWriter::finish() {
  OKAPI_TRY(write(true));
  finished_ = true;
  return file_->sync();
}

Result<std::string> SnapshotWriter::publish() {
  OKAPI_ASSERT(finished_ && !published_);
  std::string path = join_path(options_.directory, name_);
  OKAPI_TRY(disk_->rename(temp_path_, path));
  published_ = true;
  OKAPI_TRY(disk_->sync_directory(options_.directory));
  return path;
}

}  // namespace okapi
