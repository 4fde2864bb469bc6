/*
 * Preloaded into a server under test, so that its disk can be broken while it runs.
 *
 * Once the file named by FULL_DISK_MARKER exists, no regular file grows any more; every call that would
 * write to one fails with ENOSPC, as on a full disk. While the one named by SLOW_DISK_MARKER exists, a sync
 * takes the milliseconds written in it longer, or until it is removed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int fd) {
  struct stat status;
  const char* marker = getenv("FULL_DISK_MARKER");
  /* Standard output may be a file as well; the server must be able to say what happened. */
  return fd > 2 && marker != NULL && access(marker, F_OK) == 0 && fstat(fd, &status) == 0 &&
         S_ISREG(status.st_mode);
}

static long slowness_ms(void) {
  const char* marker = getenv("SLOW_DISK_MARKER");
  char text[16] = "";
  int fd = marker == NULL ? -1 : open(marker, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  if (read(fd, text, sizeof(text) - 1) < 0) text[0] = 0;
  close(fd);
  return atol(text);
}

static void be_slow(void) {
  const int step_ms = 10;
  int saved = errno;
  for (long waited_ms = 0; waited_ms < slowness_ms(); waited_ms += step_ms) usleep(step_ms * 1000);
  errno = saved;
}

#define INTERPOSE(result, name, parameters, arguments)          \
  result name parameters {                                      \
    static result(*real) parameters;                            \
    int saved = errno;                                          \
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, #name); \
    if (is_full(fd)) {                                          \
      errno = ENOSPC;                                           \
      return -1;                                                \
    }                                                           \
    errno = saved;                                              \
    return real arguments;                                      \
  }

INTERPOSE(ssize_t, write, (int fd, const void* data, size_t size), (fd, data, size))
INTERPOSE(ssize_t, pwrite, (int fd, const void* data, size_t size, off_t at), (fd, data, size, at))
INTERPOSE(ssize_t, pwrite64, (int fd, const void* data, size_t size, off64_t at),
          (fd, data, size, at))
INTERPOSE(ssize_t, writev, (int fd, const struct iovec* parts, int count), (fd, parts, count))
INTERPOSE(ssize_t, pwritev, (int fd, const struct iovec* parts, int count, off_t at),
          (fd, parts, count, at))
INTERPOSE(ssize_t, pwritev64, (int fd, const struct iovec* parts, int count, off64_t at),
          (fd, parts, count, at))
INTERPOSE(int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
INTERPOSE(int, fallocate64, (int fd, int mode, off64_t at, off64_t size), (fd, mode, at, size))
INTERPOSE(int, ftruncate, (int fd, off_t size), (fd, size))
INTERPOSE(int, ftruncate64, (int fd, off64_t size), (fd, size))

/* This one returns the error code itself. */
int posix_fallocate(int fd, off_t at, off_t size) {
  static int (*real)(int, off_t, off_t);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "posix_fallocate");
  return is_full(fd) ? ENOSPC : real(fd, at, size);
}

#define INTERPOSE_SYNC(name)                                    \
  int name(int fd) {                                            \
    static int (*real)(int);                                    \
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, #name); \
    be_slow();                                                  \
    return real(fd);                                            \
  }

INTERPOSE_SYNC(fsync)
INTERPOSE_SYNC(fdatasync)
