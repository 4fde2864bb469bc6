// What the tests of this room share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/jute/record.h"
#include "server/auth/acl_check.h"
#include "server/auth/provider_registry.h"

namespace okapi {

inline ProviderRegistry registry_of(const ServerConfig& config = {}) {
  auto registry = ProviderRegistry::make(config);
  return std::move(registry).value();
}

inline jute::Vector<AclView> acl_of(std::vector<AclView> entries) {
  return {std::move(entries), false};
}

}  // namespace okapi
