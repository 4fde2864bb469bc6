#include "server/auth/acl_check.h"

#include <catch2/catch.hpp>

#include "tests/unit/auth/support.h"

namespace okapi {
namespace {

const Identity kIp{"ip", "10.0.0.1"};
const Identity kBob{"digest", "bob:hash"};
const Identity kSuper{"super", ""};

bool allowed(const AclList& acl, int32_t wanted, const IdentityList& ids, bool skip = false) {
  ProviderRegistry registry = registry_of();
  return check_acl(acl, wanted, ids, registry, skip) == ErrorCode::kOk;
}

TEST_CASE("one shared bit is enough, none is not, for each permission") {
  for (int32_t bit : {1, 2, 4, 8, 16}) {
    for (int32_t wanted : {1, 2, 4, 8, 16}) {
      CHECK(allowed({{bit, "world", "anyone"}}, wanted, {kIp}) == (bit == wanted));
      CHECK(allowed({{bit, "digest", "bob:hash"}}, wanted, {kIp, kBob}) == (bit == wanted));
    }
  }
  CHECK(allowed({{Perms::kAdmin, "world", "anyone"}}, Perms::kRead | Perms::kAdmin, {}));
  CHECK_FALSE(allowed({{0, "world", "anyone"}}, Perms::kAll, {}));
}

TEST_CASE("what lets everybody in") {
  AclList closed = {{Perms::kAll, "digest", "eve:hash"}};
  CHECK_FALSE(allowed(closed, Perms::kRead, {kIp, kBob}));
  CHECK(allowed(closed, Perms::kRead, {kIp}, true));
  CHECK(allowed(closed, Perms::kRead, {kIp, kSuper}));
  CHECK(allowed({}, Perms::kRead, {}));
}

TEST_CASE("an entry matches by its own scheme only") {
  CHECK(allowed({{1, "ip", "10.0.0.0/8"}}, 1, {kIp}));
  CHECK_FALSE(allowed({{1, "ip", "10.0.0.0/8"}}, 1, {{"digest", "10.0.0.1"}}));
  CHECK_FALSE(allowed({{1, "world", "somebody"}}, 1, {kIp}));
  CHECK_FALSE(allowed({{1, "sasl", "bob"}}, 1, {{"sasl", "bob"}}));  // no provider
  CHECK(allowed({{2, "world", "anyone"}, {1, "digest", "bob:hash"}}, 1, {kBob}));
  CHECK_FALSE(allowed({{2, "world", "anyone"}, {1, "digest", "bob:hash"}}, 1, {kIp}));
}

NormalizedAcl normalized(std::vector<AclView> entries, const IdentityList& ids = {kIp}) {
  ProviderRegistry registry = registry_of();
  return normalize_acl(acl_of(std::move(entries)), ids, registry);
}

TEST_CASE("x_cli_16 lists that are refused") {
  ProviderRegistry registry = registry_of();
  CHECK(normalize_acl({{}, true}, {}, registry).error == ErrorCode::kInvalidAcl);
  for (const AclView& entry : std::vector<AclView>{{31, std::nullopt, "x"},
                                                   {31, "world", "other"},
                                                   {31, "world", std::nullopt},
                                                   {31, "super", ""},
                                                   {31, "sasl", "bob"},
                                                   {31, "digest", "nocolon"},
                                                   {31, "digest", std::nullopt},
                                                   {31, "ip", "1.2.3.4/33"},
                                                   {31, "", ""},
                                                   {31, "auth", ""}}) {
    CHECK(normalized({entry}).error == ErrorCode::kInvalidAcl);
    CHECK(normalized({{1, "world", "anyone"}, entry}).error == ErrorCode::kInvalidAcl);
  }
  CHECK(normalized({}).error == ErrorCode::kInvalidAcl);
}

TEST_CASE("x_cli_16 perms are kept verbatim, exact repeats removed") {
  CHECK(normalized({{0, "world", "anyone"}, {255, "world", "anyone"}, {0, "world", "anyone"}})
            .list() == AclList{{0, "world", "anyone"}, {255, "world", "anyone"}});
  CHECK(normalized({{-1, "ip", "::1"}}).list() == AclList{{-1, "ip", "::1"}});
}

TEST_CASE("auth stands for the proved identities, at its place, without a second clean-up") {
  IdentityList ids = {kIp, kSuper, kBob, {"digest", "al:hash"}};
  CHECK(normalized({{1, "digest", "bob:hash"}, {1, "auth", std::nullopt}, {2, "world", "anyone"}},
                   ids)
            .list() == AclList{{1, "digest", "bob:hash"},
                               {1, "digest", "bob:hash"},
                               {1, "digest", "al:hash"},
                               {2, "world", "anyone"}});
  CHECK(normalized({{1, "auth", "x"}}, {kIp, kSuper}).error == ErrorCode::kInvalidAcl);
}

TEST_CASE("x_cli_16 ten thousand entries take no quadratic time, and the list is bounded") {
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) names.push_back("u" + std::to_string(i) + ":h");
  std::vector<AclView> entries;
  for (const std::string& name : names) entries.push_back({1, "digest", name});
  CHECK(normalized(entries).list().size() == 10'000);
  ServerConfig config;
  config.limits.acl_entries_max = 9'999;
  ProviderRegistry registry = registry_of(config);
  CHECK(normalize_acl(acl_of(entries), {}, registry).error == ErrorCode::kInvalidAcl);
}

TEST_CASE("s_04 getACL hides digest hashes") {
  AclList acl = {{1, "digest", "bob:hash:more"}, {1, "ip", "::1"}, {1, "digest", "odd"}};
  CHECK(redact(acl) == AclList{{1, "digest", "bob:x"}, {1, "ip", "::1"}, {1, "digest", "odd"}});
}

}  // namespace
}  // namespace okapi
