#include "fakes/workload_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fakes/bodies.h"

namespace kubescribe::fakes {

// A small cluster has of everything that every cluster has; what remains
// follows the shares. About half are Pods.
Plan::Plan(std::size_t objects) {
  const std::size_t n = std::max<std::size_t>(objects, 20);
  namespaces = std::clamp<std::size_t>(n / 100, 2, 200);
  nodes = std::clamp<std::size_t>(n / 100, 1, 5000);
  daemon_sets = n < 100 ? 0 : std::clamp<std::size_t>(n / 1000, 1, 8);
  stateful_sets = n / 50;
  cron_jobs = n / 100;
  custom = n < 100 ? 0 : std::max<std::size_t>(n * 5 / 100, 4);
  releases = n < 100 ? 0 : std::clamp<std::size_t>(n / 400, 1, 250);
  events = n * 6 / 100 + 1;
  config_maps = std::max<std::size_t>(n * 9 / 100, 2);
  secrets = std::max<std::size_t>(n * 5 / 100, 2);
  deployments = std::max<std::size_t>(n * 6 / 100, 1);
  deployment_pods = std::max<std::size_t>(n * 42 / 100, 1);
}

Event World::Put(const std::string& id, const std::string& ns,
                 const std::string& name, const Template& whole, Fields fields,
                 std::uint64_t generation) {
  return state.Put(Kind(id), ns, name,
                   [&](ObjectMeta& meta, const Object* previous) {
                     if (generation == kNext) {
                       if (previous != nullptr) ++meta.generation;
                     } else if (generation != kSame) {
                       meta.generation = generation;
                     }
                     return Body(whole, fields);
                   });
}

bool World::Delete(const std::string& id, const std::string& ns,
                   const std::string& name) {
  return state.Delete(Kind(id), ns, name).has_value();
}

std::string World::UidOf(const std::string& id, const std::string& ns,
                         const std::string& name) {
  const ObjectPtr object = state.Get(Kind(id), ns, name);
  return object == nullptr ? "" : object->uid;
}

const KindInfo& World::Kind(const std::string& id) {
  const auto known = kinds_.find(id);
  if (known != kinds_.end()) return known->second;
  return kinds_.emplace(id, *state.FindKind(id)).first->second;
}

std::string World::Now() {
  const Micros now = clock.Wall();
  if (now / kSecond != second_) {
    second_ = now / kSecond;
    now_ = Rfc3339(now);
  }
  return now_;
}

std::string World::NowMicro() {
  const Micros now = clock.Wall();
  std::string text = Rfc3339(now);
  text.insert(text.size() - 1, fmt::format(".{:06}", now % kSecond));
  return text;
}

std::string World::Hex(std::size_t digits) {
  std::string out;
  for (std::size_t i = 0; i < digits; ++i) {
    out += "0123456789abcdef"[Below(16)];
  }
  return out;
}

void World::QueuePut(std::function<void()> put) {
  Queue([put = std::move(put)] {
    put();
    return true;
  });
}

std::string NodeName(std::size_t index) {
  return fmt::format("node-{:04}", index);
}

}  // namespace kubescribe::fakes
