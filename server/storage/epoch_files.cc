#include "server/storage/epoch_files.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>

#include "common/env/small_file.h"
#include "server/storage/log_files.h"

namespace okapi {
namespace {

constexpr size_t kEpochFileBytesMax = 4096;

}  // namespace

Result<EpochPair> EpochFiles::read() {
  auto accepted = read_one(kAcceptedEpochName);
  if (!accepted.ok()) return accepted.error();
  auto current = read_one(kCurrentEpochName);
  if (!current.ok()) return current.error();
  return EpochPair{*accepted, *current};
}

Result<std::optional<Epoch>> EpochFiles::read_one(const std::string& name) {
  std::string path = join_path(directory_, name);
  auto bytes = read_small_file(*disk_, path, kEpochFileBytesMax);
  if (!bytes.ok()) {
    if (bytes.error().kind == ErrorKind::kNotFound) return std::optional<Epoch>();
    return bytes.error();
  }
  // Compat: the first line, without any trimming.
  ByteView line = ByteView(*bytes).substr(0, bytes->find_first_of("\r\n"));
  int64_t value = -1;
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc() || end != line.data() + line.size() || value < 0) {
    return Error{ErrorKind::kCorrupt, fmt::format("Found {} in {}", printable(line), path)};
  }
  return std::optional(Epoch(value));
}

Status EpochFiles::write_accepted(Epoch epoch) { return write_one(kAcceptedEpochName, epoch); }
Status EpochFiles::write_current(Epoch epoch) { return write_one(kCurrentEpochName, epoch); }

Status EpochFiles::write_one(const char* name, Epoch epoch) {
  OKAPI_ASSERT(epoch.value() >= 0);
  return replace_file(*disk_, directory_, name, fmt::format("{}", epoch.value()));
}

}  // namespace okapi
