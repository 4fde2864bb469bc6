#include "client/core/host_list.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "common/base/assert.h"
#include "common/proto/path.h"

namespace okapi {

namespace {

constexpr uint16_t kDefaultPort = 2181;

Error bad(ByteView what, ByteView text) {
  return Error{ErrorKind::kInvalid, std::string(what) + " in '" + printable(text) + "'"};
}

Result<HostPort> parse_host(ByteView text) {
  HostPort out{.host = {}, .port = kDefaultPort};
  ByteView rest;
  if (!text.empty() && text.front() == '[') {
    size_t end = text.find(']');
    if (end == ByteView::npos) return bad("bracket without end", text);
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    size_t colon = text.find(':');
    out.host = text.substr(0, colon);
    rest = colon == ByteView::npos ? ByteView() : text.substr(colon);
  }
  if (out.host.empty()) return bad("empty host", text);
  if (rest.empty()) return out;
  if (rest.front() != ':') return bad("text after the host", text);
  rest.remove_prefix(1);
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.port);
  if (error != std::errc() || end != rest.data() + rest.size()) return bad("bad port", text);
  return out;
}

}  // namespace

Result<ConnectString> parse_connect_string(ByteView text) {
  ConnectString out;
  size_t slash = text.find('/');
  if (slash != ByteView::npos) {
    ByteView chroot = text.substr(slash);
    if (!is_valid_path(chroot)) return bad("invalid chroot", text);
    if (chroot != kRootPath) out.chroot = chroot;
  }
  ByteView hosts = text.substr(0, slash);
  while (true) {
    size_t comma = hosts.find(',');
    auto host = parse_host(hosts.substr(0, comma));
    if (!host.ok()) return host.error();
    out.hosts.push_back(*std::move(host));
    if (comma == ByteView::npos) return out;
    hosts.remove_prefix(comma + 1);
  }
}

HostList::HostList(std::vector<HostPort> hosts, Rng& rng) : hosts_(std::move(hosts)) {
  OKAPI_ASSERT(!hosts_.empty());
  for (size_t i = hosts_.size() - 1; i > 0; --i) {
    std::swap(hosts_[i], hosts_[static_cast<size_t>(rng.below(i + 1))]);
  }
}

const HostPort& HostList::next() {
  const HostPort& host = hosts_[position_];
  position_ = (position_ + 1) % hosts_.size();
  if (tried_ < hosts_.size()) ++tried_;
  return host;
}

}  // namespace okapi
