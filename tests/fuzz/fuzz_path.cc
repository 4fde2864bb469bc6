// Any bytes as a path, an ACL id, a secret's name and four letters: the small parsers of what
// clients send, each held to what it promises.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/assert.h"
#include "common/proto/path.h"
#include "server/admin/four_letter_commands.h"
#include "server/auth/digest_provider.h"
#include "server/auth/ip_address.h"
#include "server/auth/ip_provider.h"

namespace okapi {
namespace {

void check_path(ByteView text) {
  std::string replaced = with_malformed_replaced(text);
  OKAPI_ASSERT(is_well_formed_utf8(replaced));
  OKAPI_ASSERT(!is_well_formed_utf8(text) || replaced == text);
  if (!is_valid_path(text)) return;
  OKAPI_ASSERT(text.front() == '/');
  OKAPI_ASSERT(text.size() == 1 || text.back() != '/');
  OKAPI_ASSERT(text.find('\0') == ByteView::npos);
  OKAPI_ASSERT(text.find("//") == ByteView::npos);
  OKAPI_ASSERT(is_at_or_below(text, parent_of(text)));
  if (text.size() > 1) {
    OKAPI_ASSERT(std::string(parent_of(text)) + "/" + std::string(name_of_path(text)) == text);
    OKAPI_ASSERT(parent_of(text).empty() || is_valid_path(parent_of(text)));
  }
}

void check_ids(ByteView text) {
  IpProvider ip;
  // An address that stands alone is in its own network.
  if (ip.is_valid_id(text) && text.find('/') == ByteView::npos) {
    OKAPI_ASSERT(ip.matches(text, text));
    // As shown it is an address still.
    OKAPI_ASSERT(parse_ip(java_host_address(text)).has_value());
  }
  auto digest = DigestProvider::make("SHA1", Secret());
  auto proved = digest.value()->authenticate(text, {});
  OKAPI_ASSERT(proved && proved->size() == 1);
  OKAPI_ASSERT(digest.value()->matches(proved->front().id, proved->front().id));
}

void run(ByteView text) {
  check_path(text);
  check_ids(text);
  if (auto word = recognize_word(text)) OKAPI_ASSERT(text.size() == 4 && !name_of(*word).empty());
}

}  // namespace
}  // namespace okapi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  okapi::run(okapi::ByteView(reinterpret_cast<const char*>(data), size));
  return 0;
}
