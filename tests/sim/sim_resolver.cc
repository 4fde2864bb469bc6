#include "tests/sim/sim_resolver.h"

#include <arpa/inet.h>

#include <utility>

namespace okapi::sim {
namespace {

bool is_numeric(const std::string& host) {
  in6_addr ignored;
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

void SimResolver::look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) {
  NameLookup answer{.ticket = ticket, .ips = {}};
  if (is_numeric(host)) {
    answer.ips.push_back(host);
    return reply.post(std::move(answer));
  }
  SimNet& net = nic_.net_;
  if (net.names().silent.contains(host)) return;
  auto known = net.names().ips.find(host);
  if (known != net.names().ips.end()) answer.ips = known->second;
  auto most = static_cast<uint64_t>(net.options().lookup_max.count());
  Nanos delay(static_cast<int64_t>(net.world().rng().below(most + 1)));
  auto owed = std::make_shared<Owed>(Owed{&reply});
  owed_.push_back(owed);
  net.world().at(nic_.meter_.now() + delay,
                 [this, weak = std::weak_ptr<Owed>(owed), answer = std::move(answer)] {
                   auto due = weak.lock();
                   if (due == nullptr) return;
                   std::erase(owed_, due);
                   due->reply->post(answer);
                 });
}

void SimResolver::forget(Mailbox<NameLookup>& reply) {
  std::erase_if(owed_, [&](const auto& owed) { return owed->reply == &reply; });
}

}  // namespace okapi::sim
