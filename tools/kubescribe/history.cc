// kubescribe history: one line a revision of one object.
#include "query/history.h"

#include <CLI/CLI.hpp>

#include "kube/user_time.h"
#include "kubescribe/answer.h"
#include "kubescribe/command.h"
#include "output/table.h"

namespace kubescribe::tool {
namespace {

constexpr char kHistoryExamples[] = R"(Examples:
  kubescribe history deploy/web-0 -n team-0
  kubescribe history deploy web-0 -n team-0 --since 1h -o wide
  kubescribe history deploy/web-0 -n team-0 -o json
  kubescribe history deploy/web-0 -n team-0 --all-clusters

A time with ~ is the latest at which it can have happened: nobody was looking.
)";

// "a,b,c" of at most `most`, then how many more there are.
std::string Join(const std::vector<std::string>& parts, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < parts.size() && i < most; ++i) {
    text += (text.empty() ? "" : ",") + parts[i];
  }
  if (parts.size() > most) text += ",+" + std::to_string(parts.size() - most);
  return text.empty() ? "-" : text;
}

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

class HistoryCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("history", "All revisions of one object");
    app_->footer(kHistoryExamples);
    app_->add_option("what", request_.words, "TYPE/NAME or TYPE NAME")
        ->required()
        ->expected(1, 2)
        ->type_name("TYPE/NAME");
    namespace_.Declare(*app_);
    app_->add_option("--since", since_, "From this time on")->type_name("TIME");
    app_->add_option("--until", until_, "Up to this time")->type_name("TIME");
    app_->add_option("-o,--output", output_, "wide, json or yaml")
        ->check(CLI::IsMember({"wide", "json", "yaml"}))
        ->type_name("FORMAT");
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when the history has gaps");
    app_->add_flag("--no-headers", no_headers_, "No line of column names");
  }

  int Run() override {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    const bool one = common_.place.clusters.empty() &&
                     !common_.place.all_clusters && files->size() > 1;
    if (one) return Fail(query::FindDatabase(common_.place).error());
    if (namespace_.all) {
      return Fail(Error(Code::kInvalid,
                        "history is about one object: name its namespace"));
    }
    const Result<TimeSpan> span = ParseSpan(since_, until_);
    if (!span.ok()) return Fail(span.error());
    request_.since = span->since;
    request_.until = span->until;
    std::vector<query::History> histories;
    std::vector<Error> missing;  // of the clusters that do not have it
    bool uncertain = false;
    int code = kExitNothing;
    for (const query::DatabaseFile& file : *files) {
      request_.name_space = namespace_.Resolve(file.cluster);
      Result<query::History> history = query::GetHistory(file.path, request_);
      if (!history.ok()) {
        if (files->size() == 1) return Fail(history.error());
        const Error error = history.error().Wrap("cluster " + file.cluster);
        if (error.code() == Code::kNotFound) {
          missing.push_back(error);
          continue;
        }
        if (Fail(error) == kExitUsage) return kExitUsage;
        code = kExitError;
        continue;
      }
      uncertain |=
          SayWarnings(history->file_warnings, history->warnings,
                      files->size() > 1 ? file.cluster : "", "-o json");
      if (code == kExitNothing) code = kExitFound;
      for (const query::HistoryEntry& entry : history->entries) {
        if (entry.damage.empty()) continue;
        code = kExitError;
        Say("error", entry.damage);
      }
      histories.push_back(std::move(*history));
    }
    for (const Error& error : missing) {
      Say(histories.empty() ? "error" : "note", error.message());
    }
    Out out;
    if (IsDocument(output_)) {
      WriteDocument(Document(histories), output_, out);
    } else if (!histories.empty()) {
      PrintTable(histories, files->size() > 1, out);
    }
    out.Flush();
    if (!out.ok()) return kExitError;
    return code == kExitFound && strict_ && uncertain ? kExitUncertain : code;
  }

 private:
  void PrintTable(const std::vector<query::History>& histories, bool clusters,
                  Out& out) const {
    const bool wide = output_ == "wide";
    std::vector<std::string> header;
    if (clusters) header.emplace_back("CLUSTER");
    header.insert(header.end(),
                  {"SEQ", "WHEN", "EVENT", "REVISION", "MANAGER", "CHANGED"});
    if (wide) {
      header.insert(header.end(), {"SOURCE", "EVIDENCE", "NOT-BEFORE", "UID"});
    }
    std::vector<std::vector<std::string>> rows;
    for (const query::History& history : histories) {
      for (const query::HistoryEntry& entry : history.entries) {
        rows.push_back(Row(entry, wide));
        if (clusters) {
          rows.back().insert(rows.back().begin(), history.file.cluster);
        }
      }
    }
    out.Write(
        output::RenderTable(header, rows, {!no_headers_, out.look().colour}));
  }

  static std::vector<std::string> Row(const query::HistoryEntry& entry,
                                      bool wide) {
    const std::string zone = kube::LocalZone();
    const store::Revision& r = entry.revision;
    const bool point = r.not_before && *r.not_before == r.changed_at;
    std::string event(store::EventName(r.event));
    if (r.late) event += " (late)";
    std::vector<std::string> row = {
        std::to_string(r.seq),
        (point ? "" : "~") + kube::FormatLocal(r.changed_at, zone),
        event,
        OrDash(r.rv),
        OrDash(entry.manager),
        !entry.damage.empty()   ? "damaged"
        : entry.changed_unknown ? "unknown"
                                : Join(entry.changed, wide ? 100 : 3)};
    if (wide) {
      row.insert(
          row.end(),
          {std::string(store::SourceName(r.source)),
           std::string(store::EvidenceName(r.evidence)),
           r.not_before ? kube::FormatLocal(*r.not_before, zone) : "-", r.uid});
    }
    return row;
  }

  static output::Value Document(const std::vector<query::History>& histories) {
    using output::Value;
    Value document = NewAnswer("RevisionList");
    Value& list = document["revisions"] = Value::Array();
    for (const query::History& history : histories) {
      for (const query::HistoryEntry& entry : history.entries) {
        list.items.push_back(Item(history, entry));
      }
    }
    Value reasons = Value::Array();
    for (const query::History& history : histories) {
      for (const query::Warning& warning : history.warnings) {
        reasons.items.push_back(TextValue(
            (histories.size() > 1 ? history.file.cluster + ": " : "") +
            query::Describe(warning)));
      }
    }
    document["uncertain"] = std::move(reasons);
    return document;
  }

  static output::Value Item(const query::History& history,
                            const query::HistoryEntry& entry) {
    using output::Value;
    const store::Revision& r = entry.revision;
    Value item = Value::Object();
    item["cluster"] = TextValue(history.file.cluster);
    item["seq"] = NumberValue(r.seq);
    item["epoch"] = NumberValue(r.epoch);
    item["event"] = TextValue(std::string(store::EventName(r.event)));
    item["namespace"] = TextValue(r.name_space);
    item["name"] = TextValue(r.name);
    item["uid"] = TextValue(r.uid);
    item["resourceVersion"] = TextValue(r.rv);
    item["recordedAt"] = TimeValue(r.recorded_at);
    item["notBefore"] = TimeValue(r.not_before);
    item["changedAt"] = TimeValue(r.changed_at);
    item["evidence"] = TextValue(std::string(store::EvidenceName(r.evidence)));
    item["source"] = TextValue(std::string(store::SourceName(r.source)));
    item["late"] = Value::Bool(r.late);
    item["manager"] = TextValue(entry.manager);
    item["changed"] = Value::Array();
    for (const std::string& path : entry.changed) {
      item["changed"].items.push_back(TextValue(path));
    }
    if (!entry.damage.empty()) item["damaged"] = Value::Bool(true);
    return item;
  }

  query::HistoryRequest request_;
  NamespaceFlags namespace_;
  std::string since_;
  std::string until_;
  std::string output_;
  bool strict_ = false;
  bool no_headers_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeHistory(const Common& common) {
  return std::make_unique<HistoryCommand>(common);
}

}  // namespace kubescribe::tool
