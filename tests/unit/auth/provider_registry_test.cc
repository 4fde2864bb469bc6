#include "server/auth/provider_registry.h"

#include <catch2/catch.hpp>

#include "tests/unit/auth/support.h"

namespace okapi {
namespace {

const AuthPeer kPeer{"10.0.0.1"};

TEST_CASE("a connection starts with its address") {
  ProviderRegistry registry = registry_of();
  CHECK(registry.initial_identities(kPeer) == IdentityList{{"ip", "10.0.0.1"}});
}

TEST_CASE("x_cli_17 auth packets: unknown schemes fail, repeats collapse, the list is bounded") {
  ServerConfig config;
  config.limits.identities_per_connection_max = 3;
  ProviderRegistry registry = registry_of(config);
  IdentityList ids = registry.initial_identities(kPeer);
  for (const char* scheme : {"", "world", "super", "auth", "sasl", "x509", "Digest"}) {
    INFO(scheme);
    CHECK(registry.authenticate(scheme, "a:b", kPeer, ids) == ErrorCode::kAuthFailed);
  }
  CHECK(registry.authenticate("digest", std::nullopt, kPeer, ids) == ErrorCode::kAuthFailed);
  CHECK(ids.size() == 1);
  CHECK(registry.authenticate("digest", "a:b", kPeer, ids) == ErrorCode::kOk);
  CHECK(registry.authenticate("digest", "a:b", kPeer, ids) == ErrorCode::kOk);
  CHECK(registry.authenticate("ip", "ignored", kPeer, ids) == ErrorCode::kOk);
  CHECK(ids.size() == 2);
  CHECK(registry.authenticate("digest", "c:d", kPeer, ids) == ErrorCode::kOk);
  CHECK(registry.authenticate("digest", "e:f", kPeer, ids) == ErrorCode::kAuthFailed);
  CHECK(ids.size() == 3);
}

TEST_CASE("the digest scheme can be switched off") {
  ServerConfig config;
  config.auth.digest_provider_enabled = false;
  ProviderRegistry registry = registry_of(config);
  IdentityList ids;
  CHECK(registry.authenticate("digest", "a:b", kPeer, ids) == ErrorCode::kAuthFailed);
  config.auth.enforced_schemes = {"digest"};
  auto refused = ProviderRegistry::make(config);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text == "Authentication scheme digest is not available.");
}

TEST_CASE("an enforced scheme admits only who has proved it") {
  ServerConfig config;
  config.auth.enforced_schemes = {"digest"};
  ProviderRegistry registry = registry_of(config);
  IdentityList ids = registry.initial_identities(kPeer);
  CHECK_FALSE(registry.is_admitted(ids));
  CHECK(registry.authenticate("digest", "a:b", kPeer, ids) == ErrorCode::kOk);
  CHECK(registry.is_admitted(ids));
  CHECK(registry_of().is_admitted({}));
}

TEST_CASE("whoAmI names each identity's user") {
  ProviderRegistry registry = registry_of();
  IdentityList ids = {{"ip", "10.0.0.1"}, {"super", "x"}, {"digest", "bob:hash"}};
  auto infos = registry.who_am_i(ids);
  REQUIRE(infos.size() == 3);
  CHECK(infos[0].user == "10.0.0.1");
  CHECK(infos[1].user.empty());
  CHECK(infos[2].user == "bob");
}

}  // namespace
}  // namespace okapi
