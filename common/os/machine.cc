#include <dirent.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/os/real_env.h"

namespace okapi {
namespace {

int64_t count_descriptors() {
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  int64_t count = -3;  // ".", ".." and the directory's own
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

}  // namespace

// Once, before other threads ask for the time: the C library keeps the name in one place for all.
Machine RealEnv::local_zone() {
  Machine out;
  time_t now = time(nullptr);
  tm local{};
  if (localtime_r(&now, &local) != nullptr) {
    out.zone_name = local.tm_zone;
    out.zone_offset_s = static_cast<int32_t>(local.tm_gmtoff);
  }
  return out;
}

Machine RealEnv::machine() const {
  Machine out;
  utsname names{};
  if (uname(&names) == 0) {
    out.host_name = names.nodename;
    out.os_name = names.sysname;
    out.os_arch = names.machine;
    out.os_version = names.release;
  }
  if (const passwd* user = getpwuid(getuid()); user != nullptr) {
    out.user_name = user->pw_name;
    out.user_home = user->pw_dir;
  }
  char directory[4096];
  if (getcwd(directory, sizeof directory) != nullptr) out.user_dir = directory;
  out.tmp_dir = "/tmp";
  struct sysinfo memory {};
  if (sysinfo(&memory) == 0) {
    auto mb = [&](unsigned long units) {
      return static_cast<int64_t>(units * memory.mem_unit / (1024 * 1024));
    };
    out.memory_free_mb = mb(memory.freeram);
    out.memory_max_mb = out.memory_total_mb = mb(memory.totalram);
  }
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    out.max_descriptors = static_cast<int64_t>(descriptors.rlim_cur);
  }
  out.open_descriptors = count_descriptors();
  out.zone_name = zone_.zone_name;
  out.zone_offset_s = zone_.zone_offset_s;
  return out;
}

}  // namespace okapi
