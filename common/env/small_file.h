// Whole small files over a Disk: replaced at once, read with a bound. Blocking, as Disk is.
#pragma once

#include <cstddef>
#include <string>

#include "common/env/disk.h"

namespace okapi {

// Files in the making. Java ignores the name; who owns the directory removes what a crash left.
inline constexpr char kTempPrefix[] = ".tmp-";

// Writes `content` so that after a crash the file has either its old or its new content: temporary
// name, sync, rename, sync of the directory.
Status replace_file(Disk& disk, const std::string& directory, const std::string& name,
                    ByteView content);
// Reads a whole file of at most `bytes_max` bytes; more is kInvalid.
Result<std::string> read_small_file(Disk& disk, const std::string& path, size_t bytes_max);

}  // namespace okapi
