#include "tests/support/image_disk.h"

#include "common/base/assert.h"

namespace okapi {

using sim::DiskImage;
using sim::DiskNode;
using sim::Inode;

class ImageFile final : public File {
 public:
  ImageFile(ImageDisk& disk, std::shared_ptr<Inode> inode, std::string path)
      : disk_(disk), program_(disk.program_), inode_(std::move(inode)), path_(std::move(path)) {}

  Status write_at(uint64_t offset, ByteView bytes) override {
    OKAPI_TRY(begin("write"));
    DiskImage::write(inode_, offset, bytes);
    return {};
  }
  Status read_at(uint64_t offset, size_t size, std::string& out) override {
    if (disk_.crashed()) return disk_.gone();
    if (offset < inode_->cache.size()) out.append(inode_->cache, offset, size);
    return {};
  }
  Status sync() override {
    if (Status begun = begin("sync"); !begun.ok()) {
      if (!disk_.crashed()) DiskImage::fail_sync(inode_, disk_.fault_dice);
      return begun;
    }
    DiskImage::sync(inode_);
    return {};
  }
  Status truncate(uint64_t size) override {
    OKAPI_TRY(begin("truncate"));
    DiskImage::truncate(inode_, size);
    return {};
  }
  Result<uint64_t> size() override { return uint64_t{inode_->cache.size()}; }
  const std::string& path() const override { return path_; }

 private:
  Status begin(const char* call) {
    OKAPI_ASSERT(program_ == disk_.program_);
    return disk_.change(call, path_);
  }

  ImageDisk& disk_;
  uint64_t program_;
  std::shared_ptr<Inode> inode_;
  std::string path_;
};

Status ImageDisk::change(const std::string& call, const std::string& path) {
  if (crashed()) return gone();
  if (fault) OKAPI_TRY(fault(call, path));
  ++changes_;
  return crashed() ? Status(gone()) : Status();
}

Result<std::unique_ptr<File>> ImageDisk::open(const std::string& path, OpenMode mode) {
  if (crashed()) return gone();
  const DiskNode* node = image.find(path);
  if (node == nullptr && mode != OpenMode::kCreate) {
    return Error{ErrorKind::kNotFound, "open " + path + ": no such file"};
  }
  if (node != nullptr && node->directory()) {
    return Error{ErrorKind::kIo, "open " + path + ": is a directory"};
  }
  if (mode == OpenMode::kCreate) {
    OKAPI_TRY(change("create", path));
    if (node == nullptr) {
      image.set_name(path, DiskNode{std::make_shared<Inode>()});
    } else {
      DiskImage::truncate(node->file, 0);
    }
    node = image.find(path);
  }
  return std::unique_ptr<File>(new ImageFile(*this, node->file, path));
}

Result<std::vector<DirEntry>> ImageDisk::list(const std::string& directory) {
  if (crashed()) return gone();
  if (image.find(directory) == nullptr) {
    return Error{ErrorKind::kNotFound, "list " + directory + ": no such directory"};
  }
  std::vector<DirEntry> out;
  for (const auto& [path, node] : image.names()) {
    if (path == "/" || sim::directory_of(path) != directory) continue;
    uint64_t bytes = node.directory() ? 0 : node.file->cache.size();
    out.push_back({path.substr(path.rfind('/') + 1), bytes, node.directory()});
  }
  return out;
}

Result<bool> ImageDisk::exists(const std::string& path) {
  if (crashed()) return gone();
  return image.find(path) != nullptr;
}

Status ImageDisk::make_directories(const std::string& path) {
  for (size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    std::string part = path.substr(0, at);
    if (image.find(part) != nullptr) continue;
    OKAPI_TRY(change("mkdir", part));
    image.set_name(part, DiskNode{});
  }
  return {};
}

Status ImageDisk::rename(const std::string& from, const std::string& to) {
  if (image.find(from) == nullptr) return Error{ErrorKind::kNotFound, "rename " + from};
  OKAPI_TRY(change("rename", to));
  image.rename(from, to);
  return {};
}

Status ImageDisk::unlink(const std::string& path) {
  if (image.find(path) == nullptr) return Error{ErrorKind::kNotFound, "unlink " + path};
  OKAPI_TRY(change("unlink", path));
  image.set_name(path, std::nullopt);
  return {};
}

Status ImageDisk::sync_directory(const std::string& directory) {
  OKAPI_TRY(change("sync_directory", directory));
  image.sync_names(directory);
  return {};
}

Result<std::unique_ptr<FileLock>> ImageDisk::lock(const std::string& path, ByteView) {
  if (crashed()) return gone();
  if (image.find(path) == nullptr) image.set_name(path, DiskNode{std::make_shared<Inode>()});
  return std::make_unique<FileLock>();
}

void ImageDisk::restart(Crash how, Rng& dice) {
  if (how == Crash::kPower) {
    image.lose_power(dice);
  } else {
    image.lose_program(dice);
  }
  crash_at_ = UINT64_MAX;
  ++program_;
}

std::string ImageDisk::content(const std::string& path) const {
  const DiskNode* node = image.find(path);
  OKAPI_ASSERT(node != nullptr && !node->directory());
  return node->file->cache;
}

void ImageDisk::put(const std::string& path, ByteView content) {
  for (size_t at = 1; at < path.size(); ++at) {
    std::string part = path.substr(0, at);
    if (path[at] == '/' && image.find(part) == nullptr) image.set_name(part, DiskNode{});
  }
  auto inode = std::make_shared<Inode>();
  inode->cache = content;
  inode->platter_size = content.size();
  image.set_name(path, DiskNode{inode});
  for (const auto& [name, node] : image.names()) {
    if (node.directory()) image.sync_names(name);
  }
}

std::vector<std::string> ImageDisk::files() const {
  std::vector<std::string> out;
  for (const auto& [path, node] : image.names()) {
    if (!node.directory()) out.push_back(path);
  }
  return out;
}

}  // namespace okapi
