// World: what the parts of the workload share: the state they write to, the
// clock, the one source of chance, and the changes that are still to come.
//
//   class Leases final : public Part { ... };  // one subject of the workload
//
// A part puts up its standing objects in Fill, and is asked for a change by
// Act. What takes several revisions is queued: tasks run in their order, mixed
// with what the parts do at once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

// One change; false when there was nothing to be done.
using Task = std::function<bool()>;

// How many of what stand after Fill.
struct Plan {
  explicit Plan(std::size_t objects);

  std::size_t namespaces = 0;
  std::size_t nodes = 0;
  std::size_t config_maps = 0;
  std::size_t secrets = 0;
  std::size_t releases = 0;
  std::size_t deployments = 0;
  std::size_t deployment_pods = 0;
  std::size_t stateful_sets = 0;
  std::size_t daemon_sets = 0;
  std::size_t cron_jobs = 0;
  std::size_t custom = 0;  // 0: their kinds are not there either
  std::size_t events = 0;
};

class World {
 public:
  World(std::uint64_t seed, State& state, const Clock& clock)
      : state(state), clock(clock), random(seed) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Generations: as it is, one more than before, or this one.
  static constexpr std::uint64_t kSame = 0;
  static constexpr std::uint64_t kNext = ~std::uint64_t{0};
  Event Put(const std::string& id, const std::string& ns,
            const std::string& name, const Template& whole, Fields fields,
            std::uint64_t generation = kSame);
  bool Delete(const std::string& id, const std::string& ns,
              const std::string& name);
  // Empty when there is none.
  std::string UidOf(const std::string& id, const std::string& ns,
                    const std::string& name);
  // It must be served when first asked for.
  const KindInfo& Kind(const std::string& id);

  std::string Now();       // RFC 3339
  std::string NowMicro();  // with microseconds
  std::size_t Below(std::size_t bound) {
    return static_cast<std::size_t>(random.Below(bound));
  }
  std::string Hex(std::size_t digits);
  const std::string& AnyNamespace() {
    return namespaces[Below(namespaces.size())];
  }

  void Queue(Task task) { tasks.push_back(std::move(task)); }
  // Queues a change that is always one revision.
  void QueuePut(std::function<void()> put);
  // Enough is under way; nothing large should be begun.
  bool Busy() const { return tasks.size() > 200; }

  State& state;
  const Clock& clock;
  SeededRandom random;
  std::vector<std::string> namespaces;  // those that stay
  std::size_t nodes = 0;
  std::deque<Task> tasks;

 private:
  std::map<std::string, KindInfo> kinds_;
  Micros second_ = -1;  // that now_ was made for
  std::string now_;
};

class Part {
 public:
  virtual ~Part() = default;
  virtual void Fill(const Plan& plan) = 0;
  // A change now (true), or changes queued, or nothing to be done (false).
  virtual bool Act() = 0;
};

std::string NodeName(std::size_t index);

}  // namespace kubescribe::fakes
