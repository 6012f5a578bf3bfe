// kubescribe history: one line a revision of one object.
#include "query/history.h"

#include <CLI/CLI.hpp>

#include "kube/user_time.h"
#include "kubescribe/command.h"
#include "output/table.h"

namespace kubescribe::tool {
namespace {

constexpr char kHistoryExamples[] = R"(Examples:
  kubescribe history deploy/web -n prod
  kubescribe history pod web-1 --since 1h -o wide
  kubescribe history cm/settings -o json

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
    app_->add_option("-o,--output", output_, "wide or json")
        ->check(CLI::IsMember({"", "wide", "json"}))
        ->type_name("FORMAT");
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when the history has gaps");
    app_->add_flag("--no-headers", no_headers_, "No line of column names");
  }

  int Run() override {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return Fail(file.error());
    if (namespace_.all) {
      return Fail(Error(Code::kInvalid,
                        "history is about one object: name its namespace"));
    }
    for (const bool first : {true, false}) {
      const std::string& text = first ? since_ : until_;
      if (text.empty()) continue;
      const Result<Micros> time =
          ParseTime(text, first ? "--since" : "--until");
      if (!time.ok()) return Fail(time.error());
      (first ? request_.since : request_.until) = *time;
    }
    request_.name_space = namespace_.Resolve(file->cluster);
    const Result<query::History> history =
        query::GetHistory(file->path, request_);
    if (!history.ok()) return Fail(history.error());
    const bool uncertain =
        SayWarnings(history->file_warnings, history->warnings);
    bool damaged = false;
    for (const query::HistoryEntry& entry : history->entries) {
      if (entry.damage.empty()) continue;
      damaged = true;
      Say("error", entry.damage);
    }
    Out out;
    if (output_ == "json") {
      PrintJson(*history, out);
    } else {
      PrintTable(*history, out);
    }
    out.Flush();
    if (!out.ok() || damaged) return kExitError;
    return strict_ && uncertain ? kExitUncertain : kExitFound;
  }

 private:
  void PrintTable(const query::History& history, Out& out) const {
    const bool wide = output_ == "wide";
    const std::string zone = kube::LocalZone();
    std::vector<std::string> header;
    if (!no_headers_) {
      header = {"SEQ", "WHEN", "EVENT", "REVISION", "MANAGER", "CHANGED"};
      if (wide) {
        header.insert(header.end(),
                      {"SOURCE", "EVIDENCE", "NOT-BEFORE", "UID"});
      }
    }
    std::vector<std::vector<std::string>> rows;
    for (const query::HistoryEntry& entry : history.entries) {
      const store::Revision& r = entry.revision;
      const bool point = r.not_before && *r.not_before == r.changed_at;
      std::string event(store::EventName(r.event));
      if (r.late) event += " (late)";
      rows.push_back(
          {std::to_string(r.seq),
           (point ? "" : "~") + kube::FormatLocal(r.changed_at, zone), event,
           OrDash(r.rv), OrDash(entry.manager),
           entry.damage.empty() ? Join(entry.changed, wide ? 100 : 3)
                                : "damaged"});
      if (wide) {
        rows.back().insert(
            rows.back().end(),
            {std::string(store::SourceName(r.source)),
             std::string(store::EvidenceName(r.evidence)),
             r.not_before ? kube::FormatLocal(*r.not_before, zone) : "-",
             r.uid});
      }
    }
    out.Write(output::RenderTable(header, rows));
  }

  static void PrintJson(const query::History& history, Out& out) {
    using output::Value;
    Value list = Value::Array();
    for (const query::HistoryEntry& entry : history.entries) {
      const store::Revision& r = entry.revision;
      Value item = Value::Object();
      item["seq"] = Value::Number(std::to_string(r.seq));
      item["epoch"] = Value::Number(std::to_string(r.epoch));
      item["event"] = Value::String(std::string(store::EventName(r.event)));
      item["namespace"] = Value::String(r.name_space);
      item["name"] = Value::String(r.name);
      item["uid"] = Value::String(r.uid);
      item["resourceVersion"] = Value::String(r.rv);
      item["recordedAt"] = Value::String(kube::FormatRfc3339(r.recorded_at));
      item["notBefore"] =
          r.not_before ? Value::String(kube::FormatRfc3339(*r.not_before))
                       : Value::Null();
      item["changedAt"] = Value::String(kube::FormatRfc3339(r.changed_at));
      item["evidence"] =
          Value::String(std::string(store::EvidenceName(r.evidence)));
      item["source"] = Value::String(std::string(store::SourceName(r.source)));
      item["late"] = Value::Bool(r.late);
      item["manager"] = Value::String(entry.manager);
      item["changed"] = Value::Array();
      for (const std::string& path : entry.changed) {
        item["changed"].items.push_back(Value::String(path));
      }
      if (!entry.damage.empty()) item["damaged"] = Value::Bool(true);
      list.items.push_back(std::move(item));
    }
    Value document = Value::Object();
    document["revisions"] = std::move(list);
    document["uncertain"] = Value::Array();
    for (const query::Warning& warning : history.warnings) {
      document["uncertain"].items.push_back(
          Value::String(query::Describe(warning)));
    }
    out.Write(output::ToJson(document) + "\n");
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
