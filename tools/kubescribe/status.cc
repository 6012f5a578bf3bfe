// kubescribe status: what is recorded, up to when, and how the recorder does.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "kube/user_time.h"
#include "kubescribe/answer.h"
#include "kubescribe/command.h"
#include "kubescribe/file_status.h"
#include "output/table.h"
#include "query/doubt.h"
#include "store/certainty.h"

namespace kubescribe::tool {
namespace {

using output::Value;

constexpr char kStatusExamples[] = R"(Examples:
  kubescribe status
  kubescribe status -o json

Works without a recorder, from the files; a running one adds rates, waits and
errors.
)";

Value Text(std::string text) { return TextValue(std::move(text)); }
Value Number(std::int64_t number) { return NumberValue(number); }
Value Time(const std::optional<Micros>& time) { return TimeValue(time); }

std::optional<Micros> KnownUntil(const FileStatus& status,
                                 const store::StreamRow& stream) {
  return store::KnownUntil({stream, status.info.known_until, {}, {}});
}

class StatusCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("status", "What is recorded, and up to when");
    app_->footer(kStatusExamples);
    app_->add_option("-o,--output", output_, "json or yaml")
        ->check(CLI::IsMember({"json", "yaml"}))
        ->type_name("FORMAT");
  }

  int Run() override {
    const Value recorder = AskRecorder(common_.place);
    auto files = query::FindDatabases(common_.place);
    if (!files.ok()) {
      // A recorder that cannot reach its cluster has no file yet.
      if (!recorder.is_object()) return Fail(files.error());
      files = std::vector<query::DatabaseFile>();
    }
    Out out;
    if (!IsDocument(output_)) out.Write(DiskLine(recorder));
    Value clusters = Value::Array();
    int code = kExitFound;
    std::set<std::string> seen;
    bool any = false;  // was printed, so that an empty line stands between
    for (const query::DatabaseFile& file : *files) {
      const Result<FileStatus> status = LookAt(file);
      if (!status.ok()) {
        Say("error", status.error().message());
        code = kExitError;
        continue;
      }
      SayWarnings(status->warnings, {});
      const Value* live = LiveCluster(recorder, status->info.cluster);
      seen.insert(status->info.cluster);
      if (IsDocument(output_)) {
        clusters.items.push_back(Json(*status, live));
      } else {
        if (any) out.Write("\n");
        any = true;
        Print(*status, recorder, live, out, Stopped(*status, live));
      }
    }
    for (const Value* live : Unseen(recorder, seen)) {
      if (IsDocument(output_)) {
        Value json = Value::Object();
        json["cluster"] = *live->Find("cluster");
        json["path"] = Value::Null();
        json["recorder"] = *live;
        clusters.items.push_back(std::move(json));
      } else {
        out.Write((any ? "\ncluster      " : "cluster      ") +
                  live->Find("cluster")->text +
                  "\nfile         none yet\nrecorder     running" +
                  output::EscapeControls(LiveFigures(*live)) + "\n");
        any = true;
      }
    }
    if (IsDocument(output_)) {
      Value document = NewAnswer("StatusList");
      document["running"] = Value::Bool(recorder.is_object());
      const Value* disk = recorder.Find("disk");
      document["disk"] = disk == nullptr ? Value::Null() : *disk;
      document["clusters"] = std::move(clusters);
      WriteDocument(document, output_, out);
    }
    out.Flush();
    return out.ok() ? code : kExitError;
  }

 private:
  // What the data directory takes of its budget; "" where it has none, or no
  // recorder keeps it.
  static std::string DiskLine(const Value& recorder) {
    const Value* disk = recorder.Find("disk");
    const std::string budget = Member(disk, "budget");
    if (budget.empty()) return "";
    const auto size = [](const std::string& bytes) {
      return HumanSize(std::strtoull(bytes.c_str(), nullptr, 10));
    };
    const Value* holding = disk->Find("holding");
    return "disk         " + size(Member(disk, "used")) + " of " +
           size(budget) + ", when full: " + Member(disk, "whenFull") +
           (holding != nullptr && holding->text == "true"
                ? ", HOLDING: nothing is recorded"
                : "") +
           "\n\n";
  }

  // Clusters that the recorder is to record and that have no file yet.
  std::vector<const Value*> Unseen(const Value& recorder,
                                   const std::set<std::string>& seen) const {
    std::vector<const Value*> unseen;
    const Value* clusters = recorder.Find("clusters");
    if (clusters == nullptr) return unseen;
    for (const Value& item : clusters->items) {
      const Value* name = item.Find("cluster");
      if (name == nullptr || seen.count(name->text) != 0) continue;
      if (!common_.place.Means(name->text)) continue;
      unseen.push_back(&item);
    }
    return unseen;
  }

  static Value Json(const FileStatus& status, const Value* live) {
    const store::FileInfo& info = status.info;
    Value json = Value::Object();
    json["cluster"] = Text(info.cluster);
    json["path"] = Text(status.path);
    json["fileId"] = Text(info.file_id);
    json["identity"] = Text(info.identity);
    json["identityWeak"] = Value::Bool(info.identity_weak);
    json["serverVersion"] = Text(info.server_version);
    json["schemaVersion"] = Number(info.schema_version);
    json["createdAt"] = Time(info.created_at);
    json["knownUntil"] = Time(info.known_until);
    json["lastSeq"] = Number(info.last_seq);
    json["cleanStop"] = Value::Bool(info.clean_stop);
    json["bytes"] = Value::Number(std::to_string(status.size));
    json["gaps"] = Number(status.gaps);
    json["openGaps"] = Number(status.open_gaps);
    json["streams"] = Value::Array();
    for (const store::StreamRow& stream : status.streams) {
      Value item = Value::Object();
      item["stream"] = Text(query::StreamName(stream.key));
      item["group"] = Text(stream.key.group);
      item["resource"] = Text(stream.key.resource);
      item["namespace"] = Text(stream.key.name_space);
      item["apiVersion"] = Text(stream.api_version);
      item["state"] = Text(stream.state);
      item["message"] = Text(stream.message);
      item["position"] = Text(stream.position);
      item["epoch"] = Number(stream.epoch);
      item["flowing"] = Value::Bool(stream.flowing);
      item["knownUntil"] = Time(KnownUntil(status, stream));
      item["confirmedAt"] = Time(stream.confirmed_at);
      item["lastEventAt"] = Time(stream.last_event_at);
      item["openGap"] = Text(stream.gap_cause);
      const auto stats = status.stats.find(stream.resource_id);
      if (stats != status.stats.end()) {
        item["objects"] = Number(stats->second.objects);
        item["alive"] = Number(stats->second.alive);
        item["revisions"] = Number(stats->second.revisions);
        item["bytes"] = Number(stats->second.bytes);
      }
      json["streams"].items.push_back(std::move(item));
    }
    json["recorder"] = live == nullptr ? Value::Null() : *live;
    return json;
  }

  bool Stopped(const FileStatus& status, const Value* live) const {
    return Liveness(status, live, common_.place) == "stopped";
  }

  static void Print(const FileStatus& status, const Value& recorder,
                    const Value* live, Out& out, bool stopped) {
    const store::FileInfo& info = status.info;
    const std::string zone = kube::LocalZone();
    const Micros now = SystemClock().Wall();
    std::int64_t revisions = 0;
    for (const auto& [id, row] : status.stats) revisions += row.revisions;
    std::string text = "cluster      " + info.cluster + "\n";
    text +=
        "file         " + status.path + ", " + HumanSize(status.size) + "\n";
    text += "identity     " + info.identity +
            (info.identity_weak ? " (weak)" : "") + "\n";
    if (!info.server_version.empty()) {
      text += "server       " + info.server_version + "\n";
    }
    text += "known until  " + kube::FormatZoned(info.known_until, zone) + " (" +
            kube::HumanDuration(now - info.known_until) + " ago)\n";
    text += "records      " + std::to_string(info.last_seq) + ", " +
            std::to_string(revisions) + " of them revisions, " +
            std::to_string(status.gaps) + " gaps\n";
    text += "recorder     " + RecorderLine(info, recorder, live) + "\n\n";
    out.Write(output::EscapeControls(text));
    out.Write(output::RenderTable(
        {"STREAM", "STATE", "POSITION", "KNOWN-UNTIL", "LAG", "LAST-EVENT",
         "RATE", "ALIVE", "REVISIONS", "SIZE", "MESSAGE"},
        Rows(status, live, stopped, zone, now), {.colour = out.look().colour}));
  }

  static std::string RecorderLine(const store::FileInfo& info,
                                  const Value& recorder, const Value* live) {
    if (!recorder.is_object()) {
      return info.clean_stop ? "not running (stopped cleanly)" : "not running";
    }
    std::string line = "running";
    if (const Value* pid = recorder.Find("pid")) line += ", pid " + pid->text;
    if (live == nullptr) return line + ", but not on this cluster";
    return line + LiveFigures(*live);
  }

  static std::string LiveFigures(const Value& live) {
    std::string line;
    for (const char* key : {"state", "message", "error", "revisions", "gaps",
                            "duplicates", "queueItems", "writeErrors"}) {
      const Value* value = live.Find(key);
      if (value != nullptr && !value->text.empty()) {
        line += std::string(", ") + key + " " + value->text;
      }
    }
    return line;
  }

  static std::vector<std::vector<std::string>> Rows(const FileStatus& status,
                                                    const Value* live,
                                                    bool stopped,
                                                    const std::string& zone,
                                                    Micros now) {
    std::vector<std::vector<std::string>> rows;
    for (const store::StreamRow& stream : status.streams) {
      const std::string name = query::StreamName(stream.key);
      const std::optional<Micros> known = KnownUntil(status, stream);
      std::string message = stream.message;
      if (!stream.gap_cause.empty()) {
        message = "gap open (" + stream.gap_cause + ") " + message;
      }
      const Value* live_stream = LiveStream(live, name);
      message += LiveMessage(live_stream);
      const auto stats = status.stats.find(stream.resource_id);
      const bool counted = stats != status.stats.end();
      rows.push_back(
          {name, ShownState(stream.state, stopped),
           stream.position.empty() ? "-" : stream.position,
           known ? kube::FormatLocal(*known, zone) : "-",
           known ? kube::HumanDuration(now - *known) : "-",
           stream.last_event_at ? kube::Age(stream.last_event_at, now) : "-",
           Rate(live_stream),
           counted ? std::to_string(stats->second.alive) : "0",
           counted ? std::to_string(stats->second.revisions) : "0",
           counted ? HumanSize(static_cast<std::uintmax_t>(stats->second.bytes))
                   : "0 B",
           message});
    }
    return rows;
  }

  // What the running recorder says of a stream; null: nothing.
  static const Value* LiveStream(const Value* live, const std::string& name) {
    const Value* streams = live == nullptr ? nullptr : live->Find("streams");
    if (streams == nullptr) return nullptr;
    for (const Value& stream : streams->items) {
      const Value* its = stream.Find("stream");
      if (its != nullptr && its->text == name) return &stream;
    }
    return nullptr;
  }

  static std::string Member(const Value* stream, const char* key) {
    const Value* value = stream == nullptr ? nullptr : stream->Find(key);
    return value == nullptr ? "" : value->text;
  }

  // Events a second, to one digit; "-" without a recorder.
  static std::string Rate(const Value* stream) {
    const std::string rate = Member(stream, "eventsPerSecond");
    if (rate.empty()) return "-";
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f/s",
                  std::strtod(rate.c_str(), nullptr));
    return text;
  }

  // Since when it waits, and its last error.
  static std::string LiveMessage(const Value* stream) {
    std::string text;
    const double wait =
        std::strtod(Member(stream, "waitSeconds").c_str(), nullptr);
    if (wait >= 1) {
      text += " not certain since " +
              kube::HumanDuration(static_cast<Micros>(wait) * kSecond);
    }
    const std::string error = Member(stream, "error");
    if (!error.empty()) text += " last error: " + error;
    return text;
  }

  std::string output_;
};

}  // namespace

std::unique_ptr<Command> MakeStatus(const Common& common) {
  return std::make_unique<StatusCommand>(common);
}

}  // namespace kubescribe::tool
