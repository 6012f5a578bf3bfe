#include "kubescribe/file_status.h"

#include <cstdio>
#include <filesystem>
#include <iterator>

#include "control/client.h"
#include "kube/observation.h"
#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

constexpr Micros kStatusPatience = 3 * kSecond;

}  // namespace

std::string HumanSize(std::uintmax_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value,
                kUnits[unit]);
  return text;
}

Result<FileStatus> LookAt(const query::DatabaseFile& file) {
  FileStatus status;
  status.path = file.path;
  auto reader = store::Reader::Open(file.path);
  if (!reader.ok()) return reader.error();
  status.info = (*reader)->info();
  status.warnings = (*reader)->warnings();
  auto streams = (*reader)->Streams();
  if (!streams.ok()) return streams.error();
  status.streams = std::move(*streams);
  for (const store::StreamRow& stream : status.streams) {
    status.open_gaps += stream.gap_cause.empty() ? 0 : 1;
  }
  auto stats = (*reader)->Stats();
  if (!stats.ok()) return stats.error();
  for (const auto& row : *stats) status.stats.emplace(row.resource_id, row);
  auto gaps = (*reader)->Gaps(0);
  if (!gaps.ok()) return gaps.error();
  for (const auto& gap : *gaps) status.gaps += gap.cause == "start" ? 0 : 1;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(file.path + suffix, absent);
    if (!absent) status.size += size;
  }
  return status;
}

output::Value AskRecorder(const query::Place& place) {
  if (!place.file.empty()) return output::Value::Null();
  const Result<std::string> answer =
      control::Ask(place.data_dir, {.command = "status"}, kStatusPatience);
  if (!answer.ok()) {
    if (answer.error().code() != Code::kNotFound) {
      Say("warning", answer.error().message());
    }
    return output::Value::Null();
  }
  Result<output::Value> value = output::ParseJson(*answer);
  return value.ok() ? std::move(*value) : output::Value::Null();
}

const output::Value* LiveCluster(const output::Value& recorder,
                                 const std::string& cluster) {
  const output::Value* clusters = recorder.Find("clusters");
  if (clusters == nullptr) return nullptr;
  for (const output::Value& item : clusters->items) {
    const output::Value* name = item.Find("cluster");
    if (name != nullptr && name->text == cluster) return &item;
  }
  return nullptr;
}

std::string ShownState(const std::string& state, bool stopped) {
  if (!stopped) return state;
  for (const auto active :
       {kube::StreamState::kStarting, kube::StreamState::kListing,
        kube::StreamState::kWatching, kube::StreamState::kBackoff}) {
    if (state == kube::StreamStateName(active)) return "stopped";
  }
  return state;
}

std::string_view Liveness(const FileStatus& status, const output::Value* live,
                          const query::Place& place) {
  if (live != nullptr) return "live";
  return status.info.clean_stop || place.file.empty() ? "stopped" : "unknown";
}

}  // namespace kubescribe::tool
