#include "server/auth/digest_provider.h"

#include <catch2/catch.hpp>

namespace okapi {
namespace {

std::unique_ptr<DigestProvider> digest(const std::string& algorithm = "SHA1",
                                       const std::string& super = "") {
  auto made = DigestProvider::make(algorithm, Secret(super));
  REQUIRE(made.ok());
  return std::move(made).value();
}

TEST_CASE("digest ids are user:BASE64(SHA1(user:password))") {
  CHECK(digest()->generate_digest("u:p") == "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=");
  CHECK(digest()->generate_digest("super:test") == "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
  CHECK(digest()->generate_digest("a:b:c").starts_with("a:"));
  CHECK(digest()->generate_digest("abc").starts_with("abc:"));
  CHECK(digest()->generate_digest("") == ":2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
}

TEST_CASE("digest algorithms by their Java names") {
  CHECK(digest("SHA-1")->generate_digest("super:test") ==
        digest("SHA")->generate_digest("super:test"));
  CHECK(digest("SHA-256")->generate_digest("a:b").size() == 2 + 44);
  CHECK(digest("SHA-512")->generate_digest("a:b").size() == 2 + 88);
  CHECK(digest("SHA3-256")->generate_digest("a:b").size() == 2 + 44);
  CHECK(digest("MD5")->generate_digest("a:b").size() == 2 + 24);
  CHECK_FALSE(DigestProvider::make("SHA-9", Secret()).ok());
  CHECK_FALSE(DigestProvider::make("", Secret()).ok());
}

TEST_CASE("an auth packet proves the digest, and super when it is the configured one") {
  auto provider = digest("SHA1", "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
  CHECK(*provider->authenticate("super:test", {}) ==
        std::vector<Identity>{{"super", ""}, {"digest", "super:D/InIHSb7yEEbrWz8b9l71RjZJU="}});
  CHECK(provider->authenticate("super:Test", {})->size() == 1);
  CHECK(digest()->authenticate("super:test", {})->size() == 1);
  CHECK_FALSE(provider->authenticate(std::nullopt, {}));
  // Bytes that are no UTF-8 count as the reference's string of them.
  CHECK(provider->authenticate("u\xFF:p", {}) == provider->authenticate("u\xEF\xBF\xBD:p", {}));
}

TEST_CASE("x_cli_16 digest ids have two parts once empty ends are dropped") {
  auto provider = digest();
  for (const char* id : {"a:b", ":b", "a:b:", "a:b::"}) {
    INFO(id);
    CHECK(provider->is_valid_id(id));
  }
  for (const char* id : {"", ":", "::", "a", "a:", "a:b:c", "::b", "a::b"}) {
    INFO(id);
    CHECK_FALSE(provider->is_valid_id(id));
  }
  CHECK(provider->matches("a:b", "a:b"));
  CHECK_FALSE(provider->matches("a:b", "a:c"));
  CHECK(provider->user_name("bob:hash") == "bob");
}

}  // namespace
}  // namespace okapi
