#include "watch/discoverer.h"

#include <algorithm>
#include <utility>

namespace kubescribe::watch {
namespace {

constexpr const char* kRoots[] = {"/api", "/apis"};
constexpr const char* kAccept =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json";

}  // namespace

kube::Discovery KeepUnknown(const kube::Discovery& previous,
                            kube::Discovery next) {
  for (const kube::ResourceInfo& resource : previous.resources) {
    if (!next.IsUnknown(resource.group, resource.version)) continue;
    const auto same = [&](const kube::ResourceInfo& other) {
      return other.group == resource.group &&
             other.version == resource.version &&
             other.resource == resource.resource;
    };
    if (std::none_of(next.resources.begin(), next.resources.end(), same)) {
      next.resources.push_back(resource);
      next.preferred.try_emplace(resource.group,
                                 previous.preferred.count(resource.group) > 0
                                     ? previous.preferred.at(resource.group)
                                     : resource.version);
    }
  }
  return next;
}

Discoverer::Discoverer(net::HttpClient& http, ListGate& gate, Micros deadline)
    : fetch_(http, gate, deadline) {}

void Discoverer::Start(Done done) {
  Cancel();
  done_ = std::move(done);
  builder_ = {};
  wanted_.clear();
  any_root_ = false;
  GetRoot(0);
}

void Discoverer::Cancel() {
  fetch_.Cancel();
  done_ = nullptr;
}

void Discoverer::GetRoot(std::size_t index) {
  if (index == std::size(kRoots)) {
    wanted_ = builder_.Wanted();
    std::reverse(wanted_.begin(), wanted_.end());
    GetNext();
    return;
  }
  fetch_.Start(kRoots[index], kAccept, [this, index](FetchAnswer answer) {
    if (answer.failure) {
      // Only what says that there is no such root, or not for us, is an
      // answer; and a server that has just started may say so of any.
      const FailureKind kind = answer.failure->kind;
      const bool absent =
          kind == FailureKind::kNotFound || kind == FailureKind::kForbidden;
      if (!absent || (index + 1 == std::size(kRoots) && !any_root_)) {
        Finish(answer.failure);
        return;
      }
      builder_.MarkUnknown(kRoots[index]);
    } else {
      const Result<bool> aggregated =
          builder_.AddRoot(answer.content_type, answer.body);
      if (!aggregated.ok()) {
        Finish(Failure{FailureKind::kBadAnswer,
                       aggregated.error().Wrap(kRoots[index]).message(),
                       {},
                       200});
        return;
      }
      any_root_ = true;
    }
    GetRoot(index + 1);
  });
}

void Discoverer::GetNext() {
  if (wanted_.empty()) {
    Finish(std::nullopt);
    return;
  }
  const std::string path = std::move(wanted_.back());
  wanted_.pop_back();
  fetch_.Start(path, "application/json",
               [this, path](const FetchAnswer& answer) {
                 if (answer.failure ||
                     !builder_.AddResourceList(path, answer.body).ok()) {
                   builder_.Failed(path);
                 }
                 GetNext();
               });
}

void Discoverer::Finish(std::optional<Failure> failure) {
  const Done done = std::exchange(done_, nullptr);
  Answer answer;
  answer.failure = std::move(failure);
  if (!answer.failure) answer.discovery = builder_.Build();
  done(std::move(answer));
}

}  // namespace kubescribe::watch
