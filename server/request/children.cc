#include "server/request/children.h"

#include "common/base/assert.h"
#include "common/jute/output_archive.h"

namespace okapi {
namespace {

// What tells whether a child list changed between two holds: creates move cversion, deletes pzxid.
struct ListMark {
  int32_t cversion;
  Zxid pzxid;
  int32_t count;
  friend bool operator==(const ListMark&, const ListMark&) = default;
};

ListMark mark_of(const NodeView& node) {
  StatPersisted stat = node.stored_stat();
  return {stat.cversion, stat.pzxid, node.child_count()};
}

}  // namespace

ErrorCode list_children(const DataTree& tree, ByteView path, size_t slice, std::string& body,
                        const ChildListCheck& check) {
  constexpr int kTries = 3;
  size_t begin = body.size();
  for (int attempt = 1;; ++attempt) {
    body.resize(begin);
    jute::OutputArchive out(body);
    size_t at_once = attempt < kTries ? slice : ~size_t{0};
    uint32_t position = 0;
    std::optional<ListMark> mark;
    for (;;) {
      ReadLock lock = tree.read(path);
      ErrorCode error = ErrorCode::kOk;
      if (!lock.found()) {
        error = check(nullptr, true);
        OKAPI_ASSERT(error != ErrorCode::kOk);
      } else if (!mark.has_value()) {
        error = check(&lock.node(), false);
        if (error == ErrorCode::kOk) out.put_int(lock.node().child_count());
      }
      if (error != ErrorCode::kOk) {
        body.resize(begin);
        return error;
      }
      const NodeView& node = lock.node();
      if (mark.has_value() && *mark != mark_of(node)) break;  // changed: from the start
      mark = mark_of(node);
      size_t copied = 0;
      position = node.for_children_from(position, at_once, [&](ByteView name) {
        out.put_buffer(name);
        ++copied;
      });
      if (copied < at_once) {
        error = check(&node, true);
        if (error != ErrorCode::kOk) body.resize(begin);
        return error;
      }
    }
  }
}

}  // namespace okapi
