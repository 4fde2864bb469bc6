#include "common/os/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace okapi {
namespace {

ErrorKind kind_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::kNotFound;
    case EEXIST:
      return ErrorKind::kExists;
    case ENOSPC:
    case EDQUOT:
      return ErrorKind::kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::kDenied;
    default:
      return ErrorKind::kIo;
  }
}

Error errno_error(const char* what, const std::string& path) {
  int error = errno;
  return {kind_of(error), fmt::format("{} {}: {}", what, path, std::strerror(error))};
}

// Closes a descriptor at the end of a scope.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Status write_at(uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      ssize_t n = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0) {
        if (errno == EINTR) continue;
        return errno_error("write to", path_);
      }
      bytes.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return {};
  }

  Status read_at(uint64_t offset, size_t size, std::string& out) override {
    size_t begin = out.size();
    out.resize(begin + size);
    size_t got = 0;
    while (got < size) {
      ssize_t n =
          pread(fd_.get(), out.data() + begin + got, size - got, static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        out.resize(begin);
        return errno_error("read from", path_);
      }
      if (n == 0) break;
      got += static_cast<size_t>(n);
    }
    out.resize(begin + got);
    return {};
  }

  Status sync() override {
    if (fdatasync(fd_.get()) != 0) return errno_error("fdatasync of", path_);
    return {};
  }

  Status truncate(uint64_t size) override {
    if (ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return errno_error("truncate", path_);
    return {};
  }

  Result<uint64_t> size() override {
    struct stat st {};
    if (fstat(fd_.get(), &st) != 0) return errno_error("stat of", path_);
    return static_cast<uint64_t>(st.st_size);
  }

  const std::string& path() const override { return path_; }

 private:
  Fd fd_;
  std::string path_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(int fd) : fd_(fd) {}

 private:
  Fd fd_;
};

}  // namespace

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path, OpenMode mode) {
  int flags = O_CLOEXEC;
  switch (mode) {
    case OpenMode::kRead:
      flags |= O_RDONLY;
      break;
    case OpenMode::kReadWrite:
      flags |= O_RDWR;
      break;
    case OpenMode::kCreate:
      flags |= O_RDWR | O_CREAT | O_TRUNC;
      break;
  }
  int fd = ::open(path.c_str(), flags, 0640);
  if (fd < 0) return errno_error("open", path);
  return std::unique_ptr<File>(new PosixFile(fd, path));
}

// Whole or an error: a log file left out would be a log file not replayed.
Result<std::vector<DirEntry>> PosixDisk::list(const std::string& directory) {
  std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(directory.c_str()), closedir);
  if (dir == nullptr) return errno_error("list", directory);
  std::vector<DirEntry> out;
  for (;;) {
    errno = 0;
    dirent* entry = readdir(dir.get());
    if (entry == nullptr && errno != 0) return errno_error("list", directory);
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat st {};
    if (fstatat(dirfd(dir.get()), entry->d_name, &st, 0) != 0) {
      if (errno == ENOENT) continue;  // vanished meanwhile
      return errno_error("stat of", directory + "/" + name);
    }
    out.push_back({std::move(name), static_cast<uint64_t>(st.st_size), S_ISDIR(st.st_mode)});
  }
  std::sort(out.begin(), out.end(),
            [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return out;
}

Result<bool> PosixDisk::exists(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return errno_error("stat of", path);
}

Status PosixDisk::make_directories(const std::string& path) {
  for (size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), 0750) != 0 && errno != EEXIST) return errno_error("mkdir", part);
  }
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return errno_error("stat of", path);
  if (!S_ISDIR(st.st_mode)) return Error{ErrorKind::kInvalid, path + " is not a directory"};
  return {};
}

Status PosixDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return errno_error("rename", from + " to " + to);
  return {};
}

Status PosixDisk::unlink(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return errno_error("unlink", path);
  return {};
}

Status PosixDisk::sync_directory(const std::string& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return errno_error("open directory", directory);
  if (fsync(fd.get()) != 0) return errno_error("fsync of directory", directory);
  return {};
}

bool PosixDisk::writable(const std::string& directory) {
  return access(directory.c_str(), W_OK) == 0;
}

Result<std::unique_ptr<FileLock>> PosixDisk::lock(const std::string& path, ByteView content) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (fd.get() < 0) return errno_error("open", path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return errno_error("lock", path);
    char holder[64] = {};
    ssize_t n = pread(fd.get(), holder, sizeof holder - 1, 0);
    return Error{ErrorKind::kBusy,
                 fmt::format("{} is locked by another server (pid {})", path,
                             printable(ByteView(holder, n > 0 ? static_cast<size_t>(n) : 0)))};
  }
  if (ftruncate(fd.get(), 0) != 0 ||
      pwrite(fd.get(), content.data(), content.size(), 0) != static_cast<ssize_t>(content.size())) {
    return errno_error("write to", path);
  }
  return std::unique_ptr<FileLock>(new PosixFileLock(fd.release()));
}

Result<uint64_t> PosixDisk::free_bytes(const std::string& directory) {
  struct statvfs st {};
  if (statvfs(directory.c_str(), &st) != 0) return errno_error("statvfs of", directory);
  return static_cast<uint64_t>(st.f_bavail) * st.f_frsize;
}

}  // namespace okapi
