// Scheme "digest": user and password, kept as user:BASE64(hash(user:password)) (client-protocol
// spec 5.6). Also the door to `super`, when its digest is configured.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "server/auth/auth_provider.h"
#include "server/config/secret.h"

namespace okapi {

class DigestProvider final : public AuthProvider {
 public:
  // `algorithm` by its Java name ("SHA1", "SHA-256", …); fails if the library has none of it.
  static Result<std::unique_ptr<DigestProvider>> make(const std::string& algorithm,
                                                      Secret super_digest);

  std::string_view scheme() const override { return "digest"; }
  // Refuses only null data: any user with any password is somebody.
  std::optional<std::vector<Identity>> authenticate(NullableView data,
                                                    const AuthPeer& peer) const override;
  bool matches(ByteView id, ByteView acl_id) const override;
  bool is_valid_id(ByteView id) const override;
  bool is_authenticated() const override { return true; }
  std::string user_name(ByteView id) const override;

  // The id of "user:password" bytes.
  std::string generate_digest(ByteView user_and_password) const;

 private:
  DigestProvider(const void* hash, Secret super_digest)
      : hash_(hash), super_digest_(std::move(super_digest)) {}

  const void* hash_;  // the library's description of the algorithm, static
  Secret super_digest_;
};

// Whether two texts are equal, in a time that depends on their lengths only.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace okapi
