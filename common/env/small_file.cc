#include "common/env/small_file.h"

namespace okapi {

Status replace_file(Disk& disk, const std::string& directory, const std::string& name,
                    ByteView content) {
  const std::string temp = directory + "/" + kTempPrefix + name;
  auto file = disk.open(temp, OpenMode::kCreate);
  if (!file.ok()) return file.error();
  OKAPI_TRY((*file)->write_at(0, content));
  OKAPI_TRY((*file)->sync());
  OKAPI_TRY(disk.rename(temp, directory + "/" + name));
  return disk.sync_directory(directory);
}

Result<std::string> read_small_file(Disk& disk, const std::string& path, size_t bytes_max) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file.ok()) return file.error();
  std::string out;
  OKAPI_TRY((*file)->read_at(0, bytes_max + 1, out));
  if (out.size() > bytes_max) {
    return Error{ErrorKind::kInvalid,
                 path + " has more than " + std::to_string(bytes_max) + " bytes"};
  }
  return out;
}

}  // namespace okapi
