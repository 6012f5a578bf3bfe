#include "kubescribed/report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "kube/user_time.h"

namespace kubescribe::daemon {
namespace {

using nlohmann::ordered_json;

constexpr Micros kLogInterval = 5 * kSecond;
constexpr Micros kDrawInterval = 250 * kMillisecond;
constexpr std::size_t kBarWidth = 30;

ordered_json StreamJson(const watch::StreamStatus& stream) {
  ordered_json json;
  json["stream"] = stream.name;
  json["group"] = stream.group;
  json["resource"] = stream.resource;
  json["namespace"] = stream.name_space;
  json["state"] = kube::StreamStateName(stream.state);
  if (!stream.message.empty()) json["message"] = stream.message;
  json["position"] = stream.position;
  json["flowing"] = stream.flowing;
  if (stream.flowed_until) {
    json["flowedUntil"] = kube::FormatRfc3339(*stream.flowed_until);
  }
  json["waitSeconds"] =
      static_cast<double>(stream.lag) / static_cast<double>(kSecond);
  json["eventsPerSecond"] = stream.events_per_second;
  if (stream.last_event_at) {
    json["lastEventAt"] = kube::FormatRfc3339(*stream.last_event_at);
  }
  if (!stream.last_error.empty()) json["error"] = stream.last_error;
  json["events"] = stream.counts.events;
  json["bookmarks"] = stream.counts.bookmarks;
  json["bytes"] = stream.counts.bytes;
  json["lists"] = stream.counts.lists;
  json["items"] = stream.counts.items;
  json["audits"] = stream.counts.audits;
  json["watches"] = stream.counts.watches;
  json["failures"] = stream.counts.failures;
  json["rewinds"] = stream.counts.rewinds;
  json["stubs"] = stream.counts.stubs;
  return json;
}

ordered_json ClusterJson(const ClusterRunner& runner) {
  const watch::ClusterStatus status = runner.status();
  const record::RecorderStats stats = runner.stats();
  ordered_json json;
  json["cluster"] = runner.name();
  json["state"] = status.state;
  if (!status.message.empty()) json["message"] = status.message;
  if (const auto info = runner.info()) {
    json["file"] = info->path;
    json["knownUntil"] = kube::FormatRfc3339(info->known_until);
  }
  json["serverVersion"] = status.server_version;
  json["kinds"] = status.kinds;
  json["unknownGroups"] = status.unknown_groups;
  json["paused"] = status.paused;
  json["revisions"] = stats.revisions;
  json["duplicates"] = stats.duplicates;
  json["gaps"] = stats.gaps;
  json["commits"] = stats.commits;
  json["lastSeq"] = stats.last_seq;
  json["checkpoints"] = stats.checkpoints;
  json["checkpointSinkErrors"] = stats.sink_errors;
  json["queueItems"] = stats.queue_items;
  json["queueBytes"] = stats.queue_bytes;
  json["pruned"] = stats.pruned;
  json["pruneHoldMs"] = stats.prune_hold / kMillisecond;
  json["walBytes"] = stats.wal_bytes;
  json["holding"] = stats.held;
  json["writeErrors"] = stats.write_errors;
  if (!stats.error.empty()) json["error"] = stats.error;
  json["streams"] = ordered_json::array();
  for (const auto& stream : status.streams) {
    json["streams"].push_back(StreamJson(stream));
  }
  return json;
}

ordered_json DiskJson(const Runners& runners, store::DiskBudget& disk) {
  const store::DiskUse use = disk.use();
  ordered_json json;
  json["used"] = use.used;
  if (use.limit.budget) {
    json["budget"] = *use.limit.budget;
    json["whenFull"] =
        use.limit.when_full == store::WhenFull::kHold ? "hold" : "prune";
  }
  json["holding"] =
      std::any_of(runners.begin(), runners.end(),
                  [](const auto& runner) { return runner->stats().held; });
  return json;
}

struct Share {
  std::size_t listed = 0;
  std::size_t streams = 0;
  std::uint64_t items = 0;
  bool done() const { return streams != 0 && listed == streams; }
};

Share ShareOf(const watch::ClusterStatus& status) {
  Share share;
  for (const auto& stream : status.streams) {
    ++share.streams;
    share.items += stream.counts.items;
    const bool waiting = stream.state == kube::StreamState::kStarting ||
                         stream.state == kube::StreamState::kListing;
    if (!waiting) ++share.listed;
  }
  return share;
}

}  // namespace

std::string StatusJson(const Runners& runners, store::DiskBudget& disk,
                       Micros started_at, const Clock& clock) {
  ordered_json json;
  json["pid"] = getpid();
  json["version"] = KUBESCRIBE_VERSION;
  json["startedAt"] = kube::FormatRfc3339(started_at);
  json["now"] = kube::FormatRfc3339(clock.Wall());
  json["disk"] = DiskJson(runners, disk);
  json["clusters"] = ordered_json::array();
  for (const auto& runner : runners) {
    json["clusters"].push_back(ClusterJson(*runner));
  }
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Progress::Progress(const Clock& clock)
    : clock_(clock),
      terminal_(isatty(STDERR_FILENO) != 0),
      last_(clock.Mono()) {}

Micros Progress::interval() const {
  return terminal_ ? kDrawInterval : kLogInterval;
}

void Progress::Show(const Runners& runners) {
  std::vector<std::string> lines;
  bool all_done = true;
  for (const auto& runner : runners) {
    const Share share = ShareOf(runner->status());
    if (share.streams == 0 || share.done()) continue;
    all_done = false;
    if (!terminal_) {
      Log().info("{}: {} of {} streams listed, {} objects so far",
                 runner->name(), share.listed, share.streams, share.items);
      continue;
    }
    const std::size_t full = kBarWidth * share.listed / share.streams;
    lines.push_back(fmt::format("{} [{}{}] {}/{} streams, {} objects",
                                runner->name(), std::string(full, '#'),
                                std::string(kBarWidth - full, '.'),
                                share.listed, share.streams, share.items));
  }
  if (!terminal_) return;
  End();
  if (all_done) return;
  for (const auto& line : lines) {
    std::fprintf(stderr, "\033[K%s\n", line.c_str());
  }
  lines_ = lines.size();
}

void Progress::End() {
  if (lines_ != 0) std::fprintf(stderr, "\033[%zuA\033[J", lines_);
  lines_ = 0;
}

std::string Totals(const ClusterRunner& runner) {
  const record::RecorderStats stats = runner.stats();
  const auto info = runner.info();
  return fmt::format(
      "{}: {} revisions recorded, {} gaps, {} duplicates dropped; file {}, "
      "last seq {}",
      runner.name(), stats.revisions, stats.gaps, stats.duplicates,
      info ? info->path : "none", stats.last_seq);
}

}  // namespace kubescribe::daemon
