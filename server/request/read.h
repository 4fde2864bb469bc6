// What answering one read gets and gives. Runs on a CommitWorker's thread, beside others of its
// kind and beside the applier; a shard lock makes it exact (architecture section 7, Read).
#pragma once

#include "server/auth/provider_registry.h"
#include "server/config/server_config.h"
#include "server/request/request.h"
#include "server/tree/data_tree.h"
#include "server/watch/watch_tables.h"

namespace okapi {

struct ReadContext {
  const ServerConfig& config;
  const ProviderRegistry& registry;
  const DataTree& tree;
  WatchTables& watches;
  const RequestView& request;

  // What the read is exact at: last_applied, read under the lock. Everything up to it is in the
  // worker's Feed and goes to the client first, everything after it later (O3).
  Zxid stamp;
  std::string& body;    // of the reply
  std::string& events;  // whole notification frames that go before the reply (setWatches)
};

// kOk, or the reply's error. A body may go with an error in the one case that has one (multiRead).
using ReadFn = ErrorCode (*)(ReadContext& context);

ErrorCode read_exists(ReadContext& context);
ErrorCode read_get_data(ReadContext& context);
ErrorCode read_get_acl(ReadContext& context);
ErrorCode read_get_children(ReadContext& context);
ErrorCode read_get_all_children_number(ReadContext& context);
ErrorCode read_get_ephemerals(ReadContext& context);
ErrorCode read_multi(ReadContext& context);
ErrorCode read_sync(ReadContext& context);
ErrorCode read_ping(ReadContext& context);
ErrorCode read_who_am_i(ReadContext& context);
ErrorCode read_add_watch(ReadContext& context);
ErrorCode read_check_watches(ReadContext& context);
ErrorCode read_remove_watches(ReadContext& context);
ErrorCode read_set_watches(ReadContext& context);

// Whether the caller may do `perm` with the node. Under its lock.
ErrorCode check_read_acl(const ReadContext& context, const AclRef& acl, int32_t perm);

}  // namespace okapi
