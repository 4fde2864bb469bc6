#include "server/auth/digest_provider.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "common/proto/path.h"

namespace okapi {
namespace {

// Java's algorithm names differ from the library's in few letters: "SHA-256" is "SHA256" there.
const EVP_MD* find_hash(const std::string& algorithm) {
  // Found without a table of all that there are: this one table takes a megabyte.
  if (algorithm == "SHA1" || algorithm == "SHA-1" || algorithm == "SHA") return EVP_sha1();
  if (const EVP_MD* md = EVP_get_digestbyname(algorithm.c_str())) return md;
  std::string name = algorithm;
  if (name.starts_with("SHA-")) name.erase(3, 1);
  return EVP_get_digestbyname(name.c_str());
}

std::string base64(const uint8_t* bytes, size_t size) {
  std::string out((size + 2) / 3 * 4 + 1, '\0');  // the library ends it with a zero
  int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size));
  out.resize(static_cast<size_t>(length));
  return out;
}

}  // namespace

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::unique_ptr<DigestProvider>> DigestProvider::make(const std::string& algorithm,
                                                             Secret super_digest) {
  const EVP_MD* hash = find_hash(algorithm);
  if (hash == nullptr) {
    return Error{ErrorKind::kInvalid, "don't support this ACL digest algorithm: " +
                                          printable(algorithm) + " in the current environment"};
  }
  return std::unique_ptr<DigestProvider>(new DigestProvider(hash, std::move(super_digest)));
}

std::string DigestProvider::generate_digest(ByteView user_and_password) const {
  std::array<uint8_t, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  int done = EVP_Digest(user_and_password.data(), user_and_password.size(), hash.data(), &size,
                        static_cast<const EVP_MD*>(hash_), nullptr);
  OKAPI_ASSERT(done == 1);
  std::string id(user_and_password.substr(0, user_and_password.find(':')));
  return id + ":" + base64(hash.data(), size);
}

std::optional<std::vector<Identity>> DigestProvider::authenticate(NullableView data,
                                                                  const AuthPeer& /*peer*/) const {
  if (!data) return std::nullopt;
  // Compat: the reference makes a string of the bytes and bytes of the string again.
  std::string id = generate_digest(is_well_formed_utf8(*data) ? std::string(*data)
                                                              : with_malformed_replaced(*data));
  std::vector<Identity> out;
  if (!super_digest_.empty() && equal_in_constant_time(id, super_digest_.reveal())) {
    out.push_back({"super", ""});
  }
  out.push_back({"digest", std::move(id)});
  return out;
}

bool DigestProvider::matches(ByteView id, ByteView acl_id) const {
  return equal_in_constant_time(id, acl_id);
}

// Compat: two parts at ':' once empty parts at the end are dropped: "a:b", ":b", "a:b:" are ids;
// "a", "a:", "a:b:c" are not.
bool DigestProvider::is_valid_id(ByteView id) const {
  while (!id.empty() && id.back() == ':') id.remove_suffix(1);
  size_t colon = id.find(':');
  return colon != ByteView::npos && id.find(':', colon + 1) == ByteView::npos;
}

std::string DigestProvider::user_name(ByteView id) const {
  return std::string(id.substr(0, id.find(':')));
}

}  // namespace okapi
