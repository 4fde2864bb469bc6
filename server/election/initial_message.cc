#include "server/election/initial_message.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <limits>

#include "common/base/assert.h"
#include "common/jute/input_archive.h"
#include "common/jute/output_archive.h"
#include "common/proto/path.h"

namespace okapi {
namespace {

constexpr int64_t kOneAddress = -65536;
constexpr int64_t kManyAddresses = -65535;
constexpr int32_t kAddressBytesMax = 2048;
constexpr ServerId kAnonymousObserver{std::numeric_limits<int64_t>::max()};

Error refused(std::string_view what, ByteView text) {
  return {ErrorKind::kInvalid, fmt::format("{}: {}", what, printable(text))};
}

Result<HostPort> parse_address(ByteView entry) {
  size_t colon;
  ByteView host;
  if (entry.starts_with('[')) {
    size_t end = entry.find(']');
    if (end == ByteView::npos || end + 1 >= entry.size() || entry[end + 1] != ':') {
      return refused("not an address", entry);
    }
    host = entry.substr(1, end - 1);
    colon = end + 1;
  } else {
    colon = entry.find(':');
    if (colon == ByteView::npos || entry.find(':', colon + 1) != ByteView::npos) {
      return refused("not a host and a port", entry);
    }
    host = entry.substr(0, colon);
  }
  ByteView digits = entry.substr(colon + 1);
  uint16_t port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (host.empty() || error != std::errc() || end != digits.data() + digits.size() || port == 0) {
    return refused("not a host and a port", entry);
  }
  return HostPort{std::string(host), port};
}

bool is_wildcard(const std::string& host) {
  return host == "0.0.0.0" || host == "::" || host == "0:0:0:0:0:0:0:0";
}

Status parse_addresses(ByteView text, std::vector<HostPort>& out) {
  if (!is_well_formed_utf8(text)) return refused("addresses are no text", text);
  for (size_t count = 0;; ++count) {
    if (count == kInitialAddressesMax) return refused("too many addresses", text);
    size_t bar = text.find('|');
    auto address = parse_address(text.substr(0, bar));
    if (!address.ok()) return address.error();
    if (!is_wildcard(address->host)) out.push_back(std::move(*address));
    if (bar == ByteView::npos) return {};
    text.remove_prefix(bar + 1);
  }
}

}  // namespace

Result<std::optional<InitialMessage>> parse_initial_message(ByteView input) {
  if (input.size() < 8) return std::optional<InitialMessage>();
  jute::InputArchive in(input);
  int64_t version = in.get_long();
  // Compat: before 3.5 the message was the id alone. Pinned by initial_message_test.
  InitialMessage out{.sid = ServerId(version), .addresses = {}, .bytes = 8};
  if (version < 0) {
    if (version != kOneAddress && version != kManyAddresses) {
      return Error{ErrorKind::kInvalid, fmt::format("protocol version {}", version)};
    }
    if (input.size() < 20) return std::optional<InitialMessage>();
    out.sid = ServerId(in.get_long());
    int32_t length = in.get_int();
    if (length <= 0 || length > kAddressBytesMax) {
      return Error{ErrorKind::kInvalid, fmt::format("address of {} bytes", length)};
    }
    out.bytes = 20 + static_cast<size_t>(length);
    if (input.size() < out.bytes) return std::optional<InitialMessage>();
    OKAPI_TRY(parse_addresses(input.substr(20, static_cast<size_t>(length)), out.addresses));
  }
  // Compat: the reference gives it a private negative id, finds that smaller than its own, closes,
  // and never reaches it: an anonymous observer gets no further there either. X-ELE-06.
  if (out.sid == kAnonymousObserver) return Error{ErrorKind::kInvalid, "anonymous observer"};
  return std::optional<InitialMessage>(std::move(out));
}

std::string encode_initial_message(ServerId self, const std::vector<HostPort>& addresses,
                                   bool multi_address) {
  OKAPI_ASSERT(!addresses.empty());
  std::string text;
  for (const HostPort& address : addresses) {
    bool v6 = address.host.find(':') != std::string::npos;
    if (!text.empty()) text += '|';
    text += v6 ? fmt::format("[{}]:{}", address.host, address.port)
               : fmt::format("{}:{}", address.host, address.port);
    if (!multi_address) break;
  }
  std::string bytes;
  jute::OutputArchive out(bytes);
  out.put_long(multi_address ? kManyAddresses : kOneAddress);
  out.put_long(self.value());
  out.put_buffer(ByteView(text));
  return bytes;
}

}  // namespace okapi
