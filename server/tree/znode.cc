#include "server/tree/znode.h"

#include <cstring>
#include <limits>
#include <new>

#include "common/base/assert.h"
#include "common/proto/path.h"

namespace okapi {

Znode* Znode::make(ByteView name) {
  OKAPI_ASSERT(name.size() <= std::numeric_limits<uint32_t>::max());
  void* memory = ::operator new(sizeof(Znode) + name.size());
  auto* node = new (memory) Znode;
  node->name_size = static_cast<uint32_t>(name.size());
  if (!name.empty()) std::memcpy(static_cast<void*>(node + 1), name.data(), name.size());
  return node;
}

void Znode::destroy(Znode* node) {
  node->~Znode();
  ::operator delete(node);
}

StatPersisted Znode::stored_stat() const {
  return {czxid, mzxid, ctime, mtime, version, cversion, aversion, owner, pzxid};
}

void Znode::set_stat(const StatPersisted& stat) {
  czxid = stat.czxid;
  mzxid = stat.mzxid;
  pzxid = stat.pzxid;
  ctime = stat.ctime;
  mtime = stat.mtime;
  owner = stat.ephemeral_owner;
  version = stat.version;
  cversion = stat.cversion;
  aversion = stat.aversion;
}

Stat Znode::stat(const TreeOptions& options) const {
  Stat out;
  out.czxid = czxid;
  out.mzxid = mzxid;
  out.pzxid = pzxid;
  out.ctime = ctime;
  out.mtime = mtime;
  out.version = version;
  // Compat: what clients see counts creations and deletions, in 32 bits that wrap.
  out.cversion = static_cast<int32_t>(2 * static_cast<uint32_t>(cversion) - child_count());
  out.aversion = aversion;
  out.ephemeral_owner = node_kind(owner, options) == NodeKind::kEphemeral ? owner : 0;
  out.data_length = static_cast<int32_t>(data_size());
  out.num_children = static_cast<int32_t>(child_count());
  return out;
}

size_t Znode::path_size() const {
  if (parent == nullptr) return 1;
  size_t size = 0;
  for (const Znode* node = this; node->parent != nullptr; node = node->parent) {
    size += 1 + node->name_size;
  }
  return size;
}

std::string Znode::path() const {
  if (parent == nullptr) return std::string(kRootPath);
  std::string out(path_size(), '/');
  size_t end = out.size();
  for (const Znode* node = this; node->parent != nullptr; node = node->parent) {
    end -= node->name_size;
    if (node->name_size > 0) std::memcpy(out.data() + end, node->name().data(), node->name_size);
    --end;
  }
  OKAPI_ASSERT(end == 0);
  return out;
}

bool Znode::has_path(ByteView path) const {
  for (const Znode* node = this; node->parent != nullptr; node = node->parent) {
    size_t size = node->name_size;
    if (path.size() < size + 1 || path.substr(path.size() - size) != node->name()) return false;
    path.remove_suffix(size);
    if (path.back() != '/') return false;
    path.remove_suffix(1);
  }
  return path.empty();
}

}  // namespace okapi
