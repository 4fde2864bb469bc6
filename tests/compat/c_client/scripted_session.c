/*
 * A session of the C client library (libzookeeper_mt) with every kind of call, checked step by
 * step.
 *
 *   scripted_session HOST:PORT
 *
 * In the middle it prints a line, and then waits for the server to be restarted. Exit status 0 when
 * all was as expected; else the failing line is printed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

#define DEADLINE_SECONDS 20

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

#define CHECK_CODE(expected, call)                                                        \
  do {                                                                                    \
    int code_ = (call);                                                                   \
    if (code_ != (expected)) {                                                            \
      fprintf(stderr, "%s:%d: %s is %d (%s), not %d\n", __FILE__, __LINE__, #call, code_, \
              zerror(code_), (expected));                                                 \
      exit(1);                                                                            \
    }                                                                                     \
  } while (0)

/* What the watchers saw last; the library calls them on a thread of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected;
static int connections;
static int event_count;
static int last_event;
static char last_path[256];

static void on_event(zhandle_t* handle, int type, int state, const char* path, void* context) {
  (void)handle;
  (void)context;
  pthread_mutex_lock(&lock);
  if (type == ZOO_SESSION_EVENT) {
    connections += state == ZOO_CONNECTED_STATE;
    connected = state == ZOO_CONNECTED_STATE;
  } else {
    event_count++;
    last_event = type;
    snprintf(last_path, sizeof last_path, "%s", path);
  }
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

/* Waits until *counter has reached the value. */
static void wait_for(const int* counter, int value) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += DEADLINE_SECONDS;
  pthread_mutex_lock(&lock);
  while (*counter < value) CHECK(pthread_cond_timedwait(&changed, &lock, &deadline) == 0);
  pthread_mutex_unlock(&lock);
}

static void expect_event(int number, int type, const char* path) {
  wait_for(&event_count, number);
  CHECK(last_event == type);
  CHECK(strcmp(last_path, path) == 0);
}

static zhandle_t* open_session(const char* address, const clientid_t* id) {
  connected = 0;
  zhandle_t* handle = zookeeper_init(address, on_event, 20000, id, NULL, 0);
  CHECK(handle != NULL);
  wait_for(&connected, 1);
  return handle;
}

static void create(zhandle_t* handle, const char* path, const char* value, int mode,
                   const char* expected) {
  char made[256];
  CHECK_CODE(ZOK, zoo_create(handle, path, value, (int)strlen(value), &ZOO_OPEN_ACL_UNSAFE, mode,
                             made, sizeof made));
  CHECK(strcmp(made, expected) == 0);
}

static void check_data(zhandle_t* handle, const char* path, const char* value, int version) {
  char data[256];
  int length = sizeof data;
  struct Stat stat;
  CHECK_CODE(ZOK, zoo_get(handle, path, 0, data, &length, &stat));
  CHECK(length == (int)strlen(value) && memcmp(data, value, (size_t)length) == 0);
  CHECK(stat.version == version && stat.dataLength == length);
}

static void nodes(zhandle_t* handle) {
  struct Stat stat;
  char made[256];
  create(handle, "/c", "root", 0, "/c");
  create(handle, "/c/kept", "one", 0, "/c/kept");
  create(handle, "/c/s-", "", ZOO_PERSISTENT_SEQUENTIAL, "/c/s-0000000001");
  create(handle, "/c/e-", "", ZOO_EPHEMERAL_SEQUENTIAL, "/c/e-0000000002");
  CHECK_CODE(ZOK, zoo_create2(handle, "/c/two", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT,
                              made, sizeof made, &stat));
  CHECK(stat.czxid == stat.mzxid && stat.dataLength == 0);
  CHECK_CODE(ZOK, zoo_create(handle, "/c/box", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_CONTAINER, made,
                             sizeof made));
  CHECK_CODE(ZNODEEXISTS,
             zoo_create(handle, "/c", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, made, sizeof made));
  CHECK_CODE(ZNONODE,
             zoo_create(handle, "/none/x", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, made, sizeof made));
  CHECK_CODE(ZOK, zoo_set2(handle, "/c/kept", "changed", 7, 0, &stat));
  CHECK(stat.version == 1);
  CHECK_CODE(ZBADVERSION, zoo_set(handle, "/c/kept", "x", 1, 0));
  check_data(handle, "/c/kept", "changed", 1);
  CHECK_CODE(ZOK, zoo_exists(handle, "/c", 0, &stat));
  CHECK(stat.numChildren == 5 && stat.cversion == 5);
  CHECK_CODE(ZNONODE, zoo_exists(handle, "/none", 0, &stat));
  CHECK_CODE(ZNOTEMPTY, zoo_delete(handle, "/c", -1));
  CHECK_CODE(ZOK, zoo_delete(handle, "/c/two", 0));
}

static void children(zhandle_t* handle) {
  struct String_vector names;
  struct Stat stat;
  CHECK_CODE(ZOK, zoo_get_children2(handle, "/c", 0, &names, &stat));
  CHECK(names.count == 4 && stat.numChildren == 4);
  deallocate_String_vector(&names);
  CHECK_CODE(ZOK, zoo_get_children(handle, "/c/kept", 0, &names));
  CHECK(names.count == 0);
  deallocate_String_vector(&names);
}

static void multi(zhandle_t* handle) {
  char made[256], sequential[256];
  struct Stat stat;
  zoo_op_t good[4];
  zoo_op_result_t results[4];
  zoo_create_op_init(&good[0], "/c/m", "m", 1, &ZOO_OPEN_ACL_UNSAFE, 0, made, sizeof made);
  zoo_create_op_init(&good[1], "/c/m/s", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_SEQUENTIAL,
                     sequential, sizeof sequential);
  zoo_set_op_init(&good[2], "/c/m", "mm", 2, 0, &stat);
  zoo_check_op_init(&good[3], "/c/m", 1);
  CHECK_CODE(ZOK, zoo_multi(handle, 4, good, results));
  CHECK(strcmp(made, "/c/m") == 0 && strcmp(sequential, "/c/m/s0000000000") == 0 &&
        stat.version == 1);

  zoo_op_t bad[3];
  zoo_delete_op_init(&bad[0], "/c/m/s0000000000", -1);
  zoo_check_op_init(&bad[1], "/c/m", 9);
  zoo_delete_op_init(&bad[2], "/c/m", -1);
  CHECK_CODE(ZBADVERSION, zoo_multi(handle, 3, bad, results));
  CHECK(results[0].err == ZOK && results[1].err == ZBADVERSION &&
        results[2].err == ZRUNTIMEINCONSISTENCY);
  CHECK_CODE(ZOK, zoo_exists(handle, "/c/m/s0000000000", 0, &stat));
}

static void watches(zhandle_t* handle) {
  struct Stat stat;
  struct String_vector names;
  char data[16];
  int length = sizeof data;
  CHECK_CODE(ZNONODE, zoo_wexists(handle, "/c/w", on_event, NULL, &stat));
  create(handle, "/c/w", "", 0, "/c/w");
  expect_event(1, ZOO_CREATED_EVENT, "/c/w");
  CHECK_CODE(ZOK, zoo_wget(handle, "/c/w", on_event, NULL, data, &length, &stat));
  CHECK_CODE(ZOK, zoo_set(handle, "/c/w", "x", 1, -1));
  expect_event(2, ZOO_CHANGED_EVENT, "/c/w");
  CHECK_CODE(ZOK, zoo_wget_children(handle, "/c/w", on_event, NULL, &names));
  deallocate_String_vector(&names);
  create(handle, "/c/w/k", "", 0, "/c/w/k");
  expect_event(3, ZOO_CHILD_EVENT, "/c/w");
  CHECK_CODE(ZOK, zoo_wget_children(handle, "/c/w", on_event, NULL, &names));
  deallocate_String_vector(&names);
  CHECK_CODE(ZOK, zoo_remove_watches(handle, "/c/w", ZWATCHTYPE_CHILD, on_event, NULL, 0));
  CHECK_CODE(ZOK, zoo_delete(handle, "/c/w/k", -1));
  CHECK_CODE(ZOK, zoo_delete(handle, "/c/w", -1));
  CHECK(event_count == 3);
}

static void on_done(int code, const void* data) {
  (void)code;
  pthread_mutex_lock(&lock);
  ++*(int*)data;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void authenticate(zhandle_t* handle, const char* credentials) {
  static int done;
  int before = done;
  CHECK_CODE(ZOK,
             zoo_add_auth(handle, "digest", credentials, (int)strlen(credentials), on_done, &done));
  wait_for(&done, before + 1);
}

static void acls(zhandle_t* handle, const char* address) {
  struct ACL_vector acl;
  struct Stat stat;
  char made[64], data[16];
  int length = sizeof data;
  authenticate(handle, "carl:secret");
  CHECK_CODE(ZOK,
             zoo_create(handle, "/c/private", "p", 1, &ZOO_CREATOR_ALL_ACL, 0, made, sizeof made));
  CHECK_CODE(ZOK, zoo_get_acl(handle, "/c/private", &acl, &stat));
  CHECK(acl.count == 1 && acl.data[0].perms == ZOO_PERM_ALL &&
        strcmp(acl.data[0].id.scheme, "digest") == 0);
  deallocate_ACL_vector(&acl);
  zhandle_t* stranger = open_session(address, NULL);
  CHECK_CODE(ZNOAUTH, zoo_get(stranger, "/c/private", 0, data, &length, &stat));
  CHECK_CODE(ZNOAUTH, zoo_set_acl(stranger, "/c/private", -1, &ZOO_OPEN_ACL_UNSAFE));
  CHECK_CODE(ZOK, zoo_set_acl(handle, "/c/private", 0, &ZOO_OPEN_ACL_UNSAFE));
  CHECK_CODE(ZOK, zoo_get(stranger, "/c/private", 0, data, &length, &stat));
  CHECK(stat.aversion == 1);
  CHECK_CODE(ZOK, zookeeper_close(stranger));
}

/* The server is restarted from outside; the library reconnects by itself and keeps the session. */
static void survive_restart(zhandle_t* handle) {
  struct Stat stat;
  int64_t id = zoo_client_id(handle)->client_id;
  int before = connections;
  puts("restart the server");
  fflush(stdout);
  wait_for(&connections, before + 1);
  CHECK(zoo_client_id(handle)->client_id == id);
  CHECK_CODE(ZOK, zoo_exists(handle, "/c/e-0000000002", 0, &stat));
  CHECK(stat.ephemeralOwner == id);
}

static void run(const char* address) {
  struct Stat stat;
  zhandle_t* handle = open_session(address, NULL);
  nodes(handle);
  children(handle);
  multi(handle);
  watches(handle);
  acls(handle, address);
  survive_restart(handle);
  check_data(handle, "/c/kept", "changed", 1);
  zhandle_t* observer = open_session(address, NULL);
  CHECK_CODE(ZOK, zookeeper_close(handle));
  CHECK_CODE(ZNONODE, zoo_exists(observer, "/c/e-0000000002", 0, &stat));
  CHECK_CODE(ZOK, zookeeper_close(observer));
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  /* The library itself reports the lost connection as an error. */
  zoo_set_debug_level((ZooLogLevel)0);
  run(argv[1]);
  return 0;
}
