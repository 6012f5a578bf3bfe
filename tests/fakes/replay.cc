#include "fakes/replay.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "fakes/bodies.h"

namespace kubescribe::fakes {
namespace {

bool ReplayLine(const std::string& line, State& state, const Clock& clock) {
  const auto frame = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!frame.is_object() || !frame.contains("object") ||
      !frame["object"].is_object()) {
    return false;
  }
  const auto& object = frame["object"];
  const std::string type = frame.value("type", "");
  if (type == "BOOKMARK") return true;
  const std::string api_version = object.value("apiVersion", "");
  const std::string kind_name = object.value("kind", "");
  std::string ns;
  std::string name;
  const std::string text = object.dump();
  if (!ReadName(text, ns, name)) return false;
  for (const KindInfo& kind : state.Kinds()) {
    if (kind.kind != kind_name || kind.ApiVersion() != api_version) continue;
    if (type == "DELETED") return state.Delete(kind, ns, name).has_value();
    state.Put(kind, ns, name, [&](Object& meta, const Object* previous) {
      std::string out;
      ApplyText(kind, text, clock.Wall(), meta, previous, out);
      return out;
    });
    return true;
  }
  return false;
}

}  // namespace

Status ReplayFile(const std::string& path, double rate, State& state,
                  const Clock& clock) {
  std::ifstream file(path);
  if (!file) return Error(Code::kIo, path + ": cannot be read");
  std::string line;
  std::size_t lines = 0;
  std::size_t failed = 0;
  const Micros from = SystemClock().Mono();
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    if (!ReplayLine(line, state, clock)) ++failed;
    ++lines;
    if (rate <= 0) continue;
    const Micros due =
        from + static_cast<Micros>(static_cast<double>(lines) / rate * kSecond);
    const Micros ahead = due - SystemClock().Mono();
    if (ahead > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(ahead));
    }
  }
  if (failed == 0) return {};
  return Error(Code::kInvalid,
               fmt::format("{}: {} of {} lines are no watch events of kinds "
                           "that are served",
                           path, failed, lines));
}

}  // namespace kubescribe::fakes
