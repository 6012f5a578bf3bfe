// kubescribe gaps: where the record is not complete.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>

#include "kube/user_time.h"
#include "kubescribe/answer.h"
#include "kubescribe/command.h"
#include "output/table.h"
#include "query/doubt.h"
#include "store/reader.h"

namespace kubescribe::tool {
namespace {

constexpr char kGapsExamples[] = R"(Examples:
  kubescribe gaps
  kubescribe gaps --since yesterday
  kubescribe gaps --all -o json

What was pruned is no gap: in the table's form it is said in a note.

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
    app_->add_option("-o,--output", output_,
                     "json, yaml or jsonl (one line a gap)")
        ->check(CLI::IsMember({"json", "yaml", "jsonl"}))
        ->type_name("FORMAT");
    app_->add_flag("--no-headers", no_headers_, "No line of column names");
  }

  int Run() override {
    const auto files = query::FindDatabases(common_.place);
    if (!files.ok()) return Fail(files.error());
    const Result<TimeSpan> span = ParseSpan(since_, until_);
    if (!span.ok()) return Fail(span.error());
    std::vector<Entry> entries;
    bool failed = false;
    for (const query::DatabaseFile& file : *files) {
      const Status loaded = Load(file, files->size() > 1, entries);
      if (loaded.ok()) continue;
      failed = true;
      Say("error", (files->size() > 1 ? "cluster " + file.cluster + ": " : "") +
                       loaded.error().message());
    }
    std::erase_if(entries, [&](const Entry& entry) {
      return (!all_ && entry.gap.cause == "start" && !entry.open) ||
             (span->since && !entry.open && entry.gap.to_at < *span->since) ||
             (span->until && entry.gap.from_at &&
              *entry.gap.from_at > *span->until);
    });
    if (output_.empty()) {
      for (const std::string& line : pruned_) Say("note", line);
    }
    Out out;
    if (IsDocument(output_)) {
      output::Value document = NewAnswer("GapList");
      document["items"] = output::Value::Array();
      for (const Entry& entry : entries) {
        document["items"].items.push_back(Item(entry));
      }
      WriteDocument(document, output_, out);
    } else if (output_ == "jsonl") {
      for (const Entry& entry : entries) WriteLine(Item(entry), out);
    } else if (!entries.empty()) {
      PrintTable(entries, files->size() > 1, out);
    } else if (!failed) {
      std::cerr << "No gaps." << std::endl;
    }
    out.Flush();
    if (!out.ok() || failed) return kExitError;
    return entries.empty() ? kExitNothing : kExitFound;
  }

 private:
  Status Load(const query::DatabaseFile& file, bool clusters,
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
      if (stream.gap_cause.empty()) {
        if (stream.state == "forbidden" || stream.state == "unavailable") {
          Say("warning",
              fmt::format("{} is not being recorded: {}{}{}", name(stream.id),
                          stream.state, stream.message.empty() ? "" : ": ",
                          stream.message));
        }
        continue;
      }
      store::GapRow gap;
      gap.stream_id = stream.id;
      gap.cause = stream.gap_cause;
      gap.from_rv = stream.gap_from_rv;
      gap.from_at = stream.gap_from_at;
      gap.changed = stream.gap_changed;
      gap.appeared = stream.gap_appeared;
      entries.push_back({cluster, name(stream.id), gap, true});
    }
    return LoadPrunes(**reader, clusters ? cluster + ": " : "");
  }

  // Of the prunes for the same kinds the newest, which reaches furthest; by
  // time and by number of revisions each, as neither takes the other's place.
  Status LoadPrunes(store::Reader& reader, const std::string& before) {
    auto prunes = reader.Prunes();
    if (!prunes.ok()) return prunes.error();
    const auto resources = reader.Resources();
    if (!resources.ok()) return resources.error();
    std::map<std::pair<bool, std::set<std::int64_t>>, store::PrunedRow> newest;
    for (store::PrunedRow& prune : *prunes) {
      std::set<std::int64_t> kinds(prune.resources.begin(),
                                   prune.resources.end());
      newest[{!prune.before_at, std::move(kinds)}] = std::move(prune);
    }
    for (const auto& [key, prune] : newest) {
      // Retention names each kind that it is for; what it is not for is
      // mostly shorter.
      std::string kinds;
      std::string others;
      for (const store::ResourceRow& row : *resources) {
        const bool concerned = key.second.contains(row.id);
        std::string& list = concerned ? kinds : others;
        list += (list.empty() ? "" : ", ") +
                kube::GroupResource{row.group, row.resource}.ToString();
      }
      if (key.second.empty() || others.empty()) {
        kinds = "all kinds";
      } else if (others.size() < kinds.size()) {
        kinds = "all kinds but " + others;
      }
      pruned_.push_back(before + PruneText(prune, kinds));
    }
    return {};
  }

  static std::string PruneText(const store::PrunedRow& prune,
                               const std::string& kinds) {
    const std::string what =
        prune.before_at
            ? "what was before " +
                  kube::FormatZoned(*prune.before_at, kube::LocalZone()) +
                  " is not kept any more"
            : "of each object only its newest " +
                  (prune.keep.value_or(1) == 1
                       ? "revision was"
                       : std::to_string(*prune.keep) + " revisions were") +
                  " kept";
    const std::string why =
        prune.reason == "asked"    ? "asked for by kubescribe prune"
        : prune.reason == "budget" ? "as the disk was full"
                                   : "by the retention of " + prune.reason;
    return fmt::format("pruned: {}: {} (record {}, {}{})", kinds, what,
                       prune.seq, why,
                       prune.done ? "" : "; it is not finished");
  }

  void PrintTable(const std::vector<Entry>& entries, bool clusters,
                  Out& out) const {
    const std::string zone = kube::LocalZone();
    std::vector<std::string> header;
    if (clusters) header.emplace_back("CLUSTER");
    header.insert(header.end(), {"STREAM", "CAUSE", "FROM", "TO", "FROM-RV",
                                 "TO-RV", "CHANGED", "APPEARED", "VANISHED"});
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
    out.Write(
        output::RenderTable(header, rows, {!no_headers_, out.look().colour}));
  }

  static output::Value Item(const Entry& entry) {
    const store::GapRow& gap = entry.gap;
    output::Value item = output::Value::Object();
    item["cluster"] = TextValue(entry.cluster);
    item["stream"] = TextValue(entry.stream);
    item["open"] = output::Value::Bool(entry.open);
    if (!entry.open) item["seq"] = NumberValue(gap.seq);
    item["cause"] = TextValue(gap.cause);
    item["from"] = TextValue(gap.from_rv);
    item["to"] = TextValue(gap.to_rv);
    item["fromTime"] = TimeValue(gap.from_at);
    item["toTime"] = entry.open ? output::Value::Null() : TimeValue(gap.to_at);
    item["changed"] = NumberValue(gap.changed);
    item["appeared"] = NumberValue(gap.appeared);
    item["vanished"] = NumberValue(gap.vanished);
    return item;
  }

  std::string since_;
  std::string until_;
  std::string output_;
  std::vector<std::string> pruned_;  // a line each
  bool all_ = false;
  bool no_headers_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeGaps(const Common& common) {
  return std::make_unique<Gaps>(common);
}

}  // namespace kubescribe::tool
