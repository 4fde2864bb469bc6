#include "server/config/membership_files.h"

#include <utility>

#include "common/base/assert.h"
#include "common/env/small_file.h"
#include "server/config/dynamic_files.h"

namespace okapi {

MembershipFiles::MembershipFiles(Disk& disk, std::string config_file)
    : disk_(disk), config_file_(std::move(config_file)) {
  OKAPI_ASSERT(config_file_.starts_with("/"));
  directory_ = config_file_.substr(0, config_file_.rfind('/'));
}

Status MembershipFiles::back_up() {
  auto text = read_small_file(disk_, config_file_, kConfigBytesMax);
  if (!text.ok()) return text.error();
  return replace(config_file_ + ".bak", *text);
}

Status MembershipFiles::write_next(const QuorumConfig& proposed) {
  return replace(next_file_name(config_file_), next_file_text(proposed));
}

Status MembershipFiles::write_committed(const QuorumConfig& committed, ServerId own) {
  const std::string dynamic = dynamic_file_name(config_file_, committed.version());
  OKAPI_TRY(replace(dynamic, dynamic_file_text(committed)));
  auto old_text = read_small_file(disk_, config_file_, kConfigBytesMax);
  if (!old_text.ok()) return old_text.error();
  auto text = static_file_text(*old_text, dynamic, client_address_moves(committed, own));
  if (!text.ok()) return Error{text.error().kind, config_file_ + ": " + text.error().text};
  return replace(config_file_, *text);
}

Status MembershipFiles::remove_next() {
  const std::string next = next_file_name(config_file_);
  auto there = disk_.exists(next);
  if (!there.ok()) return there.error();
  if (!*there) return {};
  OKAPI_TRY(disk_.unlink(next));
  return disk_.sync_directory(directory_);
}

Status MembershipFiles::replace(const std::string& path, ByteView content) {
  return replace_file(disk_, directory_, path.substr(directory_.size() + 1), content);
}

}  // namespace okapi
