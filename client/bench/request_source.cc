#include "client/bench/request_source.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iterator>

#include "common/base/assert.h"

namespace okapi::bench {

namespace {

// Deep enough that the server's sync is shared by many, shallow enough for any outstanding limit.
constexpr size_t kPrepareDepth = 128;
constexpr Millis kPipelineStallMax{60'000};

void write_number(std::string& out, uint64_t number) {
  fmt::format_to(std::back_inserter(out), "{:08}", number);
}

}  // namespace

RequestSource::RequestSource(const BenchOptions& options, size_t instance, uint64_t seed)
    : options_(options),
      random_(seed),
      data_(options.data_bytes, 'd'),
      children_parent_(options.base + "/children"),
      create_parent_(fmt::format("{}/create-{}", options.base, instance)),
      write_limit_(static_cast<uint64_t>(options.write_share * 4294967296.0)) {
  keys_.reserve(options.keys);
  for (size_t i = 0; i < options.keys; ++i) {
    keys_.push_back(fmt::format("{}/keys/k{:07}", options.base, i));
  }
}

void RequestSource::issue(ClientSession& session, uint64_t tag) {
  switch (options_.workload) {
    case Workload::kGet:
      session.get_data(random_key(), Watch::kNo, tag);
      return;
    case Workload::kExists:
      session.exists(random_key(), Watch::kNo, tag);
      return;
    case Workload::kChildren:
      session.get_children(children_parent_, Watch::kNo, tag);
      return;
    case Workload::kSet:
      session.set_data(random_key(), data_, -1, tag);
      return;
    case Workload::kMixed:
      if ((random_.next() >> 32) < write_limit_) {
        session.set_data(random_key(), data_, -1, tag);
      } else {
        session.get_data(random_key(), Watch::kNo, tag);
      }
      return;
    case Workload::kCreate:
      path_.assign(create_parent_).append("/n");
      write_number(path_, created_++);
      session.create({.path = path_, .data = ByteView(data_)}, tag);
      return;
    case Workload::kMulti:
      return issue_multi(session, tag);
    case Workload::kWatch:
    case Workload::kConnect:
    case Workload::kHandshakes:
    case Workload::kIdle:
    case Workload::kLoad:
      break;
  }
  assertion_failed("a steady workload", __FILE__, __LINE__);
}

void RequestSource::issue_multi(ClientSession& session, uint64_t tag) {
  multi_.clear();
  for (size_t i = 0; i < options_.multi_ops; ++i) multi_.set_data(random_key(), ByteView(data_));
  session.multi(multi_, tag);
}

std::string RequestSource::created_path(uint64_t number) const {
  std::string out = create_parent_ + "/n";
  write_number(out, number);
  return out;
}

Status RequestSource::prepare_shared(LinkGroup& links) const {
  switch (options_.workload) {
    case Workload::kChildren:
      OKAPI_TRY(create_with_parents(links, children_parent_));
      return pipeline(links, options_.children, kPrepareDepth,
                      [&](ClientSession& session, uint64_t i) {
                        std::string path = fmt::format("{}/name-{:05}", children_parent_, i);
                        session.create({.path = path});
                      });
    case Workload::kGet:
    case Workload::kExists:
    case Workload::kSet:
    case Workload::kMixed:
    case Workload::kMulti:
      OKAPI_TRY(create_with_parents(links, options_.base + "/keys"));
      return pipeline(links, keys_.size(), kPrepareDepth, [&](ClientSession& session, uint64_t i) {
        session.create({.path = keys_[i], .data = ByteView(data_)});
        session.set_data(keys_[i], data_, -1, i);  // an older run may have left another size
      });
    case Workload::kCreate:
      return create_with_parents(links, options_.base);
    case Workload::kWatch:
    case Workload::kConnect:
    case Workload::kHandshakes:
    case Workload::kIdle:
    case Workload::kLoad:
      break;
  }
  return {};
}

Status RequestSource::prepare(LinkGroup& links) const {
  if (options_.workload != Workload::kCreate) return {};
  return create_with_parents(links, create_parent_);
}

Status RequestSource::clean(LinkGroup& links) const {
  if (options_.workload != Workload::kCreate) return {};
  OKAPI_TRY(pipeline(links, created_, kPrepareDepth,
                     [&](ClientSession& session, uint64_t i) { session.remove(created_path(i)); }));
  return pipeline(links, 1, 1,
                  [&](ClientSession& session, uint64_t) { session.remove(create_parent_); });
}

Status pipeline(LinkGroup& links, uint64_t total, size_t depth,
                const std::function<void(ClientSession&, uint64_t)>& issue) {
  uint64_t issued = 0;
  uint64_t waiting = 0;
  ErrorCode error = ErrorCode::kOk;
  auto fill = [&](size_t index) {
    ClientSession& session = links.session(index);
    while (issued < total && session.in_flight() < depth) {
      size_t before = session.in_flight();
      issue(session, issued++);
      waiting += session.in_flight() - before;
      links.mark(index);
    }
  };
  for (size_t i = 0; i < links.size(); ++i) fill(i);
  links.flush_marked(now());
  MonoTime progress = now();
  while (waiting > 0 && !links.has_failed() && now() < progress + kPipelineStallMax) {
    links.turn(now() + kPipelineStallMax, [&](size_t index, const Delivery& delivery, MonoTime t) {
      if (delivery.kind != Delivery::Kind::kReply) return;
      --waiting;
      progress = t;
      bool fine = delivery.err == ErrorCode::kOk || delivery.err == ErrorCode::kNodeExists ||
                  delivery.err == ErrorCode::kNoNode;
      if (!fine) error = delivery.err;
      fill(index);
    });
  }
  if (links.has_failed()) return Error{ErrorKind::kClosed, links.failure()};
  if (waiting > 0) return Error{ErrorKind::kBusy, "server stalled"};
  if (error != ErrorCode::kOk) {
    return Error{ErrorKind::kInvalid, fmt::format("server answered error {}", int(error))};
  }
  return {};
}

Status create_with_parents(LinkGroup& links, const std::string& path) {
  std::vector<std::string> chain;
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    chain.push_back(path.substr(0, slash));
  }
  chain.push_back(path);
  for (const std::string& node : chain) {
    OKAPI_TRY(pipeline(links, 1, 1,
                       [&](ClientSession& session, uint64_t) { session.create({.path = node}); }));
  }
  return {};
}

}  // namespace okapi::bench
