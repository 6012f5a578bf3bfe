// kubescribe gaps: where the record is not complete.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "kube/user_time.h"
#include "kubescribe/command.h"
#include "output/table.h"
#include "query/doubt.h"
#include "store/reader.h"

namespace kubescribe::tool {
namespace {

constexpr char kGapsExamples[] = R"(Examples:
  kubescribe gaps
  kubescribe gaps --since yesterday --cluster prod
  kubescribe gaps --all -o json      also where each stream began

Exit codes: 0 there are gaps, 3 there are none.
)";

// A closed gap, or (without seq) one that is open now.
struct Entry {
  std::string cluster;
  std::string stream;
  store::GapRow gap;
  bool open = false;
};

class Gaps final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("gaps", "Where the record is not complete");
    app_->footer(kGapsExamples);
    app_->add_option("--since", since_, "Only gaps that end after this time")
        ->type_name("TIME");
    app_->add_option("--until", until_, "Only gaps that begin before this time")
        ->type_name("TIME");
    app_->add_flag("--all", all_,
                   "Also the time before each stream's first list");
    app_->add_option("-o,--output", output_, "json (one line a gap)")
        ->check(CLI::IsMember({"", "json"}))
        ->type_name("FORMAT");
    app_->add_flag("--no-headers", no_headers_, "No line of column names");
  }

  int Run() override {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    std::optional<Micros> since;
    std::optional<Micros> until;
    for (const bool first : {true, false}) {
      const std::string& text = first ? since_ : until_;
      if (text.empty()) continue;
      const Result<Micros> time =
          ParseTime(text, first ? "--since" : "--until");
      if (!time.ok()) return Fail(time.error());
      (first ? since : until) = *time;
    }
    std::vector<Entry> entries;
    for (const query::DatabaseFile& file : *files) {
      const Status loaded = Load(file, entries);
      if (!loaded.ok()) return Fail(loaded.error());
    }
    std::erase_if(entries, [&](const Entry& entry) {
      return (!all_ && entry.gap.cause == "start" && !entry.open) ||
             (since && !entry.open && entry.gap.to_at < *since) ||
             (until && entry.gap.from_at && *entry.gap.from_at > *until);
    });
    Out out;
    if (output_ == "json") {
      PrintJson(entries, out);
    } else if (entries.empty()) {
      std::cerr << "No gaps." << std::endl;
    } else {
      PrintTable(entries, files->size() > 1, out);
    }
    out.Flush();
    if (!out.ok()) return kExitError;
    return entries.empty() ? kExitNothing : kExitFound;
  }

 private:
  static Status Load(const query::DatabaseFile& file,
                     std::vector<Entry>& entries) {
    auto reader = store::Reader::Open(file.path);
    if (!reader.ok()) return reader.error();
    SayWarnings((*reader)->warnings(), {});
    const Result<query::Coverage> coverage = query::Coverage::Load(**reader);
    if (!coverage.ok()) return coverage.error();
    const std::string cluster = (*reader)->info().cluster;
    const auto name = [&](std::int64_t id) {
      for (const store::StreamRow& stream : coverage->streams()) {
        if (stream.id == id) return query::StreamName(stream.key);
      }
      return std::string("(all)");
    };
    for (const store::GapRow& gap : coverage->gaps()) {
      entries.push_back({cluster, name(gap.stream_id), gap, false});
    }
    for (const store::StreamRow& stream : coverage->streams()) {
      if (stream.gap_cause.empty()) continue;
      store::GapRow gap;
      gap.stream_id = stream.id;
      gap.cause = stream.gap_cause;
      gap.from_rv = stream.gap_from_rv;
      gap.from_at = stream.gap_from_at;
      gap.changed = stream.gap_changed;
      gap.appeared = stream.gap_appeared;
      entries.push_back({cluster, name(stream.id), gap, true});
    }
    return {};
  }

  void PrintTable(const std::vector<Entry>& entries, bool clusters,
                  Out& out) const {
    const std::string zone = kube::LocalZone();
    std::vector<std::string> header;
    if (!no_headers_) {
      if (clusters) header.emplace_back("CLUSTER");
      header.insert(header.end(), {"STREAM", "CAUSE", "FROM", "TO", "FROM-RV",
                                   "TO-RV", "CHANGED", "APPEARED", "VANISHED"});
    }
    const auto or_dash = [](const std::string& text) {
      return text.empty() ? std::string("-") : text;
    };
    std::vector<std::vector<std::string>> rows;
    for (const Entry& entry : entries) {
      const store::GapRow& gap = entry.gap;
      std::vector<std::string>& row = rows.emplace_back();
      if (clusters) row.push_back(entry.cluster);
      row.insert(row.end(),
                 {entry.stream, gap.cause,
                  gap.from_at ? kube::FormatLocal(*gap.from_at, zone) : "-",
                  entry.open ? "open" : kube::FormatLocal(gap.to_at, zone),
                  or_dash(gap.from_rv), or_dash(gap.to_rv),
                  std::to_string(gap.changed), std::to_string(gap.appeared),
                  std::to_string(gap.vanished)});
    }
    out.Write(output::RenderTable(header, rows));
  }

  static void PrintJson(const std::vector<Entry>& entries, Out& out) {
    using output::Value;
    for (const Entry& entry : entries) {
      const store::GapRow& gap = entry.gap;
      Value line = Value::Object();
      line["cluster"] = Value::String(entry.cluster);
      line["stream"] = Value::String(entry.stream);
      line["open"] = Value::Bool(entry.open);
      if (!entry.open) line["seq"] = Value::Number(std::to_string(gap.seq));
      line["cause"] = Value::String(gap.cause);
      line["from"] = Value::String(gap.from_rv);
      line["to"] = Value::String(gap.to_rv);
      line["fromTime"] = gap.from_at
                             ? Value::String(kube::FormatRfc3339(*gap.from_at))
                             : Value::Null();
      line["toTime"] = entry.open
                           ? Value::Null()
                           : Value::String(kube::FormatRfc3339(gap.to_at));
      line["changed"] = Value::Number(std::to_string(gap.changed));
      line["appeared"] = Value::Number(std::to_string(gap.appeared));
      line["vanished"] = Value::Number(std::to_string(gap.vanished));
      out.Write(output::ToJsonLine(line) + "\n");
    }
  }

  std::string since_;
  std::string until_;
  std::string output_;
  bool all_ = false;
  bool no_headers_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeGaps(const Common& common) {
  return std::make_unique<Gaps>(common);
}

}  // namespace kubescribe::tool
