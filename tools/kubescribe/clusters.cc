// kubescribe clusters: which clusters are recorded, since when and up to when.
#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "kube/user_time.h"
#include "kubescribe/answer.h"
#include "kubescribe/file_status.h"
#include "kubescribe/listing.h"

namespace kubescribe::tool {
namespace {

constexpr char kClustersExamples[] = R"(Examples:
  kubescribe clusters
  kubescribe clusters -o wide
  kubescribe clusters -o json | jq '.items[] | select(.state == "live") | .cluster'

One that cannot be read is named, the others are shown, and the exit code is 1.
)";

struct ClusterRow {
  query::DatabaseFile file;
  FileStatus status;
  std::string state;  // "" and an error: it cannot be read
  std::string error;
};

class Clusters final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("clusters",
                              "The recorded clusters: since when, up to when");
    app_->footer(kClustersExamples);
    listing_.Declare(*app_);
  }

  int Run() override {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    const output::Value recorder = AskRecorder(common_.place);
    std::vector<ClusterRow> rows;
    bool failed = false;
    for (const query::DatabaseFile& file : *files) {
      ClusterRow& row = rows.emplace_back();
      row.file = file;
      Result<FileStatus> status = LookAt(file);
      if (!status.ok()) {
        failed = true;
        row.error = status.error().message();
        SayUnread(file.cluster, status.error());
        continue;
      }
      row.status = std::move(*status);
      SayWarnings(row.status.warnings, {});
      const std::string& name = row.status.info.cluster;
      row.state =
          Liveness(row.status, LiveCluster(recorder, name), common_.place);
    }
    Out out;
    if (IsDocument(listing_.output())) {
      WriteDocument(Document(rows), listing_.output(), out);
    } else if (listing_.names()) {
      std::vector<std::string> names;
      for (const ClusterRow& row : rows) {
        if (row.error.empty()) names.push_back(row.status.info.cluster);
      }
      Listing::WriteNames(names, out);
    } else {
      PrintTable(rows, out);
    }
    out.Flush();
    return out.ok() && !failed ? kExitFound : kExitError;
  }

 private:
  void PrintTable(const std::vector<ClusterRow>& clusters, Out& out) const {
    const std::string zone = kube::LocalZone();
    std::vector<std::string> header = {"NAME", "STATE",  "SINCE", "UNTIL",
                                       "SIZE", "SERVER", "GAPS",  "OPEN-GAPS"};
    if (listing_.wide()) {
      header.insert(header.end(), {"RECORDS", "SCHEMA", "IDENTITY", "FILE"});
    }
    std::vector<std::vector<std::string>> rows;
    for (const ClusterRow& cluster : clusters) {
      if (!cluster.error.empty()) continue;
      const store::FileInfo& info = cluster.status.info;
      rows.push_back({info.cluster, cluster.state,
                      kube::FormatLocal(info.created_at, zone),
                      kube::FormatLocal(info.known_until, zone),
                      HumanSize(cluster.status.size),
                      info.server_version.empty() ? "-" : info.server_version,
                      std::to_string(cluster.status.gaps),
                      std::to_string(cluster.status.open_gaps)});
      if (listing_.wide()) {
        rows.back().insert(
            rows.back().end(),
            {std::to_string(info.last_seq), std::to_string(info.schema_version),
             info.identity + (info.identity_weak ? " (weak)" : ""),
             cluster.status.path});
      }
    }
    listing_.WriteTable(header, rows, out);
  }

  static output::Value Document(const std::vector<ClusterRow>& clusters) {
    output::Value document = NewAnswer("ClusterList");
    document["items"] = output::Value::Array();
    for (const ClusterRow& cluster : clusters) {
      output::Value item = output::Value::Object();
      if (!cluster.error.empty()) {
        item["cluster"] = TextValue(cluster.file.cluster);
        item["path"] = TextValue(cluster.file.path);
        item["error"] = TextValue(cluster.error);
        document["items"].items.push_back(std::move(item));
        continue;
      }
      const store::FileInfo& info = cluster.status.info;
      item["cluster"] = TextValue(info.cluster);
      item["path"] = TextValue(cluster.status.path);
      item["state"] = TextValue(cluster.state);
      item["createdAt"] = TimeValue(info.created_at);
      item["knownUntil"] = TimeValue(info.known_until);
      item["bytes"] =
          output::Value::Number(std::to_string(cluster.status.size));
      item["serverVersion"] = TextValue(info.server_version);
      item["schemaVersion"] = NumberValue(info.schema_version);
      item["identity"] = TextValue(info.identity);
      item["identityWeak"] = output::Value::Bool(info.identity_weak);
      item["lastSeq"] = NumberValue(info.last_seq);
      item["gaps"] = NumberValue(cluster.status.gaps);
      item["openGaps"] = NumberValue(cluster.status.open_gaps);
      document["items"].items.push_back(std::move(item));
    }
    return document;
  }

  Listing listing_;
};

}  // namespace

std::unique_ptr<Command> MakeClusters(const Common& common) {
  return std::make_unique<Clusters>(common);
}

}  // namespace kubescribe::tool
