// App::Prune: `kubescribe prune` while the cluster is recorded.
#include <nlohmann/json.hpp>
#include <utility>

#include "kubescribed/app.h"

namespace kubescribe::daemon {
namespace {

using nlohmann::json;

constexpr Micros kTellEvery = 200 * kMillisecond;

// kInvalid: not what the tool sends.
Result<store::PruneWish> WishOf(const json& args) {
  store::PruneWish wish;
  try {
    for (const json& id : args.value("resources", json::array())) {
      wish.resources.push_back(id.get<std::int64_t>());
    }
    if (args.contains("before")) wish.before = args["before"].get<Micros>();
    if (args.contains("keep")) wish.keep = args["keep"].get<std::int64_t>();
    if (args.contains("maxBytes")) {
      wish.max_bytes = args["maxBytes"].get<std::uint64_t>();
    }
  } catch (const json::exception&) {
    return Error(Code::kInvalid, "a bound of the prune is not a number");
  }
  if (Status wanted = store::CheckWish(wish); !wanted.ok()) {
    return wanted.error();
  }
  return wish;
}

json JsonOf(const store::PruneProgress& progress) {
  return {{"record", progress.record},
          {"revisions", progress.revisions},
          {"objects", progress.objects},
          {"bytes", progress.bytes},
          {"lookedAt", progress.looked_at},
          {"of", progress.of},
          {"usedBytes", progress.used_bytes},
          {"returnedBytes", progress.returned_bytes},
          {"outOfReach", progress.out_of_reach}};
}

}  // namespace

Result<std::string> App::Prune(control::Call& call) {
  const json args = json::parse(call.args(), nullptr, false);
  const auto wish = WishOf(args);
  if (!wish.ok()) return wish.error();
  std::string name = args.value("cluster", std::string());
  const auto recorder = RecorderOf(name);
  if (!recorder.ok()) return recorder.error();
  Micros told = 0;
  const auto done =
      (*recorder)->Prune(*wish, [&](const store::PruneProgress& progress) {
        const Micros now = SystemClock().Mono();
        if (now - told < kTellEvery) return call.Wanted();
        told = now;
        return call.Send(JsonOf(progress).dump());
      });
  if (!done.ok()) return done.error();
  json answer = JsonOf(*done);
  answer["cluster"] = name;
  return answer.dump();
}

}  // namespace kubescribe::daemon
